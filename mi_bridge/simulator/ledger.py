"""What really happened: every message received, every effect made, every effect ended. Nothing is ever removed.

An effect begins ``applied``. It may end ``cancelled`` (by the transaction made to cancel it) or ``reversed`` (by 2601), and
a reversed cancellation brings its settlement back to ``applied``. Each such step is a line of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from mi_bridge.simulator.clock import long_stamp
from mi_bridge.simulator.message import Message


class State(StrEnum):
    """Where an effect stands."""

    APPLIED = "applied"
    """It stands."""
    CANCELLED = "cancelled"
    """A cancelling transaction took it back."""
    REVERSED = "reversed"
    """2601 took it back."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something a message changed; amounts in yuan, empty where no money moved."""

    number: int
    time: datetime
    msgid: str
    infno: str
    org_code: str
    psn_no: str
    mdtrt_id: str
    setl_id: str
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Change:
    """An effect's new state, and the message that brought it about."""

    number: int
    time: datetime
    effect: int
    state: State
    msgid: str
    infno: str


@dataclass(slots=True)
class Received:
    """A message as it came in, and what became of it; filled in as that is known."""

    number: int
    time: datetime
    path: str
    infno: str = ""
    msgid: str = ""
    org_code: str = ""
    psn_no: str = ""
    fault: str = ""
    executions: int = 0
    answers: list[str] = field(default_factory=list)


class Ledger:
    """The account of one simulator.

    Args:
        now: tells the time.
        message_limit: how many received messages are kept; effects are kept all.
    """

    def __init__(self, now: Callable[[], datetime], message_limit: int) -> None:
        self._now = now
        self.effects: list[Effect] = []
        self.changes: list[Change] = []
        self.messages: deque[Received] = deque(maxlen=message_limit)
        self.received = 0
        self._last: dict[int, Change] = {}
        self._by_msgid: dict[tuple[str, str], list[Effect]] = {}

    def receive(self, path: str) -> Received:
        """Enter a message that has just come in."""
        self.received += 1
        record = Received(self.received, self._now(), path)
        self.messages.append(record)
        return record

    def apply(
        self,
        message: Message,
        *,
        psn_no: str = "",
        mdtrt_id: str = "",
        setl_id: str = "",
        amounts: Mapping[str, Decimal] | None = None,
    ) -> Effect:
        """Enter an effect a message has just had."""
        effect = Effect(
            number=len(self.effects) + 1,
            time=self._now(),
            msgid=message.msgid,
            infno=message.infno,
            org_code=message.org_code,
            psn_no=psn_no,
            mdtrt_id=mdtrt_id,
            setl_id=setl_id,
            amounts=amounts or {},
        )
        self.effects.append(effect)
        self._by_msgid.setdefault((effect.org_code, effect.msgid), []).append(effect)
        return effect

    def turn(self, effect: int, state: State, message: Message) -> None:
        """Enter an effect's new state."""
        change = Change(len(self.changes) + 1, self._now(), effect, state, message.msgid, message.infno)
        self.changes.append(change)
        self._last[effect] = change

    def state(self, effect: int) -> State:
        """Return where an effect stands now."""
        last = self._last.get(effect)
        return last.state if last else State.APPLIED

    def caused_by(self, org_code: str, msgid: str) -> list[Effect]:
        """Return the effects an institution's message had; two when it was executed twice."""
        return self._by_msgid.get((org_code, msgid), [])

    def view(self, wanted: Callable[[Any], bool]) -> dict[str, Any]:
        """Return the effects that are wanted, their states, and every step of them, ready for JSON."""
        effects = [self._show(effect) for effect in self.effects if wanted(effect)]
        numbers = {effect["effect"] for effect in effects}
        changes = [_show_change(change) for change in self.changes if change.effect in numbers]
        return {"effects": effects, "changes": changes}

    def view_messages(self, wanted: Callable[[Any], bool]) -> Iterator[dict[str, Any]]:
        """Return the received messages that are wanted, ready for JSON."""
        return (_show_message(record) for record in self.messages if wanted(record))

    def _show(self, effect: Effect) -> dict[str, Any]:
        last = self._last.get(effect.number)
        return {
            "effect": effect.number,
            "time": long_stamp(effect.time),
            "msgid": effect.msgid,
            "infno": effect.infno,
            "org_code": effect.org_code,
            "psn_no": effect.psn_no,
            "mdtrt_id": effect.mdtrt_id,
            "setl_id": effect.setl_id,
            "amounts": {name: str(value) for name, value in effect.amounts.items()},
            "state": self.state(effect.number),
            "ended_by": last.msgid if last and last.state is not State.APPLIED else None,
        }


def _show_change(change: Change) -> dict[str, Any]:
    return {
        "change": change.number,
        "time": long_stamp(change.time),
        "effect": change.effect,
        "state": change.state,
        "msgid": change.msgid,
        "infno": change.infno,
    }


def _show_message(record: Received) -> dict[str, Any]:
    return {
        "message": record.number,
        "time": long_stamp(record.time),
        "path": record.path,
        "infno": record.infno,
        "msgid": record.msgid,
        "org_code": record.org_code,
        "psn_no": record.psn_no,
        "fault": record.fault,
        "executions": record.executions,
        "answers": record.answers,
    }
