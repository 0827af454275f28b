"""Every way from doubt to certainty, against the simulator: what the resolver writes is what its ledger says."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Sequence

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

import visits
from mi_bridge.bridge.resolver import Resolver
from mi_bridge.domain.resolution import Resolution
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, UncertainRequest
from mi_bridge.errors import StoreUnavailable, UnknownInterface
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.simulator import SimulatorConfig, running_simulator
from mi_bridge.simulator.faults import Fault, FaultRule
from mi_bridge.simulator.ledger import State
from mi_bridge.store.memory import MemoryStore
from mi_bridge.traffic.route import Message
from mi_bridge.traffic.undoing import Undoing
from resolver_site import ORG, PSN, QUIET_S, Site
from shut_insurer import ShutInsurer


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with running_simulator(SimulatorConfig()) as running:
        profile = load_profile("demo").model_copy(update={"call_timeout_s": 5.0})
        client = InsurerClient(
            profile=profile,
            credentials=Credentials("demo", SecretStr("demo-secret")),
            base_url=running.base_url,
            org_code=ORG,
            org_names={ORG: "仿真市人民医院"},
        )
        place = Site(client, running.simulator)
        yield place
        await place.resolver.stop(1)
        await client.aclose()


async def test_what_took_effect_is_taken_back(site: Site) -> None:
    number = await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    assert site.states(number) == [State.APPLIED]
    assert await site.turn() == 1
    assert site.status(number) is Status.REVERSED
    assert site.states(number) == [State.REVERSED]
    assert site.kinds(number) == [("original", "UNKNOWN"), ("reversal", "OK")]
    assert await site.turn() == 0


async def test_an_absent_original_is_believed_only_after_the_quiet_period(site: Site) -> None:
    number = await site.lose("2207", await site.bill(), Fault.RESET_BEFORE)
    await site.turn()
    assert site.status(number) is Status.REVERSING
    assert await site.turn() == 0, "not before the quiet period is over"
    site.late_s += QUIET_S + 2
    await site.turn()
    assert site.status(number) is Status.REVERSED
    assert site.states(number) == []
    assert site.kinds(number)[1:] == [("reversal", "REFUSED")] * 2


async def test_a_lost_reversal_is_tried_again_with_a_number_of_its_own(site: Site) -> None:
    number = await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    site.order(Fault.RESET_AFTER, "2601")
    await site.turn()
    assert site.status(number) is Status.REVERSING
    assert site.states(number) == [State.REVERSED], "the platform did it; nobody knows"
    await site.turn()
    assert site.status(number) is Status.REVERSED
    assert site.kinds(number)[1:] == [("reversal", "UNKNOWN"), ("reversal", "REFUSED")]
    assert len({entry.msgid for entry in site.memory.attempts(number)}) == 3
    assert site.memory.row(number).resolve_tries == 2


@pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.HSAF_ERROR, Fault.ZERO_WITH_ERROR])
async def test_six_reversals_without_an_answer_go_to_a_person(site: Site, fault: Fault) -> None:
    number = await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    site.order(fault, "2601", times=6)
    for turn in range(6):
        assert site.status(number) is (Status.REVERSING if turn else Status.UNCERTAIN)
        assert await site.turn() == 1
    row = site.memory.row(number)
    assert (row.status, row.resolve_tries, row.error_code) == (Status.MANUAL, 6, -1009)
    assert "冲正 6 次仍无定论" in (row.error_message or "")
    assert await site.turn() == 0


@pytest.mark.parametrize("fault", [Fault.UNAUTHORISED, Fault.BUSY])
async def test_what_was_proved_not_executed_costs_no_try(site: Site, fault: Fault) -> None:
    number = await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    site.order(fault, "2601", times=8)
    for _ in range(8):
        await site.turn()
    row = site.memory.row(number)
    assert (row.status, row.resolve_tries) == (Status.REVERSING, 0)
    await site.turn()
    assert site.status(number) is Status.REVERSED


async def test_what_never_left_costs_no_try(site: Site) -> None:
    number = await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    shut = site.resolver_on(site.memory.connect(), Undoing(ShutInsurer(), load_profile("demo"), org_code=ORG))
    for _ in range(8):
        await site.turn(shut)
    row = site.memory.row(number)
    assert (row.status, row.resolve_tries) == (Status.REVERSING, 0)
    assert site.kinds(number)[1:] == [("reversal", "NOT_SENT")] * 8
    await shut.stop(1)


async def test_a_reversal_that_waits_for_a_device_is_made_beside_the_loop(site: Site) -> None:
    threads: list[str] = []

    class Device(ShutInsurer):
        blocking = True

        def prepare(self, call: Call) -> PreparedCall:
            threads.append(threading.current_thread().name)
            return super().prepare(call)

    number = await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    slow = site.resolver_on(site.memory.connect(), Undoing(Device(), load_profile("demo"), org_code=ORG))
    await site.turn(slow)
    assert site.kinds(number)[1:] == [("reversal", "NOT_SENT")]
    assert threads
    assert threading.main_thread().name not in threads
    await slow.stop(1)


async def test_a_settlement_the_hospital_cancelled_itself_is_not_left_standing(site: Site) -> None:
    number = await site.lose("2207", bill := await site.bill(), Fault.RESET_AFTER)
    (effect,) = site.simulator.ledger.caused_by(ORG, site.memory.attempts(number)[0].msgid)
    await site.say("2208", visits.refund(PSN, bill["mdtrt_id"], effect.setl_id))
    await site.turn()
    assert site.status(number) is Status.REVERSED
    assert site.states(number) == [State.CANCELLED]
    assert site.kinds(number)[1:] == [("reversal", "REFUSED")]


async def test_what_nothing_can_undo_goes_to_a_person_at_once_and_nothing_is_sent(site: Site) -> None:
    bill = await site.bill()
    settled = (await site.say("2207", bill))["setlinfo"]
    refund = visits.refund(PSN, bill["mdtrt_id"], settled["setl_id"])
    number = await site.lose("2208", refund, Fault.RESET_AFTER)
    received = site.simulator.ledger.received
    await site.turn()
    assert site.status(number) is Status.MANUAL
    assert site.kinds(number) == [("original", "UNKNOWN")]
    assert site.simulator.ledger.received == received


async def test_an_inquiry_finds_a_lost_registration(site: Site) -> None:
    number = await site.lose("2201", visits.registration(PSN, "T7"), Fault.RESET_AFTER)
    await site.turn()
    result = site.memory.result(number)
    assert (result.status, result.result_status) == ("COMPLETED", "SUCCESS")
    (effect,) = site.simulator.ledger.caused_by(ORG, site.memory.attempts(number)[0].msgid)
    found = json.loads(result.response_data or "")["output"]["mdtrtinfo"]
    assert [row["mdtrt_id"] for row in found] == [effect.mdtrt_id]
    assert site.kinds(number)[1:] == [("inquiry", "OK")]


async def test_an_inquiry_finds_a_lost_admission_that_began_days_ago(site: Site) -> None:
    number = await site.lose("2401", visits.admission(PSN, "Z7"), Fault.RESET_AFTER)
    await site.turn()
    assert site.status(number) is Status.COMPLETED
    assert site.states(number) == [State.APPLIED]
    assert site.kinds(number)[1:] == [("inquiry", "OK")]


async def test_an_admission_no_inquiry_finds_is_reversed(site: Site) -> None:
    number = await site.lose("2401", visits.admission(PSN, "Z7"), Fault.RESET_BEFORE)
    await site.turn()
    assert site.kinds(number)[1:] == [("inquiry", "OK"), ("reversal", "REFUSED")]
    assert site.status(number) is Status.REVERSING
    site.late_s += QUIET_S + 2
    await site.turn()
    assert site.status(number) is Status.REVERSED
    assert site.kinds(number)[3:] == [("reversal", "REFUSED")], "no inquiry once a reversal has begun"


async def test_a_registration_no_inquiry_finds_waits_for_the_quiet_period_and_then_for_a_person(
    site: Site,
) -> None:
    number = await site.lose("2201", visits.registration(PSN, "T7"), Fault.RESET_BEFORE)
    await site.turn()
    assert site.status(number) is Status.UNCERTAIN
    assert await site.turn() == 0
    site.late_s += QUIET_S + 2
    await site.turn()
    assert site.status(number) is Status.MANUAL
    assert "查询没有找到该交易" in (site.memory.row(number).error_message or "")


async def test_two_registrations_of_one_number_decide_nothing(site: Site) -> None:
    await site.say("2201", visits.registration(PSN, "T7"))
    number = await site.lose("2201", visits.registration(PSN, "T7"), Fault.RESET_AFTER)
    await site.turn()
    assert site.status(number) is Status.UNCERTAIN


async def test_an_inquiry_nobody_heard_is_asked_again_and_nothing_is_reversed(site: Site) -> None:
    number = await site.lose("2401", visits.admission(PSN, "Z7"), Fault.RESET_AFTER)
    site.order(Fault.UNAUTHORISED, "5303", times=1)
    await site.turn()
    assert site.status(number) is Status.UNCERTAIN
    site.late_s += 11
    await site.turn()
    assert site.status(number) is Status.COMPLETED


async def test_without_a_patient_a_person_is_asked(site: Site) -> None:
    number = await site.lose("2207", {"mdtrt_id": "V1"}, Fault.RESET_BEFORE)
    await site.turn()
    assert site.status(number) is Status.MANUAL
    assert "没有人员编号" in (site.memory.row(number).error_message or "")


class Refusing(Undoing):
    """Cannot make inquiries, as where the site has switched them off; or nothing at all."""

    everything = False

    def inquiry(self, request: UncertainRequest) -> Message | None:
        raise UnknownInterface("接口 5303 已停用")

    def reversal(self, request: UncertainRequest) -> Message | None:
        if self.everything:
            raise UnknownInterface("接口 2601 已停用")
        return super().reversal(request)


@pytest.mark.parametrize(("everything", "status"), [(False, Status.REVERSED), (True, Status.MANUAL)])
async def test_what_cannot_be_asked_is_undone_and_what_cannot_be_undone_is_for_people(
    site: Site, everything: bool, status: Status
) -> None:
    number = await site.lose("2401", visits.admission(PSN, "Z7"), Fault.RESET_AFTER)
    refusing = Refusing(site.client, site.client.profile, org_code=ORG)
    refusing.everything = everything
    resolver = site.resolver_on(site.memory.connect(), refusing)
    await site.turn(resolver)
    await resolver.stop(1)
    assert site.status(number) is status
    assert everything == ("2601 已停用" in (site.memory.row(number).error_message or ""))


class Deaf(MemoryStore):
    """Loses the database before a step's intent; or another resolver has taken the request."""

    lost = True

    def begin_step(self, node_id: str, intents: Sequence[StepIntent]) -> set[int]:
        if self.lost:
            raise StoreUnavailable("gone")
        return set()


