"""The in-memory database's guards: which way a row may take, the same as the routines' own."""

from __future__ import annotations

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Completion
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepKind, StepResult
from mi_bridge.store.memory_rows import RequestRow

_RESENDABLE_TARGETS = frozenset({Status.COMPLETED, Status.ERROR, Status.PENDING})


def may_record(row: RequestRow, completion: Completion, *, reversed_before: bool) -> bool:
    """Tell whether a completion of the row's epoch may change it; the guard of ``sp_mi_finish``.

    Args:
        row: as it is.
        completion: what is wanted.
        reversed_before: whether a reversal was ever tried; success is then out of reach for good.
    """
    target = completion.status
    outcome = completion.attempt.outcome if completion.attempt else None
    if target is Status.COMPLETED and outcome is None:
        return False
    if row.status is Status.UNCERTAIN:
        return target is Status.COMPLETED and _definitive(outcome) and not reversed_before
    if row.status not in (Status.CLAIMED, Status.SENDING):
        return False
    if row.money_class.resendable:
        return target in _RESENDABLE_TARGETS
    if row.status is Status.CLAIMED:
        return target in (Status.ERROR, Status.PENDING) and (outcome is None or outcome.proves_not_executed)
    return _may_end_send(target, outcome)


def _may_end_send(target: Status, outcome: Outcome | None) -> bool:
    if target is Status.COMPLETED:
        return _definitive(outcome)
    if target in (Status.PENDING, Status.ERROR):
        return outcome is not None and outcome.proves_not_executed
    return target is Status.UNCERTAIN


def _definitive(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.definitive


def may_begin_step(row: RequestRow, kind: str) -> bool:
    """Tell whether a step of this kind may be sent; the guard of ``sp_mi_begin_step``."""
    if kind == StepKind.INQUIRY:
        return row.status is Status.UNCERTAIN
    return row.money_class == "M" and row.status in (Status.UNCERTAIN, Status.REVERSING)


def may_finish_step(row: RequestRow, result: StepResult, now: float, *, reversed_before: bool) -> bool:
    """Tell whether a step's proof may change a row; the guard of ``sp_mi_finish_step``.

    Args:
        row: as it is.
        result: what is wanted.
        now: the database's clock, in seconds.
        reversed_before: whether a reversal was ever tried.
    """
    target = result.status
    if row.status is Status.UNCERTAIN:
        found = target is Status.COMPLETED and not reversed_before
        return found or target in (Status.UNCERTAIN, Status.MANUAL)
    if row.status is not Status.REVERSING:
        return False
    if target is Status.REVERSED:
        return not result.needs_quiet or row.quiet_until <= now
    return target in (Status.REVERSING, Status.MANUAL)
