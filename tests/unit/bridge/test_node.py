from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from mi_bridge.bridge.node import Node
from mi_bridge.bridge.options import NodeOptions
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import DividedRequest, Part
from mi_bridge.domain.request import Completion, Heartbeat, Intent
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreRejected, StoreUnavailable
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.memory import MemoryDatabase, MemoryStore
from mi_bridge.store.memory_submit import Submission
from mi_bridge.store.port import Store
from mi_bridge.traffic.undoing import Undoing
from scripted_route import ScriptedRoute
from shut_insurer import ShutInsurer

# what becomes of uncertain requests is the resolver's tests' matter
SHUT = Undoing(ShutInsurer(), load_profile("demo"), org_code="H99010100001")


@asynccontextmanager
async def running(
    connect: Callable[..., Store], route: ScriptedRoute, options: NodeOptions
) -> AsyncIterator[Node]:
    stop, ready = asyncio.Event(), asyncio.Event()
    node = Node(connect, route, SHUT, options)
    task = asyncio.create_task(node.run(stop, ready=ready.set))
    await ready.wait()
    try:
        yield node
    finally:
        stop.set()
        await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other threads
            await asyncio.sleep(0.005)


def submit(memory: MemoryDatabase, code: str = "1101", patient: int = 1) -> int:
    return memory.submit(Submission(code, f'{{"psn_no":"{patient}"}}'))


def ended(memory: MemoryDatabase, *numbers: int) -> bool:
    return all(memory.row(number).status.terminal for number in numbers)


