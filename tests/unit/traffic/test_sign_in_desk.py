"""9001 and 9002 on their way, and what came of them."""

from __future__ import annotations

import time

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall, Sender
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.profile import load_profile
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.sign_in_desk import Signed, SignInDesk

WHO = Sender("H99010100001", "0001", "王医生", "2")
NUMBER = 1_792_000_000 * 10_000 + 42
OK = Answer(Outcome.OK, infcode="0", output={"signinoutb": {"sign_no": "680003"}})


class FakeInsurer:
    def __init__(
        self, answer: Answer, *, refusal: MalformedInput | None = None, blocking: bool = False
    ) -> None:
        self.answer = answer
        self.refusal = refusal
        self.blocking = blocking
        self.calls: list[Call] = []
        self.limits: list[tuple[float | None, float | None]] = []

    def prepare(self, call: Call) -> PreparedCall:
        self.calls.append(call)
        if self.refusal:
            raise self.refusal
        return PreparedCall(
            call.infno, call.msgid, "http://127.0.0.1/", (), b"{}", "a" * 64, Catalogue.load().get(call.infno)
        )

    def divide(self, call: Call) -> tuple[Part, ...]:
        return ()

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        self.limits.append((timeout_s, not_after))
        return self.answer


def desk(answer: Answer = OK, **options: object) -> tuple[SignInDesk, FakeInsurer, Breaker]:
    insurer, breaker = FakeInsurer(answer, **options), Breaker(failures=1)  # type: ignore[arg-type]
    made = SignInDesk(insurer, load_profile("demo"), breaker=breaker, clock=lambda: 1642730400.0)
    return made, insurer, breaker


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_sign_in_is_sent_once_with_the_databases_number(blocking: bool) -> None:
    made, insurer, _ = desk(blocking=blocking)
    until = time.monotonic() + 5
    assert await made.sign_in(WHO, NUMBER, not_after=until) == Signed("680003")
    (call,) = insurer.calls
    assert (call.infno, call.msgid) == ("9001", "H99010100001" + "20261015014640" + "0042")
    assert (call.opter, call.opter_name, call.opter_type, call.sign_no) == ("0001", "王医生", "2", "")
    assert call.input == {"opter_no": "0001", "mac": "00-00-00-00-00-00", "ip": "127.0.0.1"}
    assert insurer.limits == [(10.0, until)]


@pytest.mark.parametrize(
    ("answer", "said", "alarming"),
    [
        (Answer(Outcome.REFUSED, infcode="-1", err_msg="操作员不存在"), "操作员不存在", True),
        (Answer(Outcome.OK, infcode="0", output={"signinoutb": {}}), "没有可用的签到编号", True),
        (Answer(Outcome.OK, infcode="0", output={"sign_no": "1" * 31}), "没有可用的签到编号", True),
        (Answer(Outcome.SUSPICIOUS, infcode="0", output=None), "没有可用的签到编号", True),
        (Answer(Outcome.UNKNOWN, fault="read_timeout"), "没有得到有效应答（UNKNOWN）", True),
        (Answer(Outcome.BUSY, infcode="-1"), "没有得到有效应答（BUSY）", True),
        (Answer(Outcome.GATEWAY_REFUSED), "没有得到有效应答（GATEWAY_REFUSED）", True),
        (Answer(Outcome.NOT_SENT, fault="connect_refused"), "未能连接医保平台", False),
    ],
)
async def test_what_is_no_sign_in_says_why(answer: Answer, said: str, alarming: bool) -> None:
    made, _, _ = desk(answer)
    signed = await made.sign_in(WHO, NUMBER, not_after=0)
    assert (signed.sign_no, signed.alarming) == ("", alarming)
    assert said in signed.fault
    assert 0 < signed.retry_s <= 10


async def test_a_number_beside_a_strange_text_is_a_number() -> None:
    strange = Answer(Outcome.SUSPICIOUS, infcode="0", err_msg="signed", output={"result": {"sign_no": "7"}})
    made, _, _ = desk(strange)
    assert (await made.sign_in(WHO, NUMBER, not_after=0)).sign_no == "7"


async def test_a_message_that_cannot_be_made_is_a_failure_people_hear_of() -> None:
    made, insurer, _ = desk(refusal=MalformedInput("opter（经办人）有 31 个字符"))
    signed = await made.sign_in(WHO, NUMBER, not_after=0)
    assert "opter（经办人）有 31 个字符" in signed.fault
    assert signed.alarming
    assert insurer.limits == []


@pytest.mark.parametrize(
    ("answer", "opens"),
    [
        (Answer(Outcome.NOT_SENT, fault="connect_refused"), True),
        (Answer(Outcome.NOT_SENT, fault="deadline_passed"), False),
        (OK, False),
    ],
)
async def test_the_breaker_learns_from_a_shut_door_alone(answer: Answer, opens: bool) -> None:
    made, _, breaker = desk(answer)
    await made.sign_in(WHO, NUMBER, not_after=0)
    assert breaker.is_open is opens


async def test_a_sign_out_carries_the_number_it_ends() -> None:
    made, insurer, _ = desk(Answer(Outcome.OK, infcode="0"))
    assert (await made.sign_out(WHO, "680003", NUMBER, not_after=0)).outcome is Outcome.OK
    (call,) = insurer.calls
    assert (call.infno, call.sign_no) == ("9002", "680003")
    assert call.input == {"sign_no": "680003", "opter_no": "0001"}
    assert "680003" not in repr(call)


def test_a_number_is_in_no_repr() -> None:
    assert "680003" not in repr(Signed("680003"))
