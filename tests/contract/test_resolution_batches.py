"""Several steps of one request in one batch: each is fenced by its own epoch, and the last legal one counts; on both stores."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepKind, StepResult
from unresolved import RESOLVER, Case, attempt, uncertain

ORDERS = pytest.mark.parametrize("stale_first", [True, False])


def _leased_twice(hospital: Any) -> Case:
    """A request whose first lease has ended and was taken anew by the same node: epochs 1 and 2 are about."""
    case = uncertain(hospital)
    case.lease_step(lease_s=5)
    hospital.pass_time(6)
    assert case.lease_step().resolve_epoch == 2
    return case


def _ordered(stale: Any, fresh: Any, *, stale_first: bool) -> list[Any]:
    return [stale, fresh] if stale_first else [fresh, stale]


def _intent(case: Case, epoch: int, msgid: str, kind: str = StepKind.REVERSAL) -> StepIntent:
    return StepIntent(case.number, epoch, kind, msgid, "b" * 64)


@ORDERS
def test_a_batch_writes_the_fresh_intent_alone(hospital: Any, stale_first: bool) -> None:
    case, other = _leased_twice(hospital), uncertain(hospital, input_data='{"psn_no": "2"}')
    other.lease_step()
    batch = _ordered(_intent(case, 1, "stale"), _intent(case, 2, "fresh"), stale_first=stale_first)
    assert case.store.begin_step(RESOLVER, [*batch, _intent(other, 1, "other")]) == {
        case.number,
        other.number,
    }
    assert case.status is Status.REVERSING
    assert hospital.see(case.number).resolve_tries == 1
    assert [one.msgid for one in hospital.attempts(case.number)] == [case.original(), "fresh"]
    assert [one.msgid for one in hospital.attempts(other.number)] == [other.original(), "other"]


@ORDERS
def test_a_stale_reversal_beside_a_fresh_inquiry_closes_no_way(hospital: Any, stale_first: bool) -> None:
    case = _leased_twice(hospital)
    inquiry = _intent(case, 2, "fresh", StepKind.INQUIRY)
    batch = _ordered(_intent(case, 1, "stale"), inquiry, stale_first=stale_first)
    assert case.store.begin_step(RESOLVER, batch) == {case.number}
    assert case.status is Status.UNCERTAIN
    assert hospital.see(case.number).resolve_tries == 0
    assert [(one.msgid, one.kind) for one in hospital.attempts(case.number)][1:] == [("fresh", "inquiry")]


def test_a_batch_of_stale_intents_writes_nothing(hospital: Any) -> None:
    case = _leased_twice(hospital)
    assert case.store.begin_step(RESOLVER, [_intent(case, 1, "a"), _intent(case, 3, "b")]) == set()
    assert case.status is Status.UNCERTAIN
    assert len(hospital.attempts(case.number)) == 1


@ORDERS
def test_a_batch_records_the_fresh_result_and_keeps_the_stale_one_as_evidence(
    hospital: Any, stale_first: bool
) -> None:
    case = uncertain(hospital)
    case.lease_step(lease_s=5)
    first = case.begin(StepKind.INQUIRY)
    hospital.pass_time(6)
    case.lease_step()
    second = case.begin(StepKind.INQUIRY)
    found = attempt(second, Outcome.OK, infcode="0", response_data='{"found": 2}')
    batch = _ordered(
        StepResult(case.number, 1, Status.MANUAL, attempt(first, Outcome.UNKNOWN), error_code=-1009),
        StepResult(case.number, 2, Status.COMPLETED, found),
        stale_first=stale_first,
    )
    assert case.store.finish_step(RESOLVER, batch) == {case.number}
    assert case.status is Status.COMPLETED
    assert hospital.result(case.number)[3] == '{"found": 2}'
    assert [one.outcome for one in hospital.attempts(case.number)][1:] == ["UNKNOWN", "OK"]


@ORDERS
def test_a_stale_success_beside_a_fresh_doubt_completes_nothing(hospital: Any, stale_first: bool) -> None:
    case = _leased_twice(hospital)
    batch = _ordered(
        StepResult(case.number, 1, Status.COMPLETED, attempt("late", Outcome.OK, response_data="{}")),
        StepResult(case.number, 2, Status.UNCERTAIN, None, delay_ms=1000),
        stale_first=stale_first,
    )
    assert case.store.finish_step(RESOLVER, batch) == {case.number}
    assert case.status is Status.UNCERTAIN
    assert hospital.result(case.number)[3] is None


def test_of_two_results_of_one_epoch_the_last_legal_one_counts(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    batch = [
        StepResult(case.number, 1, Status.UNCERTAIN, None, delay_ms=1000),
        StepResult(case.number, 1, Status.MANUAL, None, error_code=-1009, error_message="无定论"),
        StepResult(case.number, 1, Status.REVERSED, None),
    ]
    assert case.store.finish_step(RESOLVER, batch) == {case.number}
    assert case.status is Status.MANUAL


def test_of_two_intents_of_one_epoch_the_last_legal_one_is_written(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    batch = [_intent(case, 1, "first", StepKind.INQUIRY), _intent(case, 1, "second")]
    assert case.store.begin_step(RESOLVER, batch) == {case.number}
    assert [one.msgid for one in hospital.attempts(case.number)][1:] == ["second"]
    assert case.status is Status.REVERSING
