"""The SDK at the simulator's door: what it makes of a platform in order, and of each fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.client import AsyncMedicalInsuranceClient
from mi_bridge.insurer.profile import Checks, load_profile
from mi_bridge.simulator import Fault, FaultRule, SimulatorConfig, running_simulator

WORKER = "990101198001016571"
_OUTCOMES = {
    Fault.LATENCY: Outcome.OK,
    Fault.RESET_BEFORE: Outcome.UNKNOWN,
    Fault.RESET_AFTER: Outcome.UNKNOWN,
    Fault.HALF_ANSWER: Outcome.UNKNOWN,
    Fault.ERROR_BEFORE: Outcome.UNKNOWN,
    Fault.ERROR_AFTER: Outcome.UNKNOWN,
    Fault.UNAUTHORISED: Outcome.GATEWAY_REFUSED,
    Fault.BUSY: Outcome.BUSY,
    Fault.DUPLICATE: Outcome.OK,
    Fault.TRAILING_COMMA: Outcome.UNKNOWN,
    Fault.ZERO_WITH_ERROR: Outcome.SUSPICIOUS,
    Fault.SUCCESS_TEXT: Outcome.OK,
    Fault.NO_OUTPUT: Outcome.SUSPICIOUS,
    Fault.TEXT_INFCODE: Outcome.OK,
    Fault.GBK: Outcome.OK,
    Fault.EMPTY_BODY: Outcome.UNKNOWN,
    Fault.HTML_BODY: Outcome.UNKNOWN,
    Fault.HSAF_ERROR: Outcome.UNKNOWN,
}


@pytest.fixture(params=["demo", "hunan"])
async def bridge(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, AsyncMedicalInsuranceClient]]:
    """A simulator of each shipped profile, and the SDK talking to it."""
    # faulty messages must reach the simulator: what it does with them is the matter here
    profile = load_profile(request.param).model_copy(update={"checks": Checks(mode="off")})
    async with (
        running_simulator(SimulatorConfig(profile=request.param)) as running,
        AsyncMedicalInsuranceClient(
            app_id="demo",
            app_secret="demo-secret",
            org_code="H99010100001",
            org_name="仿真市人民医院",
            base_url=running.base_url,
            profile=profile,
        ) as client,
    ):
        yield running.simulator, client


async def test_the_sdk_and_the_platform_understand_each_other(bridge: Any) -> None:
    simulator, client = bridge

    person = await client.call("1101", {"psn_no": WORKER})
    refused = await client.call("2208", {"psn_no": WORKER, "mdtrt_id": "1", "setl_id": "1"})

    assert (person.outcome, person.output["baseinfo"]["psn_no"]) == (Outcome.OK, WORKER)
    assert person.inf_refmsgid.startswith(("990000", "430000"))
    assert (refused.outcome, refused.err_msg) == (
        Outcome.REFUSED,
        "FSI-就诊信息不存在：1[outpatientRegistrationBO]",
    )
    assert [one.executions for one in simulator.ledger.messages] == [1, 1]


async def test_each_fault_has_its_outcome(bridge: Any) -> None:
    simulator, client = bridge
    met = {}
    for fault in _OUTCOMES:
        simulator.faults.replace((FaultRule.parse(f"{fault},times=1"),))
        met[fault] = (await client.call("1101", {"psn_no": WORKER})).outcome

    assert met == _OUTCOMES


def test_a_simulator_begins_again_with_the_faults_it_was_made_with(open_window: Any) -> None:
    window = open_window(faults=[{"fault": "busy"}])
    window.register()
    window.simulator.faults.replace(())

    window.simulator.reset()

    assert [one["fault"] for one in window.simulator.faults.view()] == ["busy"]
    assert window.ledger.effects == []
    assert not window.simulator.slams()
