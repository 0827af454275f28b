from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from mi_bridge.bridge.delivery import Delivery
from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.verdict import Judge
from mi_bridge.errors import MalformedInput, StoreUnavailable
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.route import Message, Route


class FakeMessage(Message):
    msgid = "m1"
    body_hash = "h" * 64
    findings = None

    def __init__(self) -> None:
        pass


@dataclass
class FakeJournal:
    holds: bool = True
    error: Exception | None = None
    intents: list[Intent] = field(default_factory=list)

    async def put(self, item: Intent) -> bool:
        if self.error:
            raise self.error
        self.intents.append(item)
        return self.holds


class FakeRoute(Route):
    blocking = False

    def __init__(self, outcome: Outcome = Outcome.OK, refusal: MalformedInput | None = None) -> None:
        self.breaker = Breaker()
        self.outcome = outcome
        self.refusal = refusal
        self.deadlines: list[float] = []
        self.sending = asyncio.Event()
        self.answer = asyncio.Event()
        self.answer.set()

    def prepare(self, request: ClaimedRequest) -> Message:
        if self.refusal:
            raise self.refusal
        return FakeMessage()

    async def send(self, message: Message, *, not_after: float) -> Attempt:
        self.deadlines.append(not_after)
        self.sending.set()
        await self.answer.wait()
        return Attempt("m1", "h" * 64, self.outcome)


def delivery(route: Route, journal: FakeJournal) -> Delivery:
    return Delivery(route, journal, Judge(Backoff()), lease_s=30, clock=lambda: 1000.0)


def request(money_class: MoneyClass) -> ClaimedRequest:
    return ClaimedRequest(Lease(1, 2), "2207", "{}", money_class)


async def test_money_is_written_down_before_it_is_sent() -> None:
    route, journal = FakeRoute(), FakeJournal()
    completion = await delivery(route, journal).deliver(request(MoneyClass.MONEY), 990.0)
    assert journal.intents == [Intent(Lease(1, 2), "m1", "h" * 64)]
    assert completion is not None
    assert completion.status is Status.COMPLETED
    assert route.deadlines == [1030.0]


async def test_a_query_needs_no_intent_and_is_not_sent_after_its_claims_lease() -> None:
    route, journal = FakeRoute(), FakeJournal()
    await delivery(route, journal).deliver(request(MoneyClass.QUERY), 990.0)
    assert journal.intents == []
    assert route.deadlines == [1020.0]


async def test_a_request_that_is_no_longer_ours_is_not_sent() -> None:
    route, journal = FakeRoute(), FakeJournal(holds=False)
    assert await delivery(route, journal).deliver(request(MoneyClass.NEVER), 990.0) is None
    assert route.deadlines == []


async def test_without_its_intent_on_disk_nothing_is_sent() -> None:
    route, journal = FakeRoute(), FakeJournal(error=StoreUnavailable("gone"))
    with pytest.raises(StoreUnavailable):
        await delivery(route, journal).deliver(request(MoneyClass.MONEY), 990.0)
    assert route.deadlines == []


async def test_what_cannot_be_sent_ends_with_its_reason() -> None:
    route, journal = FakeRoute(refusal=MalformedInput("input.data：应为对象")), FakeJournal()
    completion = await delivery(route, journal).deliver(request(MoneyClass.MONEY), 990.0)
    assert completion is not None
    assert (completion.status, completion.error_code, completion.error_message) == (
        Status.ERROR,
        -1001,
        "input.data：应为对象",
    )
    assert completion.attempt is None
    assert journal.intents == []


async def test_a_large_input_is_prepared_beside_the_loop() -> None:
    threads: list[str] = []

    class NotingRoute(FakeRoute):
        def prepare(self, request: ClaimedRequest) -> Message:
            threads.append(threading.current_thread().name)
            return super().prepare(request)

    walk = delivery(NotingRoute(), FakeJournal())
    for size in (10, 200_000):
        await walk.deliver(ClaimedRequest(Lease(1, 2), "1101", "x" * size, MoneyClass.QUERY), 990.0)
    assert threads[0] == threading.main_thread().name
    assert threads[1] != threading.main_thread().name


async def test_a_message_that_waits_for_a_device_is_prepared_beside_the_loop() -> None:
    threads: list[str] = []

    class DeviceRoute(FakeRoute):
        blocking = True

        def prepare(self, request: ClaimedRequest) -> Message:
            threads.append(threading.current_thread().name)
            return super().prepare(request)

    await delivery(DeviceRoute(), FakeJournal()).deliver(request(MoneyClass.QUERY), 990.0)
    assert threads != [threading.main_thread().name]


async def test_a_stop_before_the_intent_gives_the_request_back() -> None:
    route, journal = FakeRoute(), FakeJournal()
    walk = delivery(route, journal)
    walk.halt()
    assert walk.halted
    assert await walk.deliver(request(MoneyClass.MONEY), 990.0) is None
    assert journal.intents == []


async def test_a_stop_between_intent_and_send_proves_that_nothing_was_sent() -> None:
    route = FakeRoute()

    class HaltingJournal(FakeJournal):
        async def put(self, item: Intent) -> bool:
            walk.halt()
            return await super().put(item)

    walk = delivery(route, HaltingJournal())
    completion = await walk.deliver(request(MoneyClass.MONEY), 990.0)
    assert completion is not None
    assert completion.attempt is not None
    assert (completion.status, completion.attempt.outcome) == (Status.PENDING, Outcome.NOT_SENT)
    assert route.deadlines == []


@pytest.mark.parametrize(
    ("money_class", "status"), [(MoneyClass.MONEY, Status.UNCERTAIN), (MoneyClass.QUERY, Status.PENDING)]
)
async def test_a_stop_while_the_message_is_on_the_wire_leaves_its_outcome_unknown(
    money_class: MoneyClass, status: Status
) -> None:
    route = FakeRoute()
    route.answer.clear()
    walk = delivery(route, FakeJournal())
    task = asyncio.create_task(walk.deliver(request(money_class), 990.0))
    await route.sending.wait()
    walk.halt()
    completion = await task
    assert completion is not None
    assert completion.attempt is not None
    assert (completion.status, completion.attempt.outcome) == (status, Outcome.UNKNOWN)
    assert completion.attempt.fault == "node_stopped"


async def test_a_cancellation_that_is_no_stop_is_passed_on() -> None:
    route = FakeRoute()
    route.answer.clear()
    task = asyncio.create_task(delivery(route, FakeJournal()).deliver(request(MoneyClass.MONEY), 990.0))
    await route.sending.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
