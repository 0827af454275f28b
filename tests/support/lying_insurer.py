"""An insurer that applies, loses, refuses, answers late or lies, one message at a time, as a test decides.

It keeps the truth: which message had an effect, and whether that still stands. Nobody else may look at it but the test.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.inquiry import load_inquiries
from mi_bridge.insurer.reversal import REVERSAL, field_of

PROCESS_S = 1200
"""A message that has been on the wire for longer can no longer take effect (A2)."""


class Fate(StrEnum):
    """What becomes of a message."""

    HONEST = "HONEST"
    """Worked on and answered."""
    MUTE = "MUTE"
    """Worked on, the answer is lost."""
    LOST = "LOST"
    """Never arrives."""
    GARBLED = "GARBLED"
    """Worked on, the answer cannot be read."""
    REFUSED = "REFUSED"
    """Refused, nothing done."""
    BUSY = "BUSY"
    """Refused for the moment, nothing done."""
    STRANGE = "STRANGE"
    """Worked on; infcode 0 with an error text."""
    HOLLOW = "HOLLOW"
    """Nothing done; infcode 0 with an error text."""


ACTING = (Fate.HONEST, Fate.MUTE, Fate.GARBLED, Fate.STRANGE)
_ANSWERS = {
    Fate.GARBLED: Answer(Outcome.UNKNOWN, fault="answer_unreadable"),
    Fate.REFUSED: Answer(Outcome.REFUSED, infcode="-1", err_msg="FSI-人员已结算", text='{"infcode":-1}'),
    Fate.BUSY: Answer(Outcome.BUSY, infcode="-1", err_msg="结算正在进行，请稍后处理"),
    Fate.STRANGE: Answer(Outcome.SUSPICIOUS, infcode="0", err_msg="文件查询号不能为空"),
    Fate.HOLLOW: Answer(Outcome.SUSPICIOUS, infcode="0", err_msg="文件查询号不能为空"),
}


@dataclass
class Wire:
    """A message that has left.

    Args:
        answer: the sender's end; done when it has its answer or has given up.
        over: whether the platform has had it, or never will.
    """

    call: Call
    sent_at: float
    answer: asyncio.Future[Answer]
    over: bool = False

    @property
    def msgid(self) -> str:
        return self.call.msgid


@dataclass
class LyingInsurer:
    """Stands in the SDK client's place.

    Args:
        clock: monotonic seconds, as the senders read it.
        pause: where a sender stands still before its first byte, as a stopped process does.
    """

    blocking: ClassVar[bool] = False
    clock: Callable[[], float]
    pause: Callable[[str, str], Awaitable[None]]
    wires: list[Wire] = field(default_factory=list)
    calls: dict[str, Call] = field(default_factory=dict)
    standing: dict[str, bool] = field(default_factory=dict)
    """Each message that had an effect, and whether it still stands."""

    def prepare(self, call: Call) -> PreparedCall:
        self.calls[call.msgid] = call
        transaction = Catalogue.load().get(call.infno)
        return PreparedCall(call.infno, call.msgid, "http://127.0.0.1/", (), b"{}", "a" * 64, transaction)

    def divide(self, call: Call) -> tuple[Part, ...]:
        return ()

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        await self.pause("leave", prepared.msgid)
        if not_after is not None and self.clock() > not_after:
            return Answer(Outcome.NOT_SENT, fault="deadline_passed")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.wires.append(Wire(self.calls[prepared.msgid], self.clock(), future))
        return await future

    @property
    def under_way(self) -> list[Wire]:
        """Messages the platform has not had yet."""
        return [wire for wire in self.wires if not wire.over]

    @property
    def awaited(self) -> list[Wire]:
        """Messages whose sender still waits."""
        return [wire for wire in self.wires if not wire.answer.done()]

    def forget_old(self) -> None:
        """Drop what can no longer take effect."""
        for wire in self.under_way:
            wire.over = self.clock() - wire.sent_at > PROCESS_S

    def work(self, wire: Wire, fate: Fate) -> None:
        """Let the platform have a message."""
        wire.over = True
        answer = self._act(wire.call) if fate in ACTING else None
        told = answer if fate is Fate.HONEST else _ANSWERS.get(fate)
        if told is not None and not wire.answer.done():
            wire.answer.set_result(told)

    def give_up(self, wire: Wire) -> None:
        """Let the sender's deadline pass."""
        wire.answer.set_result(Answer(Outcome.UNKNOWN, fault="total_timeout"))

    def stands(self, msgid: str) -> bool:
        return self.standing.get(msgid, False)

    def _act(self, call: Call) -> Answer:
        if call.infno == REVERSAL:
            return self._reverse(_input(call)["data"]["omsgid"])
        if call.infno in {inquiry.inquiry for inquiry in load_inquiries().values()}:
            return self._look(call)
        self.standing[call.msgid] = True
        return Answer(Outcome.OK, infcode="0", text='{"infcode":0}', output={})

    def _reverse(self, original: str) -> Answer:
        if original not in self.standing:
            return _refusal("未查询到原交易信息，不能办理冲正交易")
        if not self.standing[original]:
            return _refusal("冲正的结算信息退费结算标志不为未退费，不能办理冲正交易")
        self.standing[original] = False
        return Answer(Outcome.OK, infcode="0", text='{"infcode":0}')

    def _look(self, call: Call) -> Answer:
        rules = {rule.inquiry: (code, rule) for code, rule in load_inquiries().items()}
        code, rule = rules[call.infno]
        originals = [
            _input(self.calls[msgid])
            for msgid, stands in self.standing.items()
            if stands and self.calls[msgid].infno == code
        ]
        rows = [{name: field_of(one, own) for name, own in rule.match.items()} for one in originals]
        asked = field_of(_input(call), "psn_no")
        found = [row for row in rows if row["psn_no"] == asked]
        return Answer(Outcome.OK, infcode="0", text='{"infcode":0}', output={rule.answer: found})


def _refusal(text: str) -> Answer:
    return Answer(Outcome.REFUSED, infcode="-1", err_msg=f"FSI-调用业务基础子系统冲正失败:{text}")


def _input(call: Call) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(call.input) if isinstance(call.input, str) else dict(call.input)
    return value
