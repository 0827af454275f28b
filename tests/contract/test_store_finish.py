"""The store's contract: intents, answers, and what money may never do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import ClaimedRequest, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreRejected
from mi_bridge.store.port import Claim, RescuePatience

QUERY, UPLOAD, MONEY, NEVER = "1101", "3501", "2207", "2208"
PROVED = [Outcome.NOT_SENT, Outcome.GATEWAY_REFUSED, Outcome.BUSY, Outcome.NOT_SIGNED_IN]
UNPROVED = [Outcome.UNKNOWN, Outcome.SUSPICIOUS]
Make = Callable[..., Any]


def claim_one(store: Any, **options: Any) -> ClaimedRequest:
    claimed: list[ClaimedRequest] = store.claim(Claim("n1", 1, **options))
    assert len(claimed) == 1
    return claimed[0]


def claim_ids(store: Any, capacity: int = 100, **options: Any) -> list[int]:
    return [request.request_id for request in store.claim(Claim("n1", capacity, **options))]


def test_an_intent_is_fenced_and_may_be_repeated(hospital: Any, intend: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    lease = claim_one(store).lease
    stale = Intent(Lease(number, 0), "stale", "a" * 64)
    assert store.begin_send("n1", 30, [stale]) == set()
    assert store.begin_send("n2", 30, [intend(lease)]) == set()
    assert hospital.see(number).status is Status.CLAIMED
    assert store.begin_send("n1", 30, [intend(lease)]) == {number}
    assert store.begin_send("n1", 30, [intend(lease)]) == {number}
    seen = hospital.see(number)
    assert (seen.status, seen.sends) == (Status.SENDING, 1)
    assert [entry.outcome for entry in hospital.attempts(number)] == [None]


def test_an_answered_intent_does_not_send_again(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    hospital.submit(MONEY)
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    store.finish("n1", [complete(lease, Status.UNCERTAIN, Outcome.UNKNOWN)])
    assert store.begin_send("n1", 30, [intend(lease)]) == set()


def test_another_msgid_does_not_send_what_is_already_on_the_wire(hospital: Any, intend: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    assert store.begin_send("n1", 30, [Intent(lease, "another", "b" * 64)]) == set()
    assert len(hospital.attempts(number)) == 1


def test_a_msgid_is_used_once(hospital: Any) -> None:
    store = hospital.connect()
    first, second = hospital.submit(MONEY), hospital.submit(MONEY)
    leases = [request.lease for request in store.claim(Claim("n1", 2))]
    assert store.begin_send("n1", 30, [Intent(leases[0], "same", "a" * 64)]) == {first}
    with pytest.raises(StoreRejected) as refused:
        store.begin_send("n1", 30, [Intent(leases[1], "same", "a" * 64)])
    assert refused.value.sqlstate == "23505"
    assert hospital.see(second).status is Status.CLAIMED


def test_finish_writes_row_answer_and_attempt_once(hospital: Any, complete: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    lease = claim_one(store).lease
    answer = {"infcode": "0", "response_data": '{"infcode": 0, "姓": "𠮷"}', "http_status": 200}
    done = complete(lease, Status.COMPLETED, Outcome.OK, answer=answer)
    assert store.finish("n1", [done]) == {number}
    assert store.finish("n1", [done]) == set()
    assert hospital.result(number) == ("COMPLETED", "SUCCESS", "0", answer["response_data"])
    assert [entry.outcome for entry in hospital.attempts(number)] == ["OK"]
    seen = hospital.see(number)
    assert (seen.tries, seen.sends, seen.error_code) == (1, 1, None)


def test_a_batch_ends_each_request_in_its_own_way(hospital: Any, complete: Make) -> None:
    store = hospital.connect()
    numbers = [hospital.submit(QUERY) for _ in range(4)]
    leases = [request.lease for request in store.claim(Claim("n1", 4))]
    batch = [
        complete(leases[0], Status.COMPLETED, Outcome.REFUSED, answer={"infcode": "-1", "err_msg": "无此人"}),
        complete(leases[1], Status.ERROR, Outcome.UNKNOWN, error_code=-1004, error_message="没有应答"),
        complete(leases[2], Status.PENDING, Outcome.NOT_SENT),
        complete(leases[3], Status.ERROR, error_code=-1001, error_message="节点缺失"),
    ]
    assert store.finish("n1", batch) == set(numbers)
    assert [hospital.result(number)[1] for number in numbers] == [
        "BUSINESS_ERROR",
        "SYSTEM_ERROR",
        "PROCESSING",
        "SYSTEM_ERROR",
    ]
    assert [hospital.see(number).error_code for number in numbers] == [None, -1004, None, -1001]
    assert hospital.attempts(numbers[3]) == []
    assert claim_ids(store) == [numbers[2]]


def test_a_finish_of_an_old_epoch_changes_nothing_and_is_kept(hospital: Any, complete: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    old = claim_one(store).lease
    hospital.pass_time(31)
    assert store.rescue("n1", RescuePatience(5)) == [(number, Status.PENDING)]
    new = claim_one(store).lease
    assert new == Lease(number, 2)
    assert store.finish("n1", [complete(old, Status.COMPLETED, Outcome.OK)]) == set()
    assert hospital.see(number).status is Status.CLAIMED
    assert [(entry.epoch, entry.outcome) for entry in hospital.attempts(number)] == [(1, "OK")]
    assert store.finish("n1", [complete(new, Status.COMPLETED, Outcome.REFUSED)]) == {number}
    assert hospital.result(number)[1] == "BUSINESS_ERROR"


def test_old_and_new_epoch_in_one_batch_do_not_mix(hospital: Any, complete: Make, intend: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    old = claim_one(store).lease
    hospital.pass_time(31)
    store.rescue("n1", RescuePatience(5))
    new = claim_one(store).lease
    store.begin_send("n1", 30, [intend(new)])
    batch = [
        complete(old, Status.COMPLETED, Outcome.OK, msgid="late"),
        complete(new, Status.PENDING, Outcome.UNKNOWN),
    ]
    assert store.finish("n1", batch) == set()
    assert hospital.see(number).status is Status.SENDING
    assert {entry.msgid for entry in hospital.attempts(number)} == {"late", f"m{number}-2"}
    assert store.finish("n1", [complete(new, Status.COMPLETED, Outcome.OK)]) == {number}


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.REFUSED])
@pytest.mark.parametrize("how", ["told", "rescued"])
def test_a_late_yes_or_no_ends_an_uncertain_request(
    hospital: Any, complete: Make, intend: Make, outcome: Outcome, how: str
) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    if how == "told":
        store.finish("n1", [complete(lease, Status.UNCERTAIN, Outcome.UNKNOWN)])
    else:
        hospital.pass_time(31)
        assert store.rescue("n1", RescuePatience(5)) == [(number, Status.UNCERTAIN)]
    for weak in (Outcome.UNKNOWN, Outcome.SUSPICIOUS, Outcome.NOT_SENT):
        assert store.finish("n1", [complete(lease, Status.COMPLETED, weak, msgid=f"{weak}")]) == set()
    assert store.finish("n1", [complete(lease, Status.COMPLETED, outcome)]) == {number}
    assert hospital.see(number).status is Status.COMPLETED
    assert hospital.attempts(number)[0].outcome == outcome


def test_a_late_answer_is_kept_though_nothing_changes(hospital: Any, complete: Make, intend: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    store.finish("n1", [complete(lease, Status.UNCERTAIN, Outcome.UNKNOWN)])
    assert store.finish("n1", [complete(lease, Status.PENDING, Outcome.OK)]) == set()
    assert [entry.outcome for entry in hospital.attempts(number)] == ["OK"]
    store.finish("n1", [complete(lease, Status.PENDING, Outcome.UNKNOWN)])
    assert [entry.outcome for entry in hospital.attempts(number)] == ["OK"]


@pytest.mark.parametrize("code", [MONEY, NEVER])
@pytest.mark.parametrize("target", [Status.PENDING, Status.ERROR, Status.COMPLETED])
def test_money_of_unknown_outcome_goes_nowhere_but_uncertain(
    hospital: Any, complete: Make, intend: Make, code: str, target: Status
) -> None:
    store = hospital.connect()
    number = hospital.submit(code)
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    for outcome in UNPROVED:
        assert store.finish("n1", [complete(lease, target, outcome)]) == set()
        assert hospital.see(number).status is Status.SENDING
    assert store.finish("n1", [complete(lease, Status.UNCERTAIN, Outcome.UNKNOWN)]) == {number}


@pytest.mark.parametrize("outcome", PROVED)
@pytest.mark.parametrize("target", [Status.PENDING, Status.ERROR])
def test_money_proved_not_executed_may_be_sent_again(
    hospital: Any, complete: Make, intend: Make, outcome: Outcome, target: Status
) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    assert store.finish("n1", [complete(lease, target, outcome)]) == {number}
    seen = hospital.see(number)
    assert (seen.status, seen.sends, seen.tries) == (target, 0, 1)


@pytest.mark.parametrize("target", [Status.COMPLETED, Status.UNCERTAIN, Status.PENDING])
def test_money_without_an_intent_cannot_have_been_sent(hospital: Any, complete: Make, target: Status) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    lease = claim_one(store).lease
    assert store.finish("n1", [complete(lease, target, Outcome.UNKNOWN)]) == set()
    assert hospital.see(number).status is Status.CLAIMED


@pytest.mark.parametrize("code", [QUERY, UPLOAD])
@pytest.mark.parametrize("outcome", [*PROVED, *UNPROVED])
def test_queries_and_uploads_may_always_be_sent_again(
    hospital: Any, complete: Make, code: str, outcome: Outcome
) -> None:
    store = hospital.connect()
    number = hospital.submit(code)
    assert store.finish("n1", [complete(claim_one(store).lease, Status.PENDING, outcome)]) == {number}
    assert hospital.see(number).sends == (0 if outcome in PROVED else 1)
    assert claim_one(store).tries == 1


def test_completed_means_answered(hospital: Any, complete: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    assert store.finish("n1", [complete(claim_one(store).lease, Status.COMPLETED)]) == set()
    assert hospital.see(number).status is Status.CLAIMED


def test_an_unknown_request_is_passed_over(hospital: Any, complete: Make) -> None:
    assert hospital.connect().finish("n1", [complete(Lease(99, 1), Status.ERROR)]) == set()