async def test_every_request_is_answered_once(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    numbers = [submit(memory, code, patient) for patient in range(60) for code in ("1101", "2207")]
    async with running(memory.connect, route, options) as node:
        await until(lambda: ended(memory, *numbers))
        assert node.alive
    assert sorted(route.sent) == sorted(numbers)
    assert {memory.row(number).status for number in numbers} == {Status.COMPLETED}


async def test_requests_of_one_patient_go_one_after_the_other(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    numbers = [submit(memory, "2207", patient=7) for _ in range(8)]
    async with running(memory.connect, route, options):
        await until(lambda: ended(memory, *numbers))
    assert route.sent == numbers


async def test_what_cannot_be_sent_ends_with_its_reason(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    bad, good = submit(memory), submit(memory)
    route.refuse = {bad}
    async with running(memory.connect, route, options):
        await until(lambda: ended(memory, bad, good))
    row = memory.row(bad)
    assert (row.status, row.error_code, row.error_message) == (Status.ERROR, -1001, "input.data：应为对象")
    assert route.sent == [good]


async def test_a_defect_in_one_request_stops_none_of_the_others(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    bad = submit(memory, "2207", patient=1)
    route.poison = {bad}
    good = [submit(memory, "2207", patient=patient) for patient in range(2, 30)]
    async with running(memory.connect, route, options):
        await until(lambda: ended(memory, *good))
    assert memory.row(bad).status is Status.CLAIMED


async def test_a_query_that_was_not_answered_is_sent_again_until_its_tries_are_spent(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    number = memory.submit(Submission("1101", "{}", retry_count=2))
    route.outcomes = lambda _: Outcome.UNKNOWN
    async with running(memory.connect, route, options):
        await until(lambda: ended(memory, number))
    assert route.sent == [number] * 3
    assert memory.row(number).status is Status.ERROR


async def test_money_of_unknown_outcome_is_never_sent_again(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    number = submit(memory, "2207")
    route.outcomes = lambda _: Outcome.UNKNOWN
    async with running(memory.connect, route, options):
        await until(lambda: memory.row(number).status is Status.UNCERTAIN)
        await asyncio.sleep(0.1)
    assert route.sent == [number]
    assert memory.row(number).status is Status.UNCERTAIN


async def test_a_stop_waits_for_what_is_in_flight(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    number = submit(memory, "2207")
    route.gate.clear()
    async with running(memory.connect, route, dataclasses.replace(options, drain_s=20)):
        await route.on_wire.wait()
        asyncio.get_running_loop().call_later(0.1, route.gate.set)
    assert memory.row(number).status is Status.COMPLETED


async def test_after_its_limit_a_stop_tells_the_truth_of_what_is_on_the_wire(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    money, query = submit(memory, "2207"), submit(memory)
    route.gate.clear()
    async with running(memory.connect, route, options):
        await until(lambda: len(route.sent) == 2)
    assert memory.row(money).status is Status.UNCERTAIN
    assert memory.row(query).status is Status.PENDING
    assert memory.heartbeats[options.node_id].status == "STOPPED"


class SlowJournal(MemoryStore):
    """Holds intents back until the test lets them through."""

    gate: asyncio.Event

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        raise StoreUnavailable("the database stayed away")


async def test_without_an_intent_on_disk_money_is_left_to_its_lease(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    number = submit(memory, "2207")
    async with running(lambda attend="": SlowJournal(memory, attend), route, options):
        await until(lambda: memory.row(number).status is Status.CLAIMED)
        await asyncio.sleep(0.05)
    assert route.sent == []


async def test_what_was_claimed_and_not_begun_is_given_back(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    numbers = [submit(memory) for _ in range(5)]
    node_stop = asyncio.Event()
    node = Node(memory.connect, route, SHUT, options)
    node._delivery.halt()
    task = asyncio.create_task(node.run(node_stop))
    await until(lambda: memory.row(numbers[-1]).status is Status.CLAIMED)
    node_stop.set()
    await task
    assert {memory.row(number).status for number in numbers} == {Status.PENDING}
    assert route.sent == []


class PickyStore(MemoryStore):
    """Refuses texts that are not ASCII, as a database of an old encoding would."""

    def finish(self, node_id: str, completions: Sequence[Completion]) -> set[int]:
        for completion in completions:
            if completion.attempt and not (completion.attempt.response_data or "").isascii():
                raise StoreRejected("no such character")
        return super().finish(node_id, completions)


async def test_an_answer_the_database_refuses_is_kept_in_escapes(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    number = submit(memory, "2207")

    async def send(message: object, *, not_after: float) -> object:
        attempt = await ScriptedRoute.send(route, message, not_after=not_after)  # type: ignore[arg-type]
        return dataclasses.replace(attempt, response_data='{"x":"𠮷"}')

    route.send = send  # type: ignore[method-assign, assignment]
    async with running(lambda attend="": PickyStore(memory, attend), route, options):
        await until(lambda: ended(memory, number))
    assert memory.result(number).response_data == '{"x":"\\U00020bb7"}'


async def test_a_lease_that_is_lost_leaves_the_answer_as_evidence(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    number = submit(memory, "2207")
    route.gate.clear()
    async with running(memory.connect, route, dataclasses.replace(options, drain_s=20)):
        await route.on_wire.wait()
        memory.tables.rows[number].epoch += 1
        route.gate.set()
        await until(lambda: memory.attempts(number)[0].answer is not None)
    assert memory.row(number).status is Status.SENDING
    answer = memory.attempts(number)[0].answer
    assert answer is not None
    assert answer.outcome is Outcome.OK


async def test_the_node_says_that_it_lives(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    async with running(memory.connect, route, options):
        beat = memory.heartbeats[options.node_id]
        assert (beat.status, beat.host_name) == ("RUNNING", "host")


async def test_a_full_window_claims_no_more(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    numbers = [submit(memory) for _ in range(30)]
    route.gate.clear()
    async with running(memory.connect, route, dataclasses.replace(options, window=8, drain_s=20)):
        await until(lambda: len(route.sent) == 8)
        await asyncio.sleep(0.1)
        assert len(route.sent) == 8
        route.gate.set()
        await until(lambda: ended(memory, *numbers))


class AwayStore(MemoryStore):
    """A store whose database is away: calls wait until the store is told to wait no longer."""

    def __init__(self, database: MemoryDatabase, away: threading.Event) -> None:
        super().__init__(database)
        self._away = away
        self._patience_lost = threading.Event()

    def heartbeat(self, beat: Heartbeat) -> int:
        if self._away.is_set():
            self._patience_lost.wait(60)
            raise StoreUnavailable("the database stayed away")
        return super().heartbeat(beat)

    def stop(self) -> None:
        self._patience_lost.set()
        super().stop()


async def test_a_stop_does_not_wait_for_a_database_that_is_away(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi_bridge.bridge.node._RECORD_S", 0.1)
    away = threading.Event()
    async with running(lambda *_: AwayStore(memory, away), route, options):
        away.set()
        await asyncio.sleep(options.heartbeat_s)
    assert memory.heartbeats[options.node_id].status == "RUNNING", "nobody could hear of the end"


async def test_a_stop_before_the_first_heartbeat(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    away, stop = threading.Event(), asyncio.Event()
    away.set()
    node = Node(lambda *_: AwayStore(memory, away), route, SHUT, options)
    heard: list[str] = []
    task = asyncio.create_task(node.run(stop, ready=lambda: heard.append("ready")))
    await asyncio.sleep(0.05)
    stop.set()
    await task
    assert heard == []
    assert memory.heartbeats == {}


async def test_a_first_heartbeat_that_fails_ends_the_node(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    class Gone(MemoryStore):
        def heartbeat(self, beat: Heartbeat) -> int:
            raise StoreUnavailable("the database stayed away")

    with pytest.raises(StoreUnavailable):
        await Node(lambda *_: Gone(memory), route, SHUT, options).run(asyncio.Event())


async def test_a_large_request_is_sent_in_parts_and_answered_as_one(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    whole = submit(memory, "2207")
    later = submit(memory, "2207")
    pieces = tuple(Part(n, n * 2 - 1, 2, f'{{"n":{n}}}') for n in (1, 2, 3))
    route.parts = lambda request: pieces if request.request_id == whole else ()
    async with running(memory.connect, route, options):
        await until(lambda: ended(memory, whole, later))
    parts = [row.request_id for row in memory.tables.parts_of(whole)]
    assert route.sent == [*parts, later]
    assert memory.result(whole).result_status == "SUCCESS"
    assert len(json.loads(memory.result(whole).response_data or "")["mi_parts"]) == 3


class Forgetful(MemoryStore):
    """Loses the database whenever parts are to be joined, until it is told not to."""

    lost = True

    def divided(self, request_id: int) -> DividedRequest | None:
        if Forgetful.lost:
            raise StoreUnavailable("gone")
        return super().divided(request_id)


async def test_parts_nobody_joined_are_found_by_the_rescue(
    memory: MemoryDatabase, route: ScriptedRoute, options: NodeOptions
) -> None:
    whole = submit(memory, "2207")
    route.parts = lambda request: (Part(1, 1, 2, "{}"),) if request.request_id == whole else ()
    Forgetful.lost = True
    async with running(lambda attend="": Forgetful(memory, attend), route, options):
        await until(lambda: len(route.sent) == 1 and memory.tables.all_parts_ended(memory.tables.rows[whole]))
        assert memory.row(whole).status is Status.DIVIDED
        Forgetful.lost = False
        await until(lambda: ended(memory, whole))
