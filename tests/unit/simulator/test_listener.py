"""Connections refused and reset, and back again by themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from mi_bridge.simulator import SimulatorConfig


async def _reachable(hospital: Any) -> bool:
    async with httpx.AsyncClient(base_url=hospital.base_url, trust_env=False) as client:
        try:
            return (await client.get("/_simulator/health")).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def until(eventually: Any) -> Any:
    """Wait until a hospital's simulator can be reached, or cannot."""

    async def wait(hospital: Any, *, reachable: bool) -> None:
        async def so() -> bool:
            return await _reachable(hospital) is reachable

        await eventually(so)

    return wait


async def test_connections_are_refused_for_a_while(start: Any, until: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "refuse_connections", "seconds": 0.5})

    await until(hospital, reachable=False)
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(base_url=hospital.base_url, trust_env=False) as client:
            await client.get("/_simulator/health")

    await until(hospital, reachable=True)
    assert (await hospital.ask_person()).json()["infcode"] == 0


async def test_connections_in_use_are_dropped(start: Any, until: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "silence_before"})
    waiting = asyncio.create_task(hospital.ask_person())
    await asyncio.sleep(0.1)

    await hospital.order({"fault": "refuse_connections", "seconds": 0.2}, mode="add")

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await waiting
    await until(hospital, reachable=True)


async def test_a_second_order_begins_the_wait_anew(start: Any, until: Any) -> None:
    hospital = await start()
    await hospital.order(
        {"fault": "refuse_connections", "seconds": 60}, {"fault": "refuse_connections", "seconds": 0.1}
    )

    await until(hospital, reachable=False)
    await until(hospital, reachable=True)
    assert hospital.simulator.ledger.received == 0


async def test_a_simulator_stops_while_it_refuses(start: Any, until: Any) -> None:
    hospital = await start()
    await hospital.order({"fault": "refuse_connections", "seconds": 60})

    await until(hospital, reachable=False)
    assert not await _reachable(hospital)


def test_a_simulator_does_not_begin_unreachable() -> None:
    with pytest.raises(ValidationError, match="can only be ordered while it runs"):
        SimulatorConfig.model_validate({"faults": [{"fault": "refuse_connections"}]})


async def test_new_connections_are_reset(start: Any) -> None:
    hospital = await start(faults=[{"fault": "reset_on_accept", "times": 2}])

    for _ in range(2):
        with pytest.raises(httpx.TransportError):
            await hospital.ask_person()

    assert (await hospital.ask_person()).json()["infcode"] == 0
    assert hospital.simulator.ledger.received == 1
