from __future__ import annotations

from decimal import Decimal

import pytest

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import ClaimedRequest, Lease
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.msgid_layout import MsgidLayout
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.route import Route
from sign_in_site import SignInSite

ORG = "H99010100001"
OTHER = "H99010100002"


class RecordingInsurer:
    blocking = False

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls: list[Call] = []
        self.deadlines: list[float | None] = []

    def prepare(self, call: Call) -> PreparedCall:
        self.calls.append(call)
        return PreparedCall(
            infno=call.infno,
            msgid=call.msgid,
            url="http://127.0.0.1/",
            headers=(),
            body=b"{}",
            body_sha256="a" * 64,
            transaction=Catalogue.load().get(call.infno),
        )

    def divide(self, call: Call) -> tuple[Part, ...]:
        return ()

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        self.deadlines.append(not_after)
        return self.answer


def claimed(**fields: object) -> ClaimedRequest:
    values: dict[str, object] = {"msgid_number": 1_792_000_000 * 10_000 + 42} | fields
    return ClaimedRequest(Lease(5, 1), "1101", '{"psn_no":"1"}', MoneyClass.QUERY, **values)  # type: ignore[arg-type]


def route(answer: Answer, breaker: Breaker | None = None) -> tuple[Route, RecordingInsurer]:
    insurer = RecordingInsurer(answer)
    return Route(insurer, org_code=ORG, breaker=breaker or Breaker()), insurer


def test_the_message_number_is_the_databases_number_in_the_platforms_form() -> None:
    way, insurer = route(Answer(Outcome.OK))
    message = way.prepare(claimed())
    assert message.msgid == insurer.calls[0].msgid == ORG + "20261015014640" + "0042"
    assert message.body_hash == "a" * 64


def test_a_number_of_another_layout_is_never_written() -> None:
    insurer = RecordingInsurer(Answer(Outcome.OK))
    way = Route(insurer, org_code=ORG, breaker=Breaker(), layout=MsgidLayout.SECOND)

    assert way.prepare(claimed(msgid_number=1_792_000_000 * 10_000)).msgid == ORG + "20261015014640"
    with pytest.raises(ValueError, match="layout second"):
        way.prepare(claimed())


def test_a_request_of_another_organisation_carries_its_code() -> None:
    way, insurer = route(Answer(Outcome.OK))
    assert way.prepare(claimed(org_code=OTHER)).msgid.startswith(OTHER)
    assert insurer.calls[0].org_code == OTHER


def test_what_his_said_of_the_operator_goes_along() -> None:
    way, insurer = route(Answer(Outcome.OK))
    way.prepare(claimed(opter="007", opter_name="李四", opter_type="2", insuplc_admdvs="430100"))
    call = insurer.calls[0]
    assert (call.opter, call.opter_name, call.opter_type, call.insuplc_admdvs) == (
        "007",
        "李四",
        "2",
        "430100",
    )


def test_a_number_for_no_organisation_is_refused() -> None:
    insurer = RecordingInsurer(Answer(Outcome.OK))
    with pytest.raises(MalformedInput, match="fixmedins_code"):
        Route(insurer, org_code="", breaker=Breaker()).prepare(claimed())


async def test_the_answer_becomes_evidence() -> None:
    answer = Answer(
        Outcome.REFUSED,
        infcode="-1",
        err_msg="不行",
        inf_refmsgid="r1",
        serial_no="77",
        output={"n": Decimal("1.00")},
        text='{"infcode":-1}',
        http_status=200,
        duration_ms=12,
    )
    way, insurer = route(answer)
    attempt = await way.send(way.prepare(claimed()), not_after=17.5)
    assert insurer.deadlines == [17.5]
    assert (attempt.outcome, attempt.infcode, attempt.err_msg, attempt.inf_refmsgid, attempt.serial_no) == (
        Outcome.REFUSED,
        "-1",
        "不行",
        "r1",
        "77",
    )
    assert (attempt.response_data, attempt.http_status, attempt.duration_ms) == ('{"infcode":-1}', 200, 12)


async def test_no_answer_leaves_no_text_and_teaches_the_breaker() -> None:
    breaker = Breaker(failures=1)
    way, _ = route(Answer(Outcome.NOT_SENT, fault="connect_refused"), breaker)
    attempt = await way.send(way.prepare(claimed()), not_after=1.0)
    assert (attempt.response_data, attempt.fault) == (None, "connect_refused")
    assert breaker.is_open


@pytest.mark.parametrize("fault", ["pool_timeout", "deadline_passed", "request_invalid"])
async def test_our_own_limits_do_not_teach_the_breaker_that_the_door_is_shut(fault: str) -> None:
    breaker = Breaker(failures=1)
    way, _ = route(Answer(Outcome.NOT_SENT, fault=fault), breaker)
    await way.send(way.prepare(claimed()), not_after=1.0)
    assert not breaker.is_open


async def test_a_request_waits_for_its_sign_in_and_a_resend_asks_anew() -> None:
    site = SignInSite()
    sign_ins = site.node()
    way = Route(RecordingInsurer(Answer(Outcome.OK)), org_code=ORG, breaker=Breaker(), sign_ins=sign_ins)
    first = way.sign_in(claimed(opter="0001"))
    assert first is not None
    await first
    assert way.sign_in(claimed(opter="0001")) is None
    assert way._call(claimed(opter="0001")).sign_no == "number-1"
    assert way._call(claimed(opter="0002")).sign_no == ""
    other = way.sign_in(claimed(opter="0002"))
    assert other is not None
    await other
    site.stores[0].calls.clear()
    again = way.sign_in(claimed(opter="0001", tries=1))
    assert again is not None
    await again
    assert site.stores[0].calls == ["take"]
    await sign_ins.stop(1)


def test_where_nobody_signs_in_nothing_is_waited_for() -> None:
    way, _ = route(Answer(Outcome.OK))
    assert way.sign_in(claimed()) is None
