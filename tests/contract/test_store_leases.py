"""The store's contract: backoff, release, renewal, rescue, expiry, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import ClaimedRequest, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.store.port import Claim, RescuePatience

QUERY, MONEY = "1101", "2207"
Make = Callable[..., Any]


def claim_one(store: Any, **options: Any) -> ClaimedRequest:
    claimed: list[ClaimedRequest] = store.claim(Claim("n1", 1, **options))
    assert len(claimed) == 1
    return claimed[0]


def claim_ids(store: Any, capacity: int = 100, **options: Any) -> list[int]:
    return [request.request_id for request in store.claim(Claim("n1", capacity, **options))]


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


@pytest.mark.parametrize("stale_first", [True, False])
def test_of_two_intents_of_one_request_the_fresh_one_alone_is_written(
    hospital: Any, stale_first: bool
) -> None:
    """A node that lost its database holds a request by a lease that is over, and takes it anew."""
    store = hospital.connect()
    number = hospital.submit(MONEY, input_data='{"psn_no": "P1"}')
    [before] = store.claim(Claim("n1", 1, lease_seconds=5))
    hospital.pass_time(6)
    assert hospital.connect().rescue("n2", RescuePatience()) == [(number, Status.PENDING)]
    [after] = store.claim(Claim("n1", 1, lease_seconds=5))
    stale, fresh = (
        Intent(lease, name, "a" * 64) for lease, name in ((before.lease, "m1"), (after.lease, "m2"))
    )
    batch = [stale, fresh] if stale_first else [fresh, stale]
    assert store.begin_send("n1", 30, batch) == {number}
    assert [(one.msgid, one.epoch) for one in hospital.attempts(number)] == [("m2", 2)]
    assert store.begin_send("n1", 30, [stale]) == set()
