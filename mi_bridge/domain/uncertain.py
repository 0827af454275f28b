"""A request whose outcome nobody knows, on its way to certainty."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import Attempt
from mi_bridge.domain.status import Status


@dataclass(frozen=True, slots=True)
class UncertainRequest:
    """An uncertain request this node holds for one step.

    Args:
        request_id: the row.
        resolve_epoch: fences the resolver's writes.
        status: UNCERTAIN or REVERSING.
        resolve_tries: reversals so far that may have reached the insurer.
        quiet_ms: how long an absence is not yet believed, in milliseconds; 0 when the quiet period is over.
        reversed_by: the transaction that undoes it by msgid here, empty when none does.
        original_msgid: the number of the message whose outcome is unknown.
        original_time: when its intent was written.
        msgid_number: the first of two message numbers for this step.
    """

    request_id: int
    resolve_epoch: int
    interface_code: str
    input_data: str = field(repr=False)
    money_class: MoneyClass
    status: Status
    original_msgid: str
    original_time: datetime
    resolve_tries: int = 0
    quiet_ms: int = 0
    reversed_by: str = ""
    org_code: str = ""
    insuplc_admdvs: str = ""
    opter: str = field(default="", repr=False)
    opter_name: str = field(default="", repr=False)
    opter_type: str = ""
    msgid_number: int = 0


class StepKind:
    """The kinds of attempt a resolution makes, as the attempts' table spells them."""

    INQUIRY = "inquiry"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class StepIntent:
    """A step that is about to leave: on disk before its first byte.

    Args:
        kind: ``inquiry`` or ``reversal``.
        msgid: a new one for each try.
        body_hash: SHA-256 of the exact bytes.
    """

    request_id: int
    resolve_epoch: int
    kind: str
    msgid: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step proved.

    Args:
        resolve_epoch: the resolver's own; 0, which no row ever has, keeps the attempt's answer and changes no row.
        status: COMPLETED, REVERSED, MANUAL, or the status it has: try again after the delay.
        attempt: the step's message; None when nothing was sent.
        delay_ms: until the next step.
        needs_quiet: whether REVERSED rests on "no such original".
    """

    request_id: int
    resolve_epoch: int
    status: Status
    attempt: Attempt | None = None
    delay_ms: int = 0
    needs_quiet: bool = False
    error_code: int | None = None
    error_message: str | None = field(default=None, repr=False)

    @classmethod
    def evidence(cls, request: UncertainRequest, attempt: Attempt) -> StepResult:
        """Return a step's answer that decides nothing and is kept; the resolver's lease goes on."""
        return cls(request.request_id, 0, request.status, attempt)