@pytest.mark.parametrize("code", ["2207", "2401"])
@pytest.mark.parametrize("lost", [True, False])
async def test_without_its_intent_on_disk_no_step_is_sent(site: Site, lost: bool, code: str) -> None:
    content = await site.bill() if code == "2207" else visits.admission(PSN, "Z7")
    number = await site.lose(code, content, Fault.RESET_AFTER)
    received = site.simulator.ledger.received
    store = Deaf(site.memory)
    store.lost = lost
    resolver = site.resolver_on(store)
    with capture_logs() as lines:
        await site.turn(resolver)
    await resolver.stop(1)
    assert site.status(number) is Status.UNCERTAIN
    assert site.simulator.ledger.received == received
    assert ["resolution left to its lease" in line["event"] for line in lines] == [True] * lost


class Poisoned(Undoing):
    def reversal(self, request: UncertainRequest) -> Message | None:
        if "poison" in request.input_data:
            raise ZeroDivisionError("a defect of ours")
        return super().reversal(request)


async def test_a_defect_in_one_request_stops_none_of_the_others(site: Site) -> None:
    bill = await site.bill()
    bad = await site.lose("2207", {"psn_no": "poison"}, Fault.RESET_BEFORE)
    good = await site.lose("2207", bill, Fault.RESET_AFTER)
    resolver = site.resolver_on(
        site.memory.connect(), Poisoned(site.client, site.client.profile, org_code=ORG)
    )
    with capture_logs() as lines:
        assert await site.turn(resolver) == 2
    await resolver.stop(1)
    assert (site.status(bad), site.status(good)) == (Status.UNCERTAIN, Status.REVERSED)
    left = [line["request_id"] for line in lines if line["event"] == "resolution left to its lease"]
    assert left == [bad]


