"""One request's walk from its claim to what is to be recorded of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

from mi_bridge.bridge.check_report import refusal, with_findings
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Intent
from mi_bridge.domain.verdict import Judge
from mi_bridge.errors import RequestRefused
from mi_bridge.traffic.route import Message, Route

# 10 MB take a second to check and wrap; the loop must not stand still for longer than a few milliseconds
_LARGE_INPUT_CHARS = 100_000


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
    """

    def __init__(
        self,
        route: Route,
        journal: Journal,
        judge: Judge,
        *,
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._route = route
        self._journal = journal
        self._judge = judge
        self._lease_s = lease_s
        self._clock = clock
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
            What is to be recorded; None when nothing was sent and the request is to be given back, or is no longer this node's.

        Raises:
            StoreError: the intent could not be committed; nothing was sent.
        """
        if self._halt.is_set():
            return None
        try:
            message = await self._prepared(request)
        except RequestRefused as refused:
            return refusal(request, refused)
        not_after = claimed_at + self._lease_s
        if request.money_class.needs_intent:
            # the intent renews the row's lease: counted from before it, ours is never longer
            not_after = self._clock() + self._lease_s
            if not await self._journal.put(Intent(request.lease, message.msgid, message.body_hash)):
                return None
        attempt = await self._send(message, not_after)
        return with_findings(request, self._judge.decide(request, attempt), message.findings)

    async def _prepared(self, request: ClaimedRequest) -> Message:
        if len(request.input_data) < _LARGE_INPUT_CHARS:
            return self._route.prepare(request)
        return await asyncio.to_thread(self._route.prepare, request)

    async def _send(self, message: Message, not_after: float) -> Attempt:
        if self._halt.is_set():
            return _stopped(message, Outcome.NOT_SENT)
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._sending.add(task)
        try:
            return await self._route.send(message, not_after=not_after)
        except asyncio.CancelledError:
            if not self._halt.is_set():
                raise
            task.uncancel()
            return _stopped(message, Outcome.UNKNOWN)
        finally:
            self._sending.discard(task)


def _stopped(message: Message, outcome: Outcome) -> Attempt:
    return Attempt(message.msgid, message.body_hash, outcome, fault="node_stopped")
