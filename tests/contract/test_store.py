"""The store's contract, the same on every database and in memory: claims, order, waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import ClaimedRequest, Heartbeat, Lease
from mi_bridge.domain.status import Status
from mi_bridge.insurer.msgid_layout import MsgidLayout
from mi_bridge.store.port import Claim

QUERY, UPLOAD, MONEY = "1101", "3501", "2207"
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


@pytest.mark.parametrize("layout", MsgidLayout)
def test_each_layout_of_message_numbers_gets_its_own_and_none_comes_twice(
    hospital: Any, layout: MsgidLayout
) -> None:
    texts: list[str] = []
    try:
        for spoken in (layout, MsgidLayout.SEQUENCE, layout, MsgidLayout.MILLISECOND, layout):
            hospital.sync_msgid_step(spoken.step)
            first = hospital.take_msgids(3)
            texts += [spoken.write(first + place * spoken.step) for place in range(3)]
            store = hospital.connect()
            for _ in range(2):
                hospital.submit(QUERY)
            texts += [spoken.write(request.msgid_number) for request in store.claim(Claim("n1", 2))]
    finally:
        hospital.sync_msgid_step(1)

    assert len(texts) == 25
    assert len(set(texts)) == len(texts)


def test_a_step_is_told_once(hospital: Any) -> None:
    assert hospital.sync_msgid_step(1) == 0
    assert hospital.sync_msgid_step(10) == 1
    assert hospital.sync_msgid_step(10) == 0
    assert hospital.sync_msgid_step(1) == 1
