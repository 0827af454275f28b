"""A whole visit over the wire, many at once, and a clean end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import Any

import httpx
import pytest

from mi_bridge.errors import ConfigurationError
from mi_bridge.simulator import SimulatorConfig, running_simulator, serve

WORKER = "990101198001016571"
_PROGRAM = """
from mi_bridge.simulator import SimulatorConfig, serve
serve(SimulatorConfig(faults=({"fault": "silence_before"},)), "127.0.0.1", 0, ready=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


async def test_an_outpatient_visit_from_sign_in_to_cancel(start: Any, write_fee: Any) -> None:
    hospital = await start(require_sign_in=True)

    async def ok(infno: str, content: Any, number: str = "") -> Any:
        answer = (await hospital.post(infno, content, sign_no=number)).json()
        assert answer["infcode"] == 0, answer
        return answer["output"]

    signed = await ok("9001", {"signIn": {"opter_no": "1", "mac": "m", "ip": "i"}})
    number = signed["signinoutb"]["sign_no"]
    person = (await ok("1101", {"data": {"psn_no": WORKER}}, number))["baseinfo"]
    visit = {
        "psn_no": person["psn_no"],
        "insutype": "310",
        "begntime": "2026-03-02 08:00:00",
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": person["certno"],
        "ipt_otp_no": "MZ0001",
    }
    key = {"psn_no": WORKER, "mdtrt_id": (await ok("2201", {"data": visit}, number))["data"]["mdtrt_id"]}
    await ok("2204", {"feedetail": [write_fee(key["mdtrt_id"], 1, "88.80")]}, number)
    bill = {**key, "chrg_bchno": "B1", "medfee_sumamt": 88.8, "insutype": "310", "med_type": "11"}
    trial = await ok("2206", {"data": bill}, number)
    settled = await ok("2207", {"data": bill}, number)
    key["setl_id"] = settled["setlinfo"]["setl_id"]
    found = await ok("5203", {"data": key}, number)
    refund = await ok("2208", {"data": key}, number)

    assert trial["setldetail"] == settled["setldetail"]
    assert found["setlinfo"]["medins_setl_id"] == settled["setlinfo"]["medins_setl_id"]
    assert refund["setlinfo"]["medfee_sumamt"] == -88.8
    assert [one["state"] for one in await hospital.effects("2207")] == ["cancelled"]


async def test_many_at_once_get_numbers_of_their_own(start: Any) -> None:
    hospital = await start()

    answers = await asyncio.gather(*(hospital.register() for _ in range(100)))

    assert len({answer.json()["output"]["data"]["mdtrt_id"] for answer in answers}) == 100
    assert len({answer.json()["inf_refmsgid"] for answer in answers}) == 100


async def test_a_large_message_is_answered(start: Any) -> None:
    hospital = await start()

    answer = await hospital.post("1101", {"data": {"psn_no": WORKER, "memo": "长" * 2_000_000}})

    assert answer.json()["infcode"] == 0


async def test_it_stops_with_a_client_waiting_in_silence_and_work_undone(eventually: Any) -> None:
    rules = [
        {"fault": "silence_before", "infno": "1101"},
        {"fault": "act_late", "seconds": 3600, "infno": "1201"},
    ]
    config = SimulatorConfig.model_validate({"faults": rules})
    async with running_simulator(config) as running, _client(running.base_url) as client:

        async def both_there() -> bool:
            return running.simulator.ledger.received == 2

        bodies = [f'{{"infno":"{infno}"}}' for infno in (1101, 1201)]
        waiting = [asyncio.create_task(client.post("/", content=body)) for body in bodies]
        await eventually(both_there)
    ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert all(isinstance(end, httpx.TransportError) for end in ends), ends
    assert [one.executions for one in running.simulator.ledger.messages] == [0, 0]


def _client(base_url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base_url, trust_env=False)


def test_a_process_stops_on_a_signal(stop_signal: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, text=True, env=_environment()
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    health = httpx.get(f"{url}/_simulator/health", trust_env=False).json()

    process.send_signal(stop_signal)

    assert process.stdout.readline().strip() == "stopped"
    assert process.wait(20) == 0
    process.stdout.close()
    assert health["status"] == "ok"


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT])
def stop_signal(request: pytest.FixtureRequest) -> signal.Signals:
    return signal.Signals(request.param)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_a_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="atlantis"):
        serve(SimulatorConfig(profile="atlantis"), "127.0.0.1", 0, ready=print)
