"""Nodes come and go: the dead are known by their connections, jobs run once, and no node's clock matters."""

from __future__ import annotations

import time
from typing import Any

import pytest

from hospitals import MONEY, QUERY
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Heartbeat, Intent
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepKind
from mi_bridge.store.port import Claim, RescuePatience
from unresolved import LEASE_S, RESOLVER, WORKER, sending, uncertain

PATIENCE = RescuePatience(quiet_seconds=100, grace_seconds=5)
LONG_S = 3600


def test_what_a_dead_node_held_is_rescued_without_waiting_for_its_lease(hospital: Any) -> None:
    store = hospital.connect(attend=WORKER)
    other = hospital.connect(attend="other")
    query, money = hospital.submit(QUERY), hospital.submit(MONEY)
    leases = [request.lease for request in store.claim(Claim(WORKER, 2, lease_seconds=LONG_S))]
    store.begin_send(WORKER, LONG_S, [Intent(leases[1], "m", "a" * 64)])
    assert other.rescue("other", PATIENCE) == []
    hospital.lose_connections(WORKER)
    assert dict(other.rescue("other", PATIENCE)) == {query: Status.PENDING, money: Status.UNCERTAIN}
    assert other.rescue("other", PATIENCE) == []


def test_a_node_lives_while_it_has_one_connection_left(hospital: Any) -> None:
    first, second = hospital.connect(attend=WORKER), hospital.connect(attend=WORKER)
    other = hospital.connect()
    number = hospital.submit(QUERY)
    first.claim(Claim(WORKER, 1, lease_seconds=LONG_S))
    first.close()
    assert other.rescue("other", PATIENCE) == []
    second.close()
    assert _soon(other) == [(number, Status.PENDING)]


def _soon(store: Any) -> Any:
    """A server sees a closed connection within milliseconds."""
    until = time.monotonic() + 10
    while not (rescued := store.rescue("other", PATIENCE)) and time.monotonic() < until:
        time.sleep(0.005)
    return rescued


def test_a_living_node_loses_nothing_but_by_its_lease(hospital: Any) -> None:
    store = hospital.connect(attend=WORKER)
    number = hospital.submit(QUERY)
    store.claim(Claim(WORKER, 1, lease_seconds=30))
    assert hospital.connect().rescue("other", PATIENCE) == []
    hospital.pass_time(31)
    assert hospital.connect().rescue("other", PATIENCE) == [(number, Status.PENDING)]


def test_a_node_does_not_bury_itself(hospital: Any) -> None:
    store = hospital.connect()
    hospital.submit(QUERY)
    store.claim(Claim(WORKER, 1, lease_seconds=LONG_S))
    assert store.rescue(WORKER, PATIENCE) == []


def test_a_node_that_comes_back_is_fenced_off_and_may_work_again(hospital: Any) -> None:
    case = sending(hospital, store=hospital.connect(attend=WORKER))
    hospital.lose_connections(WORKER)
    other = hospital.connect()
    assert other.rescue("other", PATIENCE) == [(case.number, Status.UNCERTAIN)]
    case.store = hospital.connect(attend=WORKER)
    assert case.store.renew(WORKER, LONG_S, [case.lease]) == set()
    assert case.late(Outcome.OK), "its answer came within the grace"
    hospital.submit(QUERY)
    assert len(case.store.claim(Claim(WORKER, 1, lease_seconds=LONG_S))) == 1
    assert other.rescue("other", PATIENCE) == []


def test_a_dead_resolvers_step_is_taken_over_at_once(hospital: Any) -> None:
    case = uncertain(hospital, store=hospital.connect(attend=RESOLVER))
    case.lease_step()
    msgid = case.begin()
    other = hospital.connect()
    assert other.claim_uncertain("other", 5, LEASE_S) == []
    assert other.rescue("other", PATIENCE) == []
    hospital.lose_connections(RESOLVER)
    other.rescue("other", PATIENCE)
    (held,) = other.claim_uncertain("other", 5, LEASE_S)
    assert (held.resolve_epoch, held.status, held.resolve_tries) == (2, Status.REVERSING, 1)
    case.store = other
    assert case.begin(StepKind.REVERSAL) == ""
    assert not case.finish(Status.REVERSED, msgid, Outcome.OK)


@pytest.mark.parametrize("job", ["housekeep", "对账"])
def test_a_job_is_led_by_one_node_for_its_term(hospital: Any, job: str) -> None:
    first, second = hospital.connect(), hospital.connect()
    assert first.lead(job, "n1", 60)
    assert not second.lead(job, "n2", 60)
    assert second.lead("another job", "n2", 60)
    hospital.pass_time(50)
    assert first.lead(job, "n1", 60), "the leader may prolong its term"
    hospital.pass_time(50)
    assert not second.lead(job, "n2", 60)
    hospital.pass_time(11)
    assert second.lead(job, "n2", 60)
    assert not first.lead(job, "n1", 60)


def test_housekeeping_forgets_nodes_that_were_silent_for_a_week(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(QUERY)
    store.heartbeat(Heartbeat("old", "host", 1, "0.1.0", "STOPPED"))
    hospital.pass_time(6 * 24 * LONG_S)
    store.heartbeat(Heartbeat("new", "host", 2, "0.1.0", "RUNNING"))
    assert store.housekeep() == 0
    hospital.pass_time(2 * 24 * LONG_S)
    assert store.housekeep() == 1
    assert store.housekeep() == 0
    assert hospital.see(number).status is Status.PENDING


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_nodes_own_clock_decides_nothing(
    hospital: Any, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node's wall clock is an hour off; leases, backoffs, quiet periods and terms stand as they are."""
    true = time.time
    store = hospital.connect(attend=WORKER)
    case = uncertain(hospital)
    hospital.submit(QUERY)
    assert store.lead("job", "n1", 60)
    monkeypatch.setattr(time, "time", lambda: true() + hours * LONG_S)
    assert len(store.claim(Claim(WORKER, 1, lease_seconds=30))) == 1
    assert hospital.connect().rescue("other", PATIENCE) == []
    assert not store.lead("job", "n2", 60)
    assert 0 < case.lease_step().quiet_ms <= 100_000
    assert not case.finish(Status.REVERSED, case.begin(), Outcome.REFUSED, needs_quiet=True)