async def test_a_stop_waits_for_its_steps_and_cuts_what_takes_too_long(site: Site) -> None:
    number = await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    slow = site.resolver_on(site.memory.connect(attend="resolver"))
    site.simulator.faults.add((FaultRule(fault=Fault.LATENCY, infno=("2601",), ms=100.0, times=1),))
    await slow.turn()
    await slow.stop(5)
    assert site.status(number) is Status.REVERSED
    assert site.memory.tables.attending == {"resolver": 0}
    number = await site.lose("2401", visits.admission(PSN, "Z7"), Fault.RESET_AFTER)
    site.order(Fault.SILENCE_BEFORE, "5303")
    cut = site.resolver_on(site.memory.connect())
    await cut.turn()
    await cut.stop(0.05)
    assert site.status(number) is Status.UNCERTAIN
    assert site.kinds(number)[1:] == [("inquiry", "")]


async def test_a_step_is_not_sent_after_its_lease(site: Site) -> None:
    insurer = ShutInsurer()
    undoing = Undoing(insurer, load_profile("demo"), org_code=ORG)
    await site.lose("2207", await site.bill(), Fault.RESET_AFTER)
    resolver = Resolver(
        site.memory.connect(), "resolver", undoing, Resolution(), lease_s=60, clock=lambda: 1000.0
    )
    await site.turn(resolver)
    await resolver.stop(1)
    assert insurer.deadlines == [1060.0]
