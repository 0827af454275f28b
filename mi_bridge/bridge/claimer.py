"""The thread that waits for work inside the database and leases it to this node."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mi_bridge.bridge.window import Window
from mi_bridge.domain.request import ClaimedRequest
from mi_bridge.errors import StoreError
from mi_bridge.store.port import Claim, Store

_FULL_LOOK_S = 1.0
_STRAGGLER_MS = 2000
# what was found below the floor has followers there: the next part of a large request, the next request of a patient
_FOLLOWERS_S = 5.0
_IDLE_AFTER_S = 5.0
_EMPTY_PAUSE_S = 0.05
_ROOM_PATIENCE_S = 0.5
# a busy claim never waits, so it cannot say that a saga is due
_BUSY_LOOK_S = 0.05
_SHUT_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class ClaimPace:
    """How the claimer asks.

    Args:
        batch: most requests in one claim.
        lease_seconds: until when a claim holds without renewal.
        wait_max_ms: longest stay in one waiting call.
        busy_step_ms: pause between two looks for some seconds after work.
        idle_step_ms: pause between two looks after that.
    """

    batch: int = 200
    lease_seconds: int = 30
    wait_max_ms: int = 5000
    busy_step_ms: int = 2
    idle_step_ms: int = 8


class Errand(Protocol):
    """Work that rides on the claim's wait: the sagas."""

    def turn(self, every_s: float) -> int:
        """Do what is due, if the last look is so many seconds ago; return how much that was."""
        ...

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        ...


class NoErrand:
    """Nothing rides along."""

    def turn(self, every_s: float) -> int:  # noqa: ARG002 - the port's signature
        """Do nothing."""
        return 0

    def stop(self) -> None:
        """Do nothing."""


class Claimer(threading.Thread):
    """Claims until told to stop.

    Args:
        store: of this thread's own.
        node_id: who holds the leases.
        window: bounds what is taken.
        pace: how to ask.
        admit: how many of a free number may be claimed now; the breaker's say.
        deliver: takes what was claimed, in order, with the monotonic time before the claim.
        report: takes a failure the thread survived.
        errand: is run when the database says that there is something besides requests, and now and then.
    """

    def __init__(
        self,
        store: Store,
        node_id: str,
        window: Window,
        pace: ClaimPace,
        *,
        admit: Callable[[int], int],
        deliver: Callable[[list[ClaimedRequest], float], None],
        report: Callable[[StoreError], None],
        errand: Errand | None = None,
    ) -> None:
        super().__init__(name="claimer", daemon=True)
        self._store = store
        self._node_id = node_id
        self._window = window
        self._pace = pace
        self._admit = admit
        self._deliver = deliver
        self._report = report
        self._errand = errand or NoErrand()
        self._stopping = threading.Event()
        self._floor = _Floor()
        self._worked_at = time.monotonic()
        self.turned_at = time.monotonic()

    def stop(self) -> None:
        """Claim nothing more; returns when the thread has ended."""
        self._stopping.set()
        self._store.stop()
        self._errand.stop()
        while self.is_alive():
            self._store.interrupt()
            self.join(0.05)

    def run(self) -> None:
        """Claim and deliver, over and over."""
        turns = itertools.chain((lambda: self._errand.turn(math.inf),), itertools.repeat(self._turn))
        for turn in turns:
            if self._stopping.is_set():
                return
            self.turned_at = time.monotonic()
            try:
                turn()
            except StoreError as error:
                self._report(error)
                self._stopping.wait(_ROOM_PATIENCE_S)

    def _turn(self) -> None:
        capacity = self._admit(min(self._window.room(_ROOM_PATIENCE_S), self._pace.batch))
        if capacity == 0:
            self._errand.turn(_SHUT_LOOK_S)
            self._stopping.wait(_EMPTY_PAUSE_S)
            return
        started = time.monotonic()
        requests = self._store.claim(self._claim(capacity, started))
        if requests:
            self._worked_at = started
            self._window.take(len(requests))
            self._deliver(requests, started)
            self._errand.turn(_BUSY_LOOK_S)
        elif time.monotonic() - started < self._pace.wait_max_ms / 2000:
            self._look_around()
        else:
            self._errand.turn(math.inf)
        self._floor.learn(requests, started, exhausted=len(requests) < capacity)

    def _look_around(self) -> None:
        """An empty answer before the time: a saga is due, or what was seen could not be taken (a limit, another node)."""
        if self._errand.turn(0) == 0 and not self._stopping.is_set():
            # ask again, not at once
            self._stopping.wait(_EMPTY_PAUSE_S)

    def _claim(self, capacity: int, now: float) -> Claim:
        busy = now - self._worked_at < _IDLE_AFTER_S
        return Claim(
            node_id=self._node_id,
            capacity=capacity,
            lease_seconds=self._pace.lease_seconds,
            wait_ms=self._pace.wait_max_ms,
            step_ms=self._pace.busy_step_ms if busy else self._pace.idle_step_ms,
            floor_rank=self._floor.rank(now),
        )


class _Floor:
    """Where the queue's living part begins, so that a claim does not wade through what an old snapshot keeps dead."""

    def __init__(self) -> None:
        self._rank = 0
        self._looked_at = 0.0
        self._followed_rank = 0
        self._followed_at = float("-inf")

    def rank(self, now: float) -> int:
        """Return the floor for the next claim; 0 once a second, for stragglers."""
        if now - self._looked_at < _FULL_LOOK_S:
            followed = now - self._followed_at < _FOLLOWERS_S
            return min(self._rank, self._followed_rank) if followed else self._rank
        self._looked_at = now
        return 0

    def learn(self, requests: list[ClaimedRequest], now: float, *, exhausted: bool) -> None:
        """Everything older than what an exhausted claim returned has been taken or is blocked."""
        if not requests:
            return
        lowest = min(request.queue_rank for request in requests)
        if lowest < self._rank:
            self._followed_rank, self._followed_at = lowest, now
        if exhausted:
            self._rank = lowest - _STRAGGLER_MS
