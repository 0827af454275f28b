"""What becomes of a request after an attempt."""

from __future__ import annotations

import itertools

import pytest

from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.verdict import Judge

RESENDABLE = [MoneyClass.QUERY, MoneyClass.IDEMPOTENT]
MONEY = [MoneyClass.MONEY, MoneyClass.NEVER]
PROVED = (Outcome.NOT_SENT, Outcome.GATEWAY_REFUSED, Outcome.BUSY)


def decide(
    money_class: MoneyClass, outcome: Outcome, *, tries: int = 0, max_retry_count: int = 3
) -> Completion:
    request = ClaimedRequest(
        Lease(7, 2), "2207", "{}", money_class, max_retry_count=max_retry_count, tries=tries
    )
    return Judge(Backoff(base_seconds=2)).decide(request, Attempt("m1", "a" * 64, outcome))


@pytest.mark.parametrize(
    ("money_class", "outcome"), list(itertools.product(MoneyClass, (Outcome.OK, Outcome.REFUSED)))
)
def test_a_yes_or_no_completes(money_class: MoneyClass, outcome: Outcome) -> None:
    completion = decide(money_class, outcome, tries=9)
    assert (completion.status, completion.error_code) == (Status.COMPLETED, None)
    assert completion.lease == Lease(7, 2)
    assert completion.attempt is not None


@pytest.mark.parametrize(("money_class", "outcome"), list(itertools.product(MoneyClass, PROVED)))
def test_what_was_not_executed_is_sent_again_while_tries_are_left(
    money_class: MoneyClass, outcome: Outcome
) -> None:
    again = decide(money_class, outcome, tries=2)
    assert again.status is Status.PENDING
    assert 4_000 <= again.delay_ms <= 8_000
    given_up = decide(money_class, outcome, tries=3)
    assert (given_up.status, given_up.error_code) == (Status.ERROR, -1004)
    assert "已尝试 4 次" in (given_up.error_message or "")
    assert decide(money_class, outcome, max_retry_count=0).status is Status.ERROR


@pytest.mark.parametrize("money_class", MoneyClass)
def test_what_wants_a_newer_sign_in_is_sent_again_at_once_and_ends_as_the_refusal_it_is(
    money_class: MoneyClass,
) -> None:
    again = decide(money_class, Outcome.NOT_SIGNED_IN, tries=2)
    assert (again.status, again.delay_ms, again.error_code) == (Status.PENDING, 0, None)
    for last in (
        decide(money_class, Outcome.NOT_SIGNED_IN, tries=3),
        decide(money_class, Outcome.NOT_SIGNED_IN, max_retry_count=0),
    ):
        assert last.status is Status.COMPLETED
        assert last.attempt is not None
        assert last.attempt.outcome is Outcome.REFUSED


@pytest.mark.parametrize("money_class", RESENDABLE)
def test_an_unknown_outcome_of_a_query_is_sent_again(money_class: MoneyClass) -> None:
    assert decide(money_class, Outcome.UNKNOWN).status is Status.PENDING
    assert decide(money_class, Outcome.UNKNOWN, tries=3).status is Status.ERROR


@pytest.mark.parametrize("money_class", RESENDABLE)
def test_a_suspicious_answer_to_a_query_is_its_answer(money_class: MoneyClass) -> None:
    assert decide(money_class, Outcome.SUSPICIOUS).status is Status.COMPLETED


@pytest.mark.parametrize(
    ("money_class", "outcome"), list(itertools.product(MONEY, [Outcome.UNKNOWN, Outcome.SUSPICIOUS]))
)
def test_money_of_unknown_outcome_is_uncertain_and_never_sent_again(
    money_class: MoneyClass, outcome: Outcome
) -> None:
    for tries in range(5):
        completion = decide(money_class, outcome, tries=tries)
        assert (completion.status, completion.error_code) == (Status.UNCERTAIN, -1009)
        # a late answer is left some time to come; an absence is believed only after the quiet period
        assert (completion.delay_ms, completion.quiet_ms) == (2_000, 300_000)
        assert "请勿重新提交" in (completion.error_message or "")


def test_every_outcome_of_every_class_has_a_verdict_with_words_where_it_failed() -> None:
    for money_class, outcome, tries in itertools.product(MoneyClass, Outcome, range(5)):
        completion = decide(money_class, outcome, tries=tries)
        failed = completion.status in (Status.ERROR, Status.UNCERTAIN)
        assert bool(completion.error_message) is failed
