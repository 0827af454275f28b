"""The end of the day, once in the whole cluster; or a person's order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.sign_in import SignInDecision, SignInResult, SignInWish
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.store.memory import MemoryDatabase
from mi_bridge.store.memory_sign_ins import MemorySignIns
from mi_bridge.traffic.sign_in_desk import SignInDesk
from mi_bridge.traffic.sign_out import SignOut

ORG = "H99010100001"
EVENING = 1_790_092_000.0  # 23:46:40 in China


class FakeDesk(SignInDesk):
    def __init__(self) -> None:
        self.answer = Answer(Outcome.OK, infcode="0")
        self.refusal: MalformedInput | None = None
        self.out: list[tuple[str, str]] = []

    async def sign_out(self, sender: Sender, sign_no: str, msgid_number: int, *, not_after: float) -> Answer:
        if self.refusal:
            raise self.refusal
        self.out.append((sender.opter, sign_no))
        return self.answer


class Site:
    def __init__(self) -> None:
        self.time = EVENING
        self.database = MemoryDatabase((), clock=lambda: self.time)
        self.shared = MemorySignIns(self.database)
        self.desk = FakeDesk()
        self.made: list[SignOut] = []
        for opter in ("0001", "0002"):
            self.sign_in(opter)

    def sign_in(self, opter: str, seconds: int = 7200) -> None:
        store = self.shared.connect()
        reply = store.take_sign_in("n1", SignInWish(ORG, opter))
        assert reply.decision is SignInDecision.SIGN
        store.finish_sign_in("n1", SignInResult(ORG, opter, reply.epoch, f"number-{opter}", seconds))

    def node(self, name: str, **sign_in: Any) -> SignOut:
        made = SignOut(self.shared.connect(), self.desk, _profile(**sign_in), name, clock=lambda: self.time)
        self.made.append(made)
        return made

    @property
    def states(self) -> dict[str, str]:
        return {row.opter: row.state for row in self.shared.connect().sign_ins()}


def _profile(**sign_in: Any) -> Profile:
    profile = load_profile("demo")
    values = {"policy": "daily", "sign_out": "daily", **sign_in}
    return profile.model_copy(update={"sign_in": profile.sign_in.model_copy(update=values)})


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    for one in made.made:
        await one.stop()


async def test_everybody_is_signed_out_at_the_days_end_by_one_node(site: Site) -> None:
    first, second = site.node("n1"), site.node("n2")
    assert await first.turn() == 0
    site.time += 300
    assert (await first.turn(), await second.turn(), await first.turn()) == (2, 0, 0)
    assert site.desk.out == [("0001", "number-0001"), ("0002", "number-0002")]
    assert site.states == {"0001": "SIGNED_OUT", "0002": "SIGNED_OUT"}
    site.time += 24 * 3600
    site.sign_in("0001")
    assert await second.turn() + await first.turn() == 1


@pytest.mark.parametrize("sign_in", [{"sign_out": "never"}, {"policy": "never"}])
async def test_a_site_that_wants_none_has_none(site: Site, sign_in: dict[str, str]) -> None:
    site.time += 600
    assert await site.node("n1", **sign_in).turn() == 0
    assert site.desk.out == []


async def test_a_person_signs_out_whom_they_name(site: Site) -> None:
    node = site.node("n1", sign_out="never")
    assert await node.everybody(opter="0002") == 1
    assert await node.everybody(org_code="H99010100002") == 0
    assert await node.everybody() == 1
    assert await node.everybody() == 0
    assert site.desk.out == [("0002", "number-0002"), ("0001", "number-0001")]


async def test_a_platform_that_knows_no_such_sign_in_ends_it_all_the_same(site: Site) -> None:
    site.desk.answer = Answer(Outcome.REFUSED, infcode="-1", err_msg="当天没有签到信息")
    assert await site.node("n1").everybody(opter="0001") == 0
    assert site.states["0001"] == "SIGNED_OUT"


async def test_what_was_not_answered_stays_signed_in(site: Site) -> None:
    site.desk.answer = Answer(Outcome.UNKNOWN)
    assert await site.node("n1").everybody(opter="0001") == 0
    site.desk.refusal = MalformedInput("x")
    assert await site.node("n1").everybody(opter="0001") == 0
    assert site.states["0001"] == "SIGNED_IN"


async def test_a_number_that_has_just_ended_is_left_alone(site: Site) -> None:
    node = site.node("n1")
    rows = site.shared.connect().sign_ins()
    site.shared.listed = lambda: rows  # type: ignore[method-assign]  # a list read a moment before
    site.shared.connect().end_sign_in(ORG, "0001", "number-0001")
    assert await node.everybody(opter="0001") == 0
    assert site.desk.out == []
