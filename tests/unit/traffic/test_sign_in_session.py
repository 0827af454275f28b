"""Messages with their numbers, and what their answers say of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import SignInUnavailable, StoreUnavailable
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall, Sender
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.traffic.sign_in import NO_TICKET, SignIns, Ticket
from mi_bridge.traffic.sign_in_session import SignInSession

ORG = "H99010100001"
REFUSED = Answer(Outcome.REFUSED, infcode="-1", err_msg="请先签到")
OK = Answer(Outcome.OK, infcode="0")


@dataclass
class FakeSignIns(SignIns):
    policy_needs: bool = True
    ticket: Ticket = NO_TICKET
    again: bool = True
    fault: Exception | None = None
    log: list[tuple[str, object]] = field(default_factory=list)

    @property
    def needed(self) -> bool:
        return self.policy_needs

    def at_hand(self, sender: Sender, infno: str) -> Ticket:
        self.log.append(("at_hand", (sender.org_code, sender.opter)))
        return self.ticket

    async def ready(self, sender: Sender, infno: str, *, fresh: bool = False) -> None:
        self.log.append(("ready", (sender.org_code, sender.opter, infno)))
        if self.fault:
            raise self.fault

    def asks(self, infno: str, err_msg: str) -> bool:
        return "签到" in err_msg

    async def renewed(self, sender: Sender) -> bool:
        self.log.append(("renewed", sender.sign_epoch))
        return self.again

    def worked(self, sender: Sender) -> None:
        self.log.append(("worked", sender.sign_epoch))

    async def take_over(self, sender: Sender, sign_no: str) -> None:
        self.log.append(("adopt", (sender.opter, sign_no)))
        if self.fault:
            raise self.fault

    async def ended(self, sender: Sender, sign_no: str) -> None:
        self.log.append(("ended", (sender.opter, sign_no)))


def session(**fields: object) -> tuple[SignInSession, FakeSignIns]:
    sign_ins = FakeSignIns(**fields)  # type: ignore[arg-type]
    return SignInSession(sign_ins, org_code=ORG), sign_ins


def prepared(infno: str = "1101", body: bytes = b"{}", *, sender: Sender | None = None) -> PreparedCall:
    return PreparedCall(
        infno,
        "m1",
        "http://127.0.0.1/",
        (),
        body,
        "a" * 64,
        Catalogue.load().get(infno),
        sender=sender or Sender(ORG, "0001", sign_epoch=3),
    )


def test_a_message_gets_the_number_at_hand() -> None:
    made, sign_ins = session(ticket=Ticket("680003", 3))
    signed = made.signed(Call("1101", "{}"))
    assert (signed.sign_no, signed.sign_epoch) == ("680003", 3)
    assert sign_ins.log == [("at_hand", (ORG, ""))]
    made.signed(Call("1101", "{}", org_code="H99010100002", opter="0007"))
    assert sign_ins.log[-1] == ("at_hand", ("H99010100002", "0007"))


def test_a_message_that_brings_a_number_keeps_it_and_one_without_goes_as_it_is() -> None:
    made, _ = session(ticket=Ticket("680003", 3))
    own = Call("1101", "{}", sign_no="1")
    assert made.signed(own) is own
    bare = Call("1101", "{}")
    assert session()[0].signed(bare) is bare
    assert session(policy_needs=False, ticket=Ticket("680003", 3))[0].signed(bare) is bare


@pytest.mark.parametrize("fault", [None, SignInUnavailable("未签到", retry_s=1), StoreUnavailable("gone")])
async def test_being_ready_never_fails(fault: Exception | None) -> None:
    made, sign_ins = session(fault=fault)
    await made.ready("2601", Sender("", ""))
    assert sign_ins.log == [("ready", (ORG, "", "2601"))]


async def test_a_refusal_that_asks_for_a_sign_in_was_not_executed_once_a_newer_one_is_had() -> None:
    made, sign_ins = session()
    answer = await made.heed(prepared("2207"), REFUSED)
    assert (answer.outcome, answer.fault, answer.err_msg) == (
        Outcome.NOT_SIGNED_IN,
        "not_signed_in",
        "请先签到",
    )
    assert sign_ins.log == [("renewed", 3)]
    stands = await session(again=False)[0].heed(prepared("2207"), REFUSED)
    assert stands is REFUSED


@pytest.mark.parametrize(
    "answer",
    [
        Answer(Outcome.REFUSED, infcode="-1", err_msg="参保人不存在"),
        Answer(Outcome.UNKNOWN, err_msg="请先签到"),
        Answer(Outcome.SUSPICIOUS, infcode="0", err_msg="请先签到"),
        Answer(Outcome.BUSY, err_msg="请先签到"),
    ],
)
async def test_nothing_but_a_definite_refusal_that_asks_for_it_renews(answer: Answer) -> None:
    made, sign_ins = session()
    assert await made.heed(prepared("2207"), answer) is answer
    assert sign_ins.log == []


async def test_a_success_proves_its_number() -> None:
    made, sign_ins = session()
    assert await made.heed(prepared(), OK) is OK
    assert sign_ins.log == [("worked", 3)]


async def test_without_a_policy_or_a_sender_nothing_is_looked_at() -> None:
    made, sign_ins = session(policy_needs=False)
    assert await made.heed(prepared("9001"), REFUSED) is REFUSED
    nameless = PreparedCall("1101", "m", "", (), b"", "a" * 64, Catalogue.load().get("1101"))
    other, log = session()
    assert await other.heed(nameless, REFUSED) is REFUSED
    assert sign_ins.log == log.log == []


async def test_hiss_own_sign_in_and_sign_out_are_overheard() -> None:
    made, sign_ins = session()
    entered = Answer(Outcome.OK, infcode="0", output={"signinoutb": {"sign_no": "680003"}})
    await made.heed(prepared("9001", b'{"input":{"signIn":{"opter_no":"0007"}}}'), entered)
    await made.heed(prepared("9001"), entered)
    await made.heed(
        prepared("9002", b'{"input":{"signOut":{"opter_no":"0007","sign_no":"680003"}}}'),
        Answer(Outcome.OK, infcode="0"),
    )
    await made.heed(prepared("9001"), OK)
    assert [entry for entry in sign_ins.log if entry[0] != "worked"] == [
        ("adopt", ("0007", "680003")),
        ("adopt", ("0001", "680003")),
        ("ended", ("0007", "680003")),
    ]


async def test_a_lost_database_costs_his_no_answer() -> None:
    made, _ = session(fault=StoreUnavailable("gone"))
    entered = Answer(Outcome.OK, infcode="0", output={"sign_no": "680003"})
    assert await made.heed(prepared("9001"), entered) is entered
