"""One node of the bridge, from its first heartbeat to its last."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import structlog

from mi_bridge.bridge.batch import BatchWriter
from mi_bridge.bridge.claimer import Claimer, Errand
from mi_bridge.bridge.delivery import Delivery
from mi_bridge.bridge.divider import StoredDivider
from mi_bridge.bridge.flight import Flight
from mi_bridge.bridge.keeper import Keeper, Periodic
from mi_bridge.bridge.options import NodeOptions
from mi_bridge.bridge.profile_watch import PROFILE_EVERY_S, ProfileWatch
from mi_bridge.bridge.resolver import Resolver
from mi_bridge.bridge.rules_watch import RULES_EVERY_S, RulesWatch
from mi_bridge.bridge.window import Window
from mi_bridge.domain.request import ClaimedRequest, Completion, Intent, Lease
from mi_bridge.errors import StoreError, StoreRejected, StoreUnavailable
from mi_bridge.insurer.rules.rule_book import RuleBook
from mi_bridge.logging.request_line import request_line
from mi_bridge.store.port import Store, StoreFactory
from mi_bridge.traffic.route import Route
from mi_bridge.traffic.undoing import Undoing

_log: Any = structlog.get_logger()
_STALLED_S = 60.0
# what is no longer on the wire needs only the database
_RECORD_S = 5.0


class Node:
    """Claims, sends and records until told to stop. Build it inside the event loop that will run it.

    Args:
        connect: makes a store with a connection of its own; called once for each thread. Given the node's name, the connection
            says that the node lives; the claimer's does not, since the server sees its end only after a wait.
        route: to the insurer.
        undoing: the messages that make an uncertain request certain.
        options: the node's name and limits.
        sagas: rides on the claimer's thread; None where this node drives no sagas.
        rules: the quality rules, kept up to date while the node runs; None where nobody changes them.
        profile: notices a changed profile of the site; None where nobody changes it.
        periodic: further periodic calls, each with its period in seconds.
        hear: told the database's time (milliseconds since 1970) now and then.
    """

    def __init__(
        self,
        connect: StoreFactory,
        route: Route,
        undoing: Undoing,
        options: NodeOptions,
        sagas: Errand | None = None,
        rules: RuleBook | None = None,
        profile: ProfileWatch | None = None,
        *,
        periodic: Sequence[Periodic] = (),
        hear: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._options = options
        self._route = route
        self._flight = Flight()
        self._window = Window(options.window)
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsent: list[Lease] = []
        name = options.holder
        self._stores = (connect(), connect(name), connect(name))
        claims, intents, records = self._stores
        self._resolver = Resolver(connect(), name, undoing, options.resolution, lease_s=options.step_s)
        self._keeper = Keeper(connect(name), options, self._flight, route.breaker, hear)
        self._chores = [(self._resolver.turn, options.resolve_s), *periodic, *self._watches(rules, profile)]
        self._journal = BatchWriter[Intent](
            "journal", self._begin(intents), lambda item: item.lease.request_id
        )
        self._recorder = BatchWriter[Completion](
            "recorder", self._finish(records), lambda item: item.lease.request_id
        )
        self._delivery = Delivery(
            route,
            self._journal,
            options.judge,
            lease_s=options.pace.lease_seconds,
            divider=StoredDivider(route.divide, self._keeper.divide),
        )
        self._claimer = Claimer(
            claims,
            name,
            self._window,
            options.pace,
            admit=route.breaker.admit,
            deliver=lambda requests, at: self._call(self._launch, requests, at),
            report=lambda error: _log.warning("claim failed", error=error.message),
            errand=sagas,
        )

    def _watches(self, rules: RuleBook | None, profile: ProfileWatch | None) -> Iterator[Periodic]:
        """Yield the looks at files that may change while the node runs."""
        report = self._keeper.condition
        if rules:
            yield partial(RulesWatch(rules).turn, report), RULES_EVERY_S
        if profile:
            yield partial(profile.turn, report), PROFILE_EVERY_S

    @property
    def alive(self) -> bool:
        """Whether every thread still turns; for the watchdog."""
        threads = (self._claimer, self._journal, self._recorder)
        return (
            all(thread.is_alive() for thread in threads)
            and time.monotonic() - self._claimer.turned_at < _STALLED_S
        )

    async def run(
        self,
        stop: asyncio.Event,
        *,
        ready: Callable[[], None] = lambda: None,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        """Work until ``stop`` is set, then stop in order: claim no more, finish what is in flight, give back the rest.

        Args:
            stop: set by a signal or a service manager.
            ready: called once the node takes requests.
            stopping: called when the stop begins.

        Raises:
            StoreError: the database refuses the node's first heartbeat.
        """
        if not await self._begun(stop):
            return
        for thread in (self._journal, self._recorder, self._claimer):
            thread.start()
        _log.info("node started", node=self._options.node_id, version=self._options.version)
        ready()
        await stop.wait()
        stopping()
        await self._drain()

    async def _begun(self, stop: asyncio.Event) -> bool:
        """Write the first heartbeat; tell whether that was possible before the stop."""
        impatient = self._loop.create_task(self._lose_patience_at(stop))
        try:
            await self._keeper.start(*self._chores)
        except StoreUnavailable:
            if not stop.is_set():
                raise
            await self._keeper.stop()
            return False
        finally:
            impatient.cancel()
        return True

    async def _lose_patience_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._keeper.lose_patience()

    async def _drain(self) -> None:
        started = time.monotonic()
        _log.info("node stopping", in_flight=len(self._flight))
        self._keeper.status = "STOPPING"
        await asyncio.to_thread(self._claimer.stop)
        await self._settled(self._options.drain_s)
        self._delivery.halt()
        impatient = self._loop.call_later(_RECORD_S, self._keeper.lose_patience)
        await self._settled(_RECORD_S)
        await self._resolver.stop(_RECORD_S)
        given_back = await self._give_back()
        await asyncio.to_thread(self._end_writers)
        await self._settled(_RECORD_S)
        await self._keeper.stop()
        impatient.cancel()
        _log.info("node stopped", given_back=given_back, seconds=round(time.monotonic() - started, 3))

    async def _settled(self, timeout_s: float) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def _give_back(self) -> int:
        # only what provably never left; the rest is judged by its lease
        leases = self._unsent
        if not leases:
            return 0
        try:
            return await self._keeper.release(leases)
        except StoreError as error:
            _log.warning(
                "requests not given back; their leases will end", count=len(leases), error=error.message
            )
            return 0

    def _end_writers(self) -> None:
        for store in self._stores:
            store.stop()
        self._journal.finish()
        self._recorder.finish()
        for store in self._stores:
            store.close()

    def _launch(self, requests: list[ClaimedRequest], claimed_at: float) -> None:
        for request in requests:
            self._flight.enter(request, claimed_at)
            task = self._loop.create_task(self._process(request, claimed_at))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _process(self, request: ClaimedRequest, claimed_at: float) -> None:
        to_give_back = False
        begun_at = time.monotonic()
        try:
            completion = await self._delivery.deliver(request, claimed_at)
            to_give_back = completion is None and self._delivery.halted
            if completion is not None:
                await self._record(request, completion, begun_at)
        except StoreError as error:
            _log.error("request left to its lease", request_id=request.request_id, error=error.message)
        except Exception:  # noqa: BLE001 - a poisoned row must not stop the others; its lease ends, the rescue judges it
            _log.exception("request left to its lease", request_id=request.request_id)
        finally:
            self._window.give_back()
            self._flight.leave(request.lease)
            if to_give_back:
                self._unsent.append(request.lease)

    def _launch_join(self, request_id: int) -> None:
        task = self._loop.create_task(self._join(request_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, request_id: int) -> None:
        try:
            await self._keeper.join(request_id)
        except StoreError as error:
            _log.warning("parts left to the rescue to join", request_id=request_id, error=error.message)

    async def _record(self, request: ClaimedRequest, completion: Completion, begun_at: float) -> None:
        try:
            changed = await self._recorder.put(completion)
        except StoreRejected as error:
            _log.error("answer refused by the database", request_id=request.request_id, error=error.message)
            changed = await self._recorder.put(_plain(completion))
        if not changed:
            _log.warning("answer kept as evidence only", request_id=request.request_id)
            return
        _request_line(request, completion, begun_at)

    def _begin(self, store: Store) -> Callable[[list[Intent]], set[int]]:
        options = self._options
        return lambda items: store.begin_send(options.holder, options.pace.lease_seconds, items)

    def _finish(self, store: Store) -> Callable[[list[Completion]], set[int]]:
        def write(items: list[Completion]) -> set[int]:
            changed = store.finish(self._options.holder, items)
            for divided in changed - {item.lease.request_id for item in items}:
                self._call(self._launch_join, divided)
            return changed

        return write

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(function, *arguments)


def _plain(completion: Completion) -> Completion:
    """Return a completion whose texts any database takes: what is not ASCII is written as escapes."""
    attempt = completion.attempt
    if attempt is None:
        return completion
    plain = dataclasses.replace(
        attempt, err_msg=_ascii(attempt.err_msg), response_data=_ascii(attempt.response_data or "") or None
    )
    return dataclasses.replace(completion, attempt=plain)


def _ascii(text: str) -> str:
    return text.replace("\0", "").encode("ascii", "backslashreplace").decode("ascii")


def _request_line(request: ClaimedRequest, completion: Completion, begun_at: float) -> None:
    attempt = completion.attempt
    request_line(
        request_id=request.request_id,
        interface_code=request.interface_code,
        msgid=attempt.msgid if attempt else "",
        org_code=request.org_code,
        outcome=attempt.outcome.value if attempt else "",
        status=completion.status.value,
        infcode=attempt.infcode if attempt else None,
        attempts=request.tries + (attempt is not None),
        ms_queue=request.queued_ms,
        ms_insurer=attempt.duration_ms if attempt else 0,
        ms_total=request.queued_ms + (time.monotonic() - begun_at) * 1000,
        fault=attempt.fault if attempt else "",
    )
