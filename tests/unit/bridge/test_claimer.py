from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from mi_bridge.bridge.claimer import Claimer, ClaimPace
from mi_bridge.bridge.window import Window
from mi_bridge.domain.request import ClaimedRequest
from mi_bridge.errors import StoreError, StoreUnavailable
from mi_bridge.store.memory import MemoryDatabase, MemoryStore
from mi_bridge.store.memory_submit import Submission
from mi_bridge.store.port import Claim


class Desk:
    """Collects what a claimer delivers and reports."""

    def __init__(self) -> None:
        self.requests: list[ClaimedRequest] = []
        self.errors: list[StoreError] = []
        self.changed = threading.Condition()

    def deliver(self, requests: list[ClaimedRequest], claimed_at: float) -> None:
        assert claimed_at <= time.monotonic()
        with self.changed:
            self.requests += requests
            self.changed.notify_all()

    def report(self, error: StoreError) -> None:
        with self.changed:
            self.errors.append(error)
            self.changed.notify_all()

    def wait(self, condition: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, 20)


def claimer(store: MemoryStore, desk: Desk, admit: Callable[[int], int] = lambda wanted: wanted) -> Claimer:
    return Claimer(
        store,
        "n1",
        Window(100),
        ClaimPace(batch=10, wait_max_ms=100, busy_step_ms=2, idle_step_ms=5),
        admit=admit,
        deliver=desk.deliver,
        report=desk.report,
    )


class RecordingStore(MemoryStore):
    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.claims: list[Claim] = []
        self.failures = 0

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        self.claims.append(claim)
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("gone")
        return super().claim(claim)


def test_delivers_in_batches_what_his_submits(memory: MemoryDatabase) -> None:
    numbers = [memory.submit(Submission("1101", "{}")) for _ in range(25)]
    desk = Desk()
    thread = claimer(memory.connect(), desk)
    thread.start()
    assert desk.wait(lambda: len(desk.requests) == 25)
    thread.stop()
    assert [request.request_id for request in desk.requests] == numbers
    assert not thread.is_alive()


def test_a_stop_ends_a_wait_inside_the_database(memory: MemoryDatabase) -> None:
    store = RecordingStore(memory)
    thread = Claimer(
        store,
        "n1",
        Window(1),
        ClaimPace(wait_max_ms=3_600_000),
        admit=lambda wanted: wanted,
        deliver=Desk().deliver,
        report=Desk().report,
    )
    thread.start()
    thread.stop()
    assert not thread.is_alive()


def test_survives_a_lost_database(memory: MemoryDatabase) -> None:
    store, desk = RecordingStore(memory), Desk()
    store.failures = 1
    thread = claimer(store, desk)
    thread.start()
    memory.submit(Submission("1101", "{}"))
    assert desk.wait(lambda: bool(desk.errors) and bool(desk.requests))
    thread.stop()
    assert [type(error) for error in desk.errors] == [StoreUnavailable]


def test_claims_nothing_while_the_breaker_admits_nothing(memory: MemoryDatabase) -> None:
    store, desk = RecordingStore(memory), Desk()
    asked = threading.Event()

    def admit(wanted: int) -> int:
        assert wanted == 10
        asked.set()
        return 0

    thread = claimer(store, desk, admit)
    thread.start()
    assert asked.wait(20)
    thread.stop()
    assert store.claims == []


def test_work_that_cannot_be_taken_is_not_asked_for_in_a_tight_loop(memory: MemoryDatabase) -> None:
    class Contended(RecordingStore):
        def claim(self, claim: Claim) -> list[ClaimedRequest]:
            self.claims.append(claim)
            return []

    store = Contended(memory)
    thread = claimer(store, Desk())
    thread.start()
    time.sleep(0.3)
    thread.stop()
    assert 1 <= len(store.claims) <= 10


def test_looks_at_the_queues_living_part_and_once_a_second_at_all_of_it(memory: MemoryDatabase) -> None:
    store, desk = RecordingStore(memory), Desk()
    memory.submit(Submission("1101", "{}"))
    thread = claimer(store, desk)
    thread.start()
    assert desk.wait(lambda: len(desk.requests) == 1)
    memory.submit(Submission("1101", "{}"))
    assert desk.wait(lambda: len(desk.requests) == 2)
    thread.stop()
    first = desk.requests[0]
    assert store.claims[0].floor_rank == 0
    assert store.claims[1].floor_rank in (0, first.queue_rank - 2000)


class NotingErrand:
    """Notes how it was asked; has something to do so many times."""

    def __init__(self, due: int = 0) -> None:
        self.due = due
        self.asked: list[float] = []
        self.stopped = False

    def turn(self, every_s: float) -> int:
        self.asked.append(every_s)
        if every_s == 0 and self.due:
            self.due -= 1
            return 1
        return 0

    def stop(self) -> None:
        self.stopped = True


class EarlyStore(RecordingStore):
    """Answers at once and empty, as the database does when a saga is due."""

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        self.claims.append(claim)
        return []


def with_errand(
    store: MemoryStore, errand: NotingErrand, admit: Callable[[int], int] = lambda wanted: wanted
) -> Claimer:
    desk = Desk()
    pace = ClaimPace(batch=10, wait_max_ms=60_000)
    return Claimer(
        store, "n1", Window(100), pace, admit=admit, deliver=desk.deliver, report=desk.report, errand=errand
    )


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.005)
    assert condition()


def test_an_empty_answer_before_the_time_runs_the_errand(memory: MemoryDatabase) -> None:
    errand = NotingErrand(due=3)
    store = EarlyStore(memory)
    thread = with_errand(store, errand)
    thread.start()
    until(lambda: len(errand.asked) >= 6)
    thread.stop()
    assert errand.asked[0] == math.inf
    assert set(errand.asked[1:]) == {0}
    assert errand.due == 0
    assert errand.stopped


def test_the_errand_runs_now_and_then_while_the_claims_are_full_or_shut(memory: MemoryDatabase) -> None:
    errand = NotingErrand()
    for _ in range(3):
        memory.submit(Submission("1101", "{}"))
    thread = with_errand(memory.connect(), errand)
    thread.start()
    until(lambda: 0.05 in errand.asked)
    thread.stop()

    shut = NotingErrand()
    thread = with_errand(memory.connect(), shut, admit=lambda _: 0)
    thread.start()
    until(lambda: 1.0 in shut.asked)
    thread.stop()
