"""What to do next for an uncertain request, and what each proof makes of it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt
from mi_bridge.domain.resolution import Proof, Resolution, Step
from mi_bridge.domain.status import Status, may_pass
from mi_bridge.domain.uncertain import UncertainRequest

RESOLUTION = Resolution(most_tries=6, backoff=Backoff(2.0, 120.0))
NOT_ARRIVED = (Outcome.NOT_SENT, Outcome.GATEWAY_REFUSED, Outcome.BUSY, Outcome.NOT_SIGNED_IN)


def request(**fields: Any) -> UncertainRequest:
    values: dict[str, Any] = {
        "request_id": 7,
        "resolve_epoch": 3,
        "interface_code": "2207",
        "input_data": '{"psn_no": "canary"}',
        "money_class": MoneyClass.MONEY,
        "status": Status.UNCERTAIN,
        "original_msgid": "m1",
        "original_time": datetime.now(UTC),
        "reversed_by": "2601",
    }
    return UncertainRequest(**(values | fields))


def attempt(outcome: Outcome) -> Attempt:
    return Attempt("m2", "a" * 64, outcome)


def test_the_request_shows_no_patient() -> None:
    assert "canary" not in repr(request())


@pytest.mark.parametrize(
    ("fields", "inquiry", "step"),
    [
        ({}, True, Step.INQUIRE),
        ({}, False, Step.REVERSE),
        ({"status": Status.REVERSING}, True, Step.REVERSE),
        ({"resolve_tries": 5}, False, Step.REVERSE),
        ({"resolve_tries": 6}, False, Step.PERSON),
        ({"resolve_tries": 6}, True, Step.INQUIRE),
        ({"reversed_by": ""}, True, Step.INQUIRE),
        ({"reversed_by": ""}, False, Step.PERSON),
        ({"money_class": MoneyClass.NEVER}, False, Step.PERSON),
        ({"money_class": MoneyClass.NEVER}, True, Step.INQUIRE),
    ],
)
def test_the_order_is_inquiry_then_reversal_then_a_person(
    fields: dict[str, Any], inquiry: bool, step: Step
) -> None:
    assert RESOLUTION.next_step(request(**fields), inquiry=inquiry) is step


def test_an_effect_an_inquiry_found_completes() -> None:
    result = RESOLUTION.after_inquiry(request(), attempt(Outcome.OK), Proof.EFFECT)
    assert result is not None
    assert (result.status, result.request_id, result.resolve_epoch) == (Status.COMPLETED, 7, 3)
    assert result.attempt == attempt(Outcome.OK)


@pytest.mark.parametrize("proof", [Proof.NO_EFFECT_SEEN, Proof.NOTHING])
def test_what_can_be_reversed_is_reversed_when_no_inquiry_finds_it(proof: Proof) -> None:
    assert RESOLUTION.after_inquiry(request(), attempt(Outcome.UNKNOWN), proof) is None


@pytest.mark.parametrize("outcome", NOT_ARRIVED)
@pytest.mark.parametrize("fields", [{}, {"reversed_by": ""}, {"reversed_by": "", "quiet_ms": 5}])
def test_an_inquiry_nobody_heard_is_asked_again(outcome: Outcome, fields: dict[str, Any]) -> None:
    result = RESOLUTION.after_inquiry(request(**fields), attempt(outcome), Proof.NOTHING)
    assert result is not None
    assert (result.status, result.delay_ms) == (Status.UNCERTAIN, 10_000)


@pytest.mark.parametrize(("quiet_ms", "delay_ms"), [(1, 1), (29_999, 29_999), (300_000, 30_000)])
def test_before_the_quiet_period_is_over_an_effect_may_still_come(quiet_ms: int, delay_ms: int) -> None:
    lost = request(reversed_by="", quiet_ms=quiet_ms)
    result = RESOLUTION.after_inquiry(lost, attempt(Outcome.OK), Proof.NO_EFFECT_SEEN)
    assert result is not None
    assert (result.status, result.delay_ms) == (Status.UNCERTAIN, delay_ms)


@pytest.mark.parametrize(
    ("proof", "words"), [(Proof.NO_EFFECT_SEEN, "没有找到"), (Proof.NOTHING, "没有得到有效应答")]
)
def test_after_it_a_person_reads_what_the_inquiry_did_not_tell(proof: Proof, words: str) -> None:
    result = RESOLUTION.after_inquiry(request(reversed_by=""), attempt(Outcome.UNKNOWN), proof)
    assert result is not None
    assert (result.status, result.error_code) == (Status.MANUAL, -1009)
    assert words in (result.error_message or "")
    assert "请勿重新提交" in (result.error_message or "")


@pytest.mark.parametrize("quiet_ms", [0, 60_000])
def test_an_effect_undone_is_undone_at_once(quiet_ms: int) -> None:
    result = RESOLUTION.after_reversal(request(quiet_ms=quiet_ms), attempt(Outcome.OK), Proof.UNDONE)
    assert (result.status, result.needs_quiet, result.error_code) == (Status.REVERSED, False, -1004)


def test_an_absent_original_is_believed_after_the_quiet_period_and_says_so_to_the_database() -> None:
    early = RESOLUTION.after_reversal(request(quiet_ms=60_000), attempt(Outcome.REFUSED), Proof.NO_ORIGINAL)
    assert (early.status, early.delay_ms) == (Status.REVERSING, 61_000)
    late = RESOLUTION.after_reversal(request(), attempt(Outcome.REFUSED), Proof.NO_ORIGINAL)
    assert (late.status, late.needs_quiet) == (Status.REVERSED, True)


@pytest.mark.parametrize("proof", [Proof.OTHER, Proof.NOTHING])
def test_what_proves_nothing_is_tried_six_times(proof: Proof) -> None:
    for tries in range(6):
        result = RESOLUTION.after_reversal(request(resolve_tries=tries), attempt(Outcome.UNKNOWN), proof)
        assert result.status is (Status.MANUAL if tries == 5 else Status.REVERSING)
    assert result.error_code == -1009
    assert "冲正 6 次仍无定论" in (result.error_message or "")


def test_the_waits_between_tries_grow() -> None:
    steady = Resolution(backoff=Backoff(2.0, 120.0))
    waits = [
        steady.after_reversal(request(resolve_tries=tries), attempt(Outcome.UNKNOWN), Proof.NOTHING).delay_ms
        for tries in range(5)
    ]
    assert [1000 * 2**tries <= wait <= 2000 * 2**tries for tries, wait in enumerate(waits)] == [True] * 5


@pytest.mark.parametrize("outcome", NOT_ARRIVED)
def test_a_reversal_that_never_arrived_costs_no_try(outcome: Outcome) -> None:
    result = RESOLUTION.after_reversal(request(resolve_tries=5), attempt(outcome), Proof.NOTHING)
    assert result.status is Status.REVERSING


def test_nothing_leaves_the_legal_ways_and_only_proof_ends_the_doubt() -> None:
    tries, quiets = (0, 5, 6), (0, 1000)
    for outcome, proof, tried, quiet_ms in itertools.product(Outcome, Proof, tries, quiets):
        lost = request(status=Status.REVERSING, resolve_tries=tried, quiet_ms=quiet_ms)
        result = RESOLUTION.after_reversal(lost, attempt(outcome), proof)
        assert may_pass(Status.REVERSING, result.status)
        if result.status is Status.REVERSED:
            assert proof is Proof.UNDONE or (proof is Proof.NO_ORIGINAL and quiet_ms == 0)
