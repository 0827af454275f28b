from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from mi_bridge.bridge.flight import Flight
from mi_bridge.bridge.keeper import Keeper
from mi_bridge.bridge.options import NodeOptions
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import Heartbeat
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreUnavailable
from mi_bridge.store.memory import MemoryDatabase, MemoryStore
from mi_bridge.store.memory_submit import Submission
from mi_bridge.store.port import Claim
from mi_bridge.traffic.breaker import Breaker


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.005)


def opened() -> Breaker:
    breaker = Breaker(failures=1)
    breaker.record(Outcome.NOT_SENT)
    return breaker


async def test_says_that_the_node_lives_until_it_stops(memory: MemoryDatabase, options: NodeOptions) -> None:
    keeper = Keeper(memory.connect(), options, Flight(), Breaker())
    await keeper.start()
    first = memory.heartbeats[options.node_id]
    await until(lambda: memory.heartbeats[options.node_id] is not first)
    await keeper.stop()
    assert memory.heartbeats[options.node_id].status == "STOPPED"


async def test_passes_on_the_time_that_a_heartbeat_brings(
    memory: MemoryDatabase, options: NodeOptions
) -> None:
    heard: list[int] = []
    keeper = Keeper(memory.connect(), options, Flight(), Breaker(), heard.append)
    await keeper.beat()
    await keeper.stop()
    assert heard[0] == pytest.approx(memory.now() * 1000, abs=10_000)


async def test_keeps_the_leases_of_what_is_in_flight(memory: MemoryDatabase, options: NodeOptions) -> None:
    number = memory.submit(Submission("1101", "{}"))
    [request] = memory.connect().claim(Claim(options.node_id, 1, lease_seconds=5))
    flight = Flight()
    flight.enter(request, time.monotonic() - 60)
    before = memory.row(number).lease_until
    keeper = Keeper(memory.connect(), options, flight, Breaker())
    await keeper.renew()
    await keeper.stop()
    assert before is not None
    assert (memory.row(number).lease_until or 0) > before


async def test_tells_which_leases_it_has_lost(memory: MemoryDatabase, options: NodeOptions) -> None:
    number = memory.submit(Submission("1101", "{}"))
    [request] = memory.connect().claim(Claim(options.node_id, 1))
    memory.tables.rows[number].epoch += 1
    flight = Flight()
    flight.enter(request, time.monotonic() - 60)
    keeper = Keeper(memory.connect(), options, flight, Breaker())
    with capture_logs() as lines:
        await keeper.renew()
    await keeper.stop()
    assert [(line["event"], line["request_ids"]) for line in lines] == [("leases lost", [number])]


async def test_rescues_what_a_dead_node_held(memory: MemoryDatabase, options: NodeOptions) -> None:
    number = memory.submit(Submission("1101", "{}"))
    memory.connect().claim(Claim("dead", 1, lease_seconds=0))
    keeper = Keeper(memory.connect(), options, Flight(), Breaker())
    await keeper.start()
    await until(lambda: memory.row(number).status is Status.PENDING)
    await keeper.stop()


async def test_shows_an_open_breaker_in_the_alerts_and_takes_it_back(
    memory: MemoryDatabase, options: NodeOptions
) -> None:
    breaker = opened()
    keeper = Keeper(memory.connect(), options, Flight(), breaker)
    await keeper.beat()
    assert list(memory.conditions) == [("BREAKER_OPEN", options.node_id)]
    breaker.record(Outcome.OK)
    await keeper.beat()
    assert memory.conditions == {}
    await keeper.stop()


async def test_an_alert_its_predecessor_left_behind_ends_with_the_first_beat(
    memory: MemoryDatabase, options: NodeOptions
) -> None:
    memory.connect().condition("BREAKER_OPEN", options.node_id, "left behind by a kill")
    keeper = Keeper(memory.connect(), options, Flight(), Breaker())
    await keeper.beat()
    await keeper.stop()
    assert memory.conditions == {}


class LostStore(MemoryStore):
    def heartbeat(self, beat: Heartbeat) -> int:
        raise StoreUnavailable("gone")


async def test_a_node_that_cannot_say_that_it_lives_does_not_start(
    memory: MemoryDatabase, options: NodeOptions
) -> None:
    keeper = Keeper(LostStore(memory), options, Flight(), Breaker())
    with pytest.raises(StoreUnavailable):
        await keeper.start()
    with capture_logs() as lines:
        await keeper.stop()
    assert [(line["event"], line["call"]) for line in lines] == [("periodic call failed", "Keeper.beat")]


def divided(memory: MemoryDatabase, node_id: str) -> tuple[int, MemoryStore]:
    store = memory.connect()
    number = memory.submit(Submission("2207", '{"psn_no":"1"}'))
    [request] = store.claim(Claim(node_id, 1))
    assert store.divide(node_id, request.lease, [Part(1, 1, 5, "{}")]) == 1
    return number, store


async def test_joins_what_the_rescue_finds_and_joins_it_once(
    memory: MemoryDatabase, options: NodeOptions
) -> None:
    number, _ = divided(memory, options.node_id)
    keeper = Keeper(memory.connect(), options, Flight(), Breaker())
    await keeper.join(number)  # a part is still under way
    assert memory.row(number).status is Status.DIVIDED
    assert memory.cancel(number)
    with capture_logs() as lines:
        await keeper.rescue()
        await keeper.join(number)
    await keeper.stop()
    assert memory.row(number).status is Status.CANCELLED
    assert [line["event"] for line in lines] == ["request joined"]


async def test_divides_under_the_lease(memory: MemoryDatabase, options: NodeOptions) -> None:
    number = memory.submit(Submission("2207", "{}"))
    [request] = memory.connect().claim(Claim(options.holder, 1))
    keeper = Keeper(memory.connect(), options, Flight(), Breaker())
    assert await keeper.divide(request.lease, [Part(1, 1, 1, "{}")], "提醒") == 1
    await keeper.stop()
    assert (memory.row(number).status, memory.row(number).check_report) == (Status.DIVIDED, "提醒")
