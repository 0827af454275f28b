"""The messages of a resolution, and what their answers prove."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.resolution import Proof
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import UncertainRequest
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.profile import load_profile
from mi_bridge.traffic.undoing import Undoing
from shut_insurer import ShutInsurer

ORG, OTHER = "H99010100001", "H99010100002"
SETTLEMENT = '{"data": {"psn_no": "P1", "mdtrt_id": "V1"}}'
REGISTRATION = '{"data": {"psn_no": "P1", "ipt_otp_no": "O1"}}'


def lost(input_data: str = SETTLEMENT, code: str = "2207", **fields: Any) -> UncertainRequest:
    values: dict[str, Any] = {"msgid_number": 1_792_000_000 * 10_000 + 42} | fields
    return UncertainRequest(
        request_id=7,
        resolve_epoch=1,
        interface_code=code,
        input_data=input_data,
        money_class=MoneyClass.MONEY,
        status=Status.UNCERTAIN,
        original_msgid="H990101000012026030109000000001",
        original_time=datetime(2026, 3, 1, 1, 0, tzinfo=UTC),
        **values,
    )


def undoing(answer: Answer | None = None) -> tuple[Undoing, ShutInsurer]:
    insurer = ShutInsurer(answer)
    return Undoing(insurer, load_profile("demo"), org_code=ORG), insurer


def test_a_reversal_names_the_original_and_has_a_number_of_its_own() -> None:
    way, insurer = undoing()
    message = way.reversal(lost())
    assert message is not None
    (call,) = insurer.calls
    assert call.infno == "2601"
    assert call.input == {
        "data": {"psn_no": "P1", "omsgid": "H990101000012026030109000000001", "oinfno": "2207"}
    }
    assert message.msgid == call.msgid == ORG + "20261015014640" + "0043"
    assert message.body_hash == "a" * 64


def test_the_sites_layout_of_numbers_counts_for_both_messages() -> None:
    insurer = ShutInsurer(None)
    way = Undoing(insurer, load_profile("guangzhou"), org_code=ORG)
    case = lost(REGISTRATION, "2201", msgid_number=1_792_000_000 * 10_000)
    inquiry, reversal = way.inquiry(case), way.reversal(case)

    assert inquiry is not None
    assert reversal is not None
    assert [inquiry.msgid, reversal.msgid] == [ORG + "20261015014640", ORG + "20261015014641"]


async def test_the_operator_is_signed_in_before_a_message_is_made() -> None:
    asked: list[tuple[str, Sender]] = []

    async def ready(infno: str, sender: Sender) -> None:
        asked.append((infno, sender))

    way = Undoing(ShutInsurer(None), load_profile("demo"), org_code=ORG, get_ready=ready)
    await way.ready(lost(opter="007", opter_name="李四", opter_type="2"))
    await undoing()[0].ready(lost())

    assert asked == [("2601", Sender(ORG, "007", "李四", "2"))]


async def test_an_unsigned_reversal_proves_nothing_and_was_not_executed() -> None:
    way, _ = undoing(Answer(Outcome.NOT_SIGNED_IN, infcode="-1", err_msg="请先签到"))
    message = way.reversal(lost())
    assert message is not None
    attempt, proof = await way.reverse(message, not_after=0)
    assert (attempt.outcome.proves_not_executed, proof) == (True, Proof.NOTHING)


def test_the_operator_and_organisation_of_the_request_speak() -> None:
    way, insurer = undoing()
    way.reversal(
        lost(org_code=OTHER, opter="007", opter_name="李四", opter_type="2", insuplc_admdvs="430100")
    )
    (call,) = insurer.calls
    assert call.msgid.startswith(OTHER)
    assert (call.org_code, call.opter, call.opter_name, call.opter_type, call.insuplc_admdvs) == (
        OTHER, "007", "李四", "2", "430100")  # fmt: skip


@pytest.mark.parametrize("text", ['{"mdtrt_id": "V1"}', "{}", "[1]", "not json", '{"psn_no": ""}'])
def test_without_a_patient_there_is_no_reversal(text: str) -> None:
    way, insurer = undoing()
    assert way.reversal(lost(text)) is None
    assert insurer.calls == []


def test_numbers_beyond_every_machines_range_hinder_nothing() -> None:
    way, insurer = undoing()
    assert (
        way.reversal(lost('{"psn_no": "P1", "fee": 1e999, "n": 123456789012345678901234567890}')) is not None
    )
    assert json.loads(json.dumps(insurer.calls[0].input))["data"]["psn_no"] == "P1"


def test_an_inquiry_comes_before_the_reversal_in_numbers_too() -> None:
    way, insurer = undoing()
    message = way.inquiry(lost(REGISTRATION, "2201"))
    assert message is not None
    assert message.msgid.endswith("0042")
    assert insurer.calls[0].infno == "5201"
    assert isinstance(insurer.calls[0].input, dict)
    assert insurer.calls[0].input["data"]["begntime"] == "2026-02-28 09:00:00"


@pytest.mark.parametrize(
    ("text", "code"), [(SETTLEMENT, "2207"), ('{"psn_no": "P1"}', "2201"), ("[]", "2201")]
)
def test_what_no_inquiry_can_decide_is_not_asked(text: str, code: str) -> None:
    way, insurer = undoing()
    assert way.inquiry(lost(text, code)) is None
    assert insurer.calls == []


@pytest.mark.parametrize(
    ("answer", "proof"),
    [
        (Answer(Outcome.OK, infcode="0"), Proof.UNDONE),
        (Answer(Outcome.REFUSED, infcode="-1", err_msg="退费结算标志不为未退费"), Proof.UNDONE),
        (Answer(Outcome.REFUSED, infcode="-1", err_msg="未查询到原交易信息"), Proof.NO_ORIGINAL),
        (Answer(Outcome.REFUSED, infcode="-1", err_msg="查询到原交易"), Proof.OTHER),
        (Answer(Outcome.UNKNOWN, fault="total_timeout"), Proof.NOTHING),
        (Answer(Outcome.NOT_SENT, fault="connect_refused"), Proof.NOTHING),
        (Answer(Outcome.SUSPICIOUS, infcode="0", err_msg="?"), Proof.NOTHING),
    ],
)
async def test_what_a_reversals_answer_proves(answer: Answer, proof: Proof) -> None:
    way, insurer = undoing(answer)
    message = way.reversal(lost())
    assert message is not None
    attempt, proved = await way.reverse(message, not_after=17.5)
    assert (proved, attempt.outcome, attempt.msgid) == (proof, answer.outcome, message.msgid)
    assert (attempt.err_msg, attempt.fault) == (answer.err_msg, answer.fault)
    assert insurer.deadlines == [17.5]


MINE = {"psn_no": "P1", "ipt_otp_no": "O1"}


@pytest.mark.parametrize(
    ("answer", "proof"),
    [
        (Answer(Outcome.OK, infcode="0", output={"mdtrtinfo": [MINE]}), Proof.EFFECT),
        (Answer(Outcome.OK, infcode="0", output={"mdtrtinfo": []}), Proof.NO_EFFECT_SEEN),
        (Answer(Outcome.OK, infcode="0", output={"mdtrtinfo": [MINE, MINE]}), Proof.NO_EFFECT_SEEN),
        (Answer(Outcome.REFUSED, infcode="-1", output={"mdtrtinfo": [MINE]}), Proof.NOTHING),
        (Answer(Outcome.SUSPICIOUS, infcode="0", output={"mdtrtinfo": [MINE]}), Proof.NOTHING),
        (Answer(Outcome.UNKNOWN, fault="read_error"), Proof.NOTHING),
        (Answer(Outcome.NOT_SENT, fault="connect_refused"), Proof.NOTHING),
    ],
)
async def test_what_an_inquirys_answer_proves(answer: Answer, proof: Proof) -> None:
    way, insurer = undoing(answer)
    request = lost(REGISTRATION, "2201")
    message = way.inquiry(request)
    assert message is not None
    attempt, proved = await way.inquire(request, message, not_after=17.5)
    assert (proved, attempt.outcome) == (proof, answer.outcome)
    assert insurer.deadlines == [17.5]
