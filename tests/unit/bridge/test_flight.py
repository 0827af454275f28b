from __future__ import annotations

import time

from mi_bridge.bridge.flight import Flight
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import ClaimedRequest, Lease


def request(number: int) -> ClaimedRequest:
    return ClaimedRequest(Lease(number, 1), "1101", "{}", MoneyClass.QUERY)


def test_knows_what_is_in_flight_and_counts_what_is_done() -> None:
    flight = Flight()
    for number in (1, 2, 3):
        flight.enter(request(number), time.monotonic())
    flight.leave(Lease(2, 1))
    assert flight.leases() == [Lease(1, 1), Lease(3, 1)]
    assert (len(flight), flight.completed) == (2, 1)


def test_only_what_has_flown_for_a_while_needs_its_lease_renewed() -> None:
    flight = Flight()
    flight.enter(request(1), time.monotonic() - 20)
    flight.enter(request(2), time.monotonic())
    assert flight.leases(older_than_s=5) == [Lease(1, 1)]


def test_leaving_twice_counts_once() -> None:
    flight = Flight()
    flight.enter(request(1), time.monotonic())
    flight.leave(Lease(1, 1))
    flight.leave(Lease(1, 1))
    assert flight.completed == 1
