"""The store's contract: the same on every database and in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import ClaimedRequest, Heartbeat, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreRejected
from mi_bridge.store.port import Claim, RescuePatience

QUERY, UPLOAD, MONEY, NEVER = "1101", "3501", "2207", "2208"
PROVED = [Outcome.NOT_SENT, Outcome.GATEWAY_REFUSED, Outcome.BUSY]
UNPROVED = [Outcome.UNKNOWN, Outcome.SUSPICIOUS]
Make = Callable[..., Any]


def claim_one(store: Any, **options: Any) -> ClaimedRequest:
    claimed: list[ClaimedRequest] = store.claim(Claim("n1", 1, **options))
    assert len(claimed) == 1
    return claimed[0]


def claim_ids(store: Any, capacity: int = 100, **options: Any) -> list[int]:
    return [request.request_id for request in store.claim(Claim("n1", capacity, **options))]


def test_claim_tells_all_the_bridge_needs(hospital: Any) -> None:
    text = '{"data": {"psn_no": "P1", "note": "𠮷😀"}}'
    number = hospital.submit(
        MONEY,
        input_data=text,
        org_code="H99010100001",
        insuplc_admdvs="990101",
        opter="007",
        opter_name="张三",
        opter_type="2",
        retry_count=7,
    )
    request = claim_one(hospital.connect())
    assert request.lease == Lease(number, 1)
    assert request.interface_code == MONEY
    assert request.input_data == text
    assert request.money_class == "M"
    assert (request.org_code, request.insuplc_admdvs) == ("H99010100001", "990101")
    assert (request.opter, request.opter_name, request.opter_type) == ("007", "张三", "2")
    assert (request.max_retry_count, request.tries, request.sends) == (7, 0, 0)
    assert request.msgid_number > 10**13
    assert request.queue_rank > 10**12
    assert request.queued_ms >= 0


def test_a_claimed_request_is_not_claimed_again(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    assert claim_ids(store) == [number]
    assert claim_ids(store) == []
    assert hospital.see(number).status is Status.CLAIMED


def test_claims_are_first_in_first_out_and_bounded(hospital: Any) -> None:
    store = hospital.connect()
    numbers = [hospital.submit(QUERY) for _ in range(5)]
    assert claim_ids(store, capacity=2) == numbers[:2]
    assert claim_ids(store) == numbers[2:]


def test_priority_goes_first_and_age_overtakes_it(hospital: Any) -> None:
    store = hospital.connect()
    late = hospital.submit(QUERY, priority=9)
    cashier = hospital.submit(QUERY, priority=0)
    assert claim_ids(store) == [cashier, late]
    waiting = hospital.submit(QUERY, priority=9, timeout=3600)
    hospital.pass_time(9 * 60 + 1)
    cashier = hospital.submit(QUERY, priority=0)
    assert claim_ids(store) == [waiting, cashier]


def test_nothing_below_the_floor_is_looked_at(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    rank = claim_one(store).queue_rank
    hospital.submit(QUERY)
    assert claim_ids(store, floor_rank=rank + 60_000) == []
    assert claim_ids(store) == [number + 1]


def test_one_live_request_per_key_in_queue_order(hospital: Any, complete: Make) -> None:
    store = hospital.connect()
    same = '{"psn_no": "P1"}'
    first = hospital.submit(UPLOAD, input_data=same, priority=9)
    second = hospital.submit(UPLOAD, input_data=same, priority=0)
    other = hospital.submit(UPLOAD, input_data='{"psn_no": "P2"}', priority=9)
    claimed = store.claim(Claim("n1", 10))
    assert [request.request_id for request in claimed] == [first, other]
    store.finish("n1", [complete(claimed[0].lease, Status.COMPLETED, Outcome.OK)])
    assert claim_ids(store) == [second]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ('{"psn_no": "P1"}', '{"data": {"psn_no": "P1", "mdtrt_id": "V9"}}'),
        ('{"feedetail": [{"psn_no": "P1"}]}', '{"mdtrtinfo": {"psn_no": "P1"}, "diseinfo": []}'),
        ('{"mdtrt_id": "V1"}', '{"data": {"mdtrt_id": "V1"}}'),
        ('{"psn_no": 12}', '{"psn_no": "12"}'),
    ],
)
def test_the_patient_else_the_visit_is_the_key(hospital: Any, earlier: str, later: str) -> None:
    store = hospital.connect()
    first = hospital.submit(MONEY, input_data=earlier)
    hospital.submit(MONEY, input_data=later)
    assert claim_ids(store) == [first]


def test_without_patient_and_visit_nothing_waits(hospital: Any) -> None:
    store = hospital.connect()
    numbers = [hospital.submit(MONEY, input_data='{"data": {"a": [1]}}') for _ in range(2)]
    assert claim_ids(store) == numbers


def test_a_serial_key_orders_what_is_not_ordered_by_itself(hospital: Any) -> None:
    store = hospital.connect()
    first = hospital.submit(QUERY, serial_key="counter 3")
    hospital.submit(QUERY, serial_key="counter 3")
    assert claim_ids(store) == [first]


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.SUSPICIOUS])
def test_an_uncertain_request_blocks_its_key(
    hospital: Any, complete: Make, intend: Make, outcome: Outcome
) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY, input_data='{"psn_no": "P1"}')
    hospital.submit(MONEY, input_data='{"psn_no": "P1"}')
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    assert store.finish("n1", [complete(lease, Status.UNCERTAIN, outcome)]) == {number}
    assert claim_ids(store) == []


def test_an_older_request_backing_off_holds_its_key(hospital: Any, complete: Make) -> None:
    store = hospital.connect()
    first = hospital.submit(UPLOAD, input_data='{"psn_no": "P1"}')
    second = hospital.submit(UPLOAD, input_data='{"psn_no": "P1"}')
    lease = claim_one(store).lease
    store.finish("n1", [complete(lease, Status.PENDING, Outcome.UNKNOWN, delay_ms=60_000)])
    assert claim_ids(store) == []
    hospital.pass_time(61)
    lease = claim_one(store).lease
    assert lease == Lease(first, 2)
    store.finish("n1", [complete(lease, Status.COMPLETED, Outcome.OK)])
    assert claim_ids(store) == [second]


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


def test_a_backoff_waits_its_time(hospital: Any, complete: Make) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    lease = claim_one(store).lease
    store.finish("n1", [complete(lease, Status.PENDING, Outcome.NOT_SENT, delay_ms=5_000)])
    assert claim_ids(store) == []
    hospital.pass_time(6)
    assert claim_ids(store) == [number]


def test_release_gives_back_only_what_is_claimed_and_mine(hospital: Any, intend: Make) -> None:
    store = hospital.connect()
    numbers = [hospital.submit(MONEY) for _ in range(2)]
    sending, waiting = (request.lease for request in store.claim(Claim("n1", 2)))
    store.begin_send("n1", 30, [intend(sending)])
    assert store.release("n2", [waiting]) == 0
    assert store.release("n1", [Lease(waiting.request_id, 7), Lease(99, 1)]) == 0
    assert store.release("n1", [sending, waiting]) == 1
    seen = hospital.see(numbers[1])
    assert (seen.status, seen.tries, seen.sends) == (Status.PENDING, 0, 0)
    assert claim_one(store).lease == Lease(numbers[1], 2)


def test_renew_keeps_a_lease_and_tells_what_is_lost(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    numbers = [hospital.submit(MONEY) for _ in range(3)]
    leases = [request.lease for request in store.claim(Claim("n1", 3))]
    store.begin_send("n1", 30, [intend(leases[1])])
    store.finish("n1", [complete(leases[2], Status.ERROR)])
    hospital.pass_time(20)
    assert store.renew("n2", 30, leases) == set()
    assert store.renew("n1", 30, leases) == set(numbers[:2])
    hospital.pass_time(20)
    assert store.rescue("n1", RescuePatience(5)) == []
    hospital.pass_time(20)
    assert dict(store.rescue("n1", RescuePatience(5))) == {
        numbers[0]: Status.PENDING,
        numbers[1]: Status.UNCERTAIN,
    }
    assert store.renew("n1", 30, leases) == set()


@pytest.mark.parametrize(("code", "status"), [(QUERY, Status.PENDING), (MONEY, Status.UNCERTAIN)])
def test_a_lease_that_ends_while_sending(hospital: Any, intend: Make, code: str, status: Status) -> None:
    store = hospital.connect()
    number = hospital.submit(code)
    store.begin_send("n1", 30, [intend(claim_one(store).lease)])
    assert store.rescue("n1", RescuePatience(5)) == []
    hospital.pass_time(31)
    assert store.rescue("n1", RescuePatience(5)) == [(number, status)]
    assert hospital.see(number).rescues == 1


@pytest.mark.parametrize("code", [QUERY, MONEY])
def test_a_request_that_keeps_costing_its_node_the_lease_ends(hospital: Any, code: str) -> None:
    store = hospital.connect()
    number = hospital.submit(code, timeout=3600)
    for _ in range(2):
        claim_one(store)
        hospital.pass_time(31)
        assert store.rescue("n1", RescuePatience(3)) == [(number, Status.PENDING)]
    claim_one(store)
    hospital.pass_time(31)
    assert store.rescue("n1", RescuePatience(3)) == [(number, Status.ERROR)]
    assert hospital.see(number).error_code == -1004


def test_nobody_took_it_in_time(hospital: Any) -> None:
    store = hospital.connect()
    short, long = hospital.submit(QUERY, timeout=10), hospital.submit(QUERY, timeout=100)
    hospital.pass_time(11)
    assert store.rescue("n1", RescuePatience(5)) == [(short, Status.TIMEOUT)]
    assert hospital.see(short).error_code == -1005
    assert claim_ids(store) == [long]


def test_a_claim_never_takes_what_is_over_its_time(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY, timeout=10)
    hospital.pass_time(11)
    assert claim_ids(store) == []
    assert hospital.see(number).status is Status.TIMEOUT


def test_what_was_claimed_is_neither_cancelled_nor_timed_out(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY, timeout=10)
    claim_one(store)
    hospital.pass_time(11)
    assert not hospital.cancel(number)
    assert not hospital.expire(number)
    assert store.rescue("n1", RescuePatience(5)) == []
    assert hospital.see(number).status is Status.CLAIMED


@pytest.mark.parametrize("ends", ["cancel", "expire"])
def test_what_may_have_been_sent_is_never_taken_back(hospital: Any, complete: Make, ends: str) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY, timeout=10)
    store.finish("n1", [complete(claim_one(store).lease, Status.PENDING, Outcome.UNKNOWN)])
    hospital.pass_time(11)
    assert not getattr(hospital, ends)(number)
    assert store.rescue("n1", RescuePatience(5)) == []
    assert claim_ids(store) == [number]


def test_a_query_rescued_before_any_intent_may_have_been_sent(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    claim_one(store)
    hospital.pass_time(31)
    store.rescue("n1", RescuePatience(5))
    assert not hospital.cancel(number)
    assert hospital.see(number).status is Status.PENDING


@pytest.mark.parametrize("ends", ["cancel", "expire"])
def test_what_was_surely_not_sent_may_be_taken_back(
    hospital: Any, complete: Make, intend: Make, ends: str
) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY)
    lease = claim_one(store).lease
    store.begin_send("n1", 30, [intend(lease)])
    store.finish("n1", [complete(lease, Status.PENDING, Outcome.NOT_SENT, delay_ms=5_000)])
    assert getattr(hospital, ends)(number)
    assert hospital.see(number).status in (Status.CANCELLED, Status.TIMEOUT)
    hospital.pass_time(10)
    assert claim_ids(store) == []


def test_cancel_may_be_repeated_and_is_final(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    assert hospital.cancel(number)
    assert hospital.cancel(number)
    assert not hospital.expire(number)
    assert claim_ids(store) == []
    assert hospital.result(number)[:2] == ("CANCELLED", "CANCELLED")


def test_msgid_numbers_are_unique_and_rise(hospital: Any) -> None:
    store = hospital.connect()
    given: list[int] = []
    for _ in range(3):
        for _ in range(3):
            hospital.submit(QUERY)
        given += [request.msgid_number for request in store.claim(Claim("n1", 3))]
    assert given == sorted(set(given))


def test_msgid_numbers_rise_when_the_counter_runs_ahead_of_the_clock(hospital: Any) -> None:
    first = hospital.take_msgids(10_000_000)
    second = hospital.take_msgids(5)
    assert second == first + 10_000_000
    hospital.submit(QUERY)
    assert claim_one(hospital.connect()).msgid_number == second + 5


def test_a_business_key_is_submitted_once(hospital: Any) -> None:
    store = hospital.connect()
    first = hospital.submit(QUERY, business_key="B1")
    assert hospital.submit(QUERY, business_key="B1") == first
    assert hospital.submit(QUERY, business_key="B1", org_code="H99010100001") != first
    assert hospital.submit(UPLOAD, business_key="B1") != first
    assert len(claim_ids(store)) == 3
    assert hospital.submit(QUERY, business_key="B1") == first


def test_a_waiting_claim_returns_when_work_comes(hospital: Any) -> None:
    store = hospital.connect()
    taken: list[int] = []
    waiter = threading.Thread(target=lambda: taken.extend(claim_ids(store, wait_ms=20_000)))
    waiter.start()
    number = hospital.submit(QUERY)
    waiter.join(20)
    assert taken == [number]


def test_an_interrupt_ends_the_wait_and_loses_nothing(hospital: Any) -> None:
    store = hospital.connect()
    taken: list[list[int]] = []
    waiter = threading.Thread(target=lambda: taken.append(claim_ids(store, wait_ms=60_000)))
    waiter.start()
    while waiter.is_alive():
        store.interrupt()
        waiter.join(0.05)
    assert taken == [[]]
    number = hospital.submit(QUERY)
    assert claim_ids(store) == [number]


def test_an_empty_claim_waits_no_longer_than_it_was_told(hospital: Any) -> None:
    store = hospital.connect()
    started = time.monotonic()
    assert claim_ids(store, wait_ms=50) == []
    assert time.monotonic() - started >= 0.05


def test_heartbeat_tells_the_databases_clock(hospital: Any) -> None:
    store = hospital.connect()
    beat = Heartbeat("n1", "host", 12, "0.1.0", "RUNNING", in_flight=3, completed=7)
    first = store.heartbeat(beat)
    assert first > 1_700_000_000_000
    assert store.heartbeat(beat) >= first


def test_a_condition_may_be_reported_again_and_ended(hospital: Any) -> None:
    store = hospital.connect()
    store.condition("BREAKER_OPEN", "n1", "连接不上")
    store.condition("BREAKER_OPEN", "n1", "仍然连接不上")
    store.condition("BREAKER_OPEN", "n1", "")
    store.condition("BREAKER_OPEN", "n1", "")
    store.stop()
    assert claim_ids(store) == []


def test_empty_batches_do_nothing(hospital: Any) -> None:
    store = hospital.connect()
    assert store.begin_send("n1", 30, []) == set()
    assert store.finish("n1", []) == set()
    assert store.renew("n1", 30, []) == set()
    assert store.release("n1", []) == 0
