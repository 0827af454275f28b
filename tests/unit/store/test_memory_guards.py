"""The double's guards by themselves: no way out of the table, and nothing without its proof."""

from __future__ import annotations

import itertools

import pytest

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, Completion, Lease
from mi_bridge.domain.status import Status, may_pass
from mi_bridge.domain.uncertain import StepKind, StepResult
from mi_bridge.store.memory_guards import may_begin_step, may_finish_step, may_record
from mi_bridge.store.memory_rows import RequestRow

QUIET_UNTIL = 100.0


def row(status: Status, money_class: MoneyClass = MoneyClass.MONEY) -> RequestRow:
    made = RequestRow(1, "2207", "{}", money_class, 0, "P:1", 0.0, 0.0, 300.0, 3, status=status, epoch=1)
    made.quiet_until = QUIET_UNTIL
    return made


def completions() -> list[Completion]:
    outcomes = [None, *Outcome]
    return [
        Completion(Lease(1, 1), target, outcome and Attempt("m", "a" * 64, outcome))
        for target, outcome in itertools.product(Status, outcomes)
    ]


def test_nothing_recorded_leaves_the_legal_ways() -> None:
    for status, money_class, completion in itertools.product(Status, MoneyClass, completions()):
        if may_record(row(status, money_class), completion, reversed_before=False):
            assert may_pass(status, completion.status)


def test_money_is_given_up_or_sent_again_only_on_proof() -> None:
    for status, completion in itertools.product((Status.SENDING, Status.UNCERTAIN), completions()):
        back = completion.status in (Status.PENDING, Status.ERROR)
        if back and may_record(row(status), completion, reversed_before=False):
            assert completion.attempt is not None
            assert completion.attempt.outcome.proves_not_executed


def test_completed_is_always_answered() -> None:
    for status, money_class, completion in itertools.product(Status, MoneyClass, completions()):
        if completion.status is Status.COMPLETED and may_record(
            row(status, money_class), completion, reversed_before=False
        ):
            assert completion.attempt is not None
            assert money_class.resendable or completion.attempt.outcome.definitive


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.REFUSED])
def test_after_a_reversal_no_late_answer_brings_success_back(outcome: Outcome) -> None:
    late = Completion(Lease(1, 1), Status.COMPLETED, Attempt("m", "a" * 64, outcome))
    assert may_record(row(Status.UNCERTAIN), late, reversed_before=False)
    assert not may_record(row(Status.UNCERTAIN), late, reversed_before=True)
    assert not may_record(row(Status.REVERSING), late, reversed_before=True)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("money_class", list(MoneyClass))
def test_steps_are_sent_only_for_what_is_unresolved(status: Status, money_class: MoneyClass) -> None:
    asked = may_begin_step(row(status, money_class), StepKind.INQUIRY)
    undone = may_begin_step(row(status, money_class), StepKind.REVERSAL)
    assert asked == (status is Status.UNCERTAIN)
    assert undone == (status in (Status.UNCERTAIN, Status.REVERSING) and money_class is MoneyClass.MONEY)


@pytest.mark.parametrize("now", [QUIET_UNTIL - 1, QUIET_UNTIL])
def test_no_step_leaves_the_legal_ways(now: float) -> None:
    for status, target, before in itertools.product(Status, Status, (False, True)):
        result = StepResult(1, 1, target, needs_quiet=True)
        allowed = may_finish_step(row(status), result, now, reversed_before=before)
        stays = status is target and status in (Status.UNCERTAIN, Status.REVERSING)
        assert not allowed or stays or may_pass(status, target)
        if target is Status.REVERSED:
            assert allowed == (status is Status.REVERSING and now >= QUIET_UNTIL)
        if target is Status.COMPLETED:
            assert allowed == (status is Status.UNCERTAIN and not before)
