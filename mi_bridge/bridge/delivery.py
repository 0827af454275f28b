"""One request's walk from its claim to what is to be recorded of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from mi_bridge.bridge.check_report import refusal, report_of, with_findings
from mi_bridge.bridge.divider import Divider, Undivided
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Intent
from mi_bridge.domain.status import Status
from mi_bridge.domain.verdict import Judge
from mi_bridge.errors import RequestRefused, SignInUnavailable
from mi_bridge.traffic.route import Message, Route

# 10 MB take a second to check and wrap; the loop must not stand still for longer than a few milliseconds
_LARGE_INPUT_CHARS = 100_000
# a request that waits for a sign-in: neither a storm of looks, nor asleep past the moment it works again
_SHORTEST_WAIT_S = 0.5
_LONGEST_WAIT_S = 5.0


class Journal(Protocol):
    """Where intents are committed."""

    async def put(self, item: Intent) -> bool:
        """Commit an intent; tell whether the request may be sent."""
        ...


class Delivery:
    """Sends claimed requests and says what is to become of each.

    Args:
        route: to the insurer.
        journal: of intents.
        judge: of outcomes.
        lease_s: how long a lease holds; nothing is sent after it is over.
        clock: monotonic seconds, the one the transport checks.
        divider: makes parts of what is too large for one call; None sends everything as it is.
    """

    def __init__(
        self,
        route: Route,
        journal: Journal,
        judge: Judge,
        *,
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
        divider: Divider | None = None,
    ) -> None:
        self._route = route
        self._journal = journal
        self._judge = judge
        self._lease_s = lease_s
        self._clock = clock
        self._divider = divider or Undivided()
        self._sending: set[asyncio.Task[Any]] = set()
        self._halt = asyncio.Event()

    @property
    def halted(self) -> bool:
        """Whether nothing more is started."""
        return self._halt.is_set()

    def halt(self) -> None:
        """Start nothing more; whatever is on the wire now is of unknown outcome."""
        self._halt.set()
        for task in self._sending:
            task.cancel("the node stops")

    async def deliver(self, request: ClaimedRequest, claimed_at: float) -> Completion | None:
        """Send a request.

        Args:
            request: as claimed.
            claimed_at: the clock before the claim.

        Returns:
            What is to be recorded; None when nothing was sent and the request is to be given back, is no longer this node's, or is in
            parts now.

        Raises:
            StoreError: the intent or the parts could not be committed; nothing was sent.
        """
        if self._halt.is_set():
            return None
        try:
            if not await self._signed_in(request):
                return None
            # the whole is checked before it is divided, so that a fault names the row as HIS numbered it
            message = await self._prepared(request)
            if await self._divider.divide(request, report_of(message.findings)):
                return None
        except RequestRefused as refused:
            return refusal(request, refused)
        except SignInUnavailable as fault:
            return _later(request, fault)
        not_after = claimed_at + self._lease_s
        if request.money_class.needs_intent:
            # the intent renews the row's lease: counted from before it, ours is never longer
            not_after = self._clock() + self._lease_s
            if not await self._journal.put(Intent(request.lease, message.msgid, message.body_hash)):
                return None
        attempt = await self._send(message, not_after)
        return with_findings(request, self._judge.decide(request, attempt), message.findings)

    async def _signed_in(self, request: ClaimedRequest) -> bool:
        """Have the sign-in a request needs; False when the node stops meanwhile."""
        waiting = self._route.sign_in(request)
        if waiting is None:
            return True
        try:
            with self._interruptible():
                await waiting
        except asyncio.CancelledError:
            if not self._halted_here():
                raise
        return not self._halt.is_set()

    async def _prepared(self, request: ClaimedRequest) -> Message:
        slow = self._route.blocking or request.interface_code in self._route.slow_codes
        if len(request.input_data) < _LARGE_INPUT_CHARS and not slow:
            return self._route.prepare(request)
        return await asyncio.to_thread(self._route.prepare, request)

    async def _send(self, message: Message, not_after: float) -> Attempt:
        if self._halt.is_set():
            return _stopped(message, Outcome.NOT_SENT)
        try:
            with self._interruptible():
                return await self._route.send(message, not_after=not_after)
        except asyncio.CancelledError:
            if not self._halted_here():
                raise
            return _stopped(message, Outcome.UNKNOWN)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let a halt end what is awaited inside."""
        task = _this_task()
        self._sending.add(task)
        try:
            yield
        finally:
            self._sending.discard(task)

    def _halted_here(self) -> bool:
        """Tell whether a cancellation was the halt's, and take it back if so."""
        if self._halt.is_set():
            _this_task().uncancel()
        return self._halt.is_set()


def _this_task() -> asyncio.Task[Any]:
    return cast("asyncio.Task[Any]", asyncio.current_task())


def _later(request: ClaimedRequest, fault: SignInUnavailable) -> Completion:
    """Put a request back until a sign-in may be had: nothing was sent, so it costs no try, and HIS sees why it waits."""
    delay_s = min(max(fault.retry_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
    return Completion(
        request.lease,
        Status.PENDING,
        delay_ms=round(delay_s * 1000),
        error_message=f"等待签到：{fault.message}"[:500],
    )


def _stopped(message: Message, outcome: Outcome) -> Attempt:
    return Attempt(message.msgid, message.body_hash, outcome, fault="node_stopped")
