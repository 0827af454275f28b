"""Where a claim begins to look: past what is dead, and not past what follows a straggler."""

from __future__ import annotations

from mi_bridge.bridge.claimer import _Floor
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import ClaimedRequest, Lease


def claimed(rank: int) -> list[ClaimedRequest]:
    return [ClaimedRequest(Lease(1, 1), "2301", "{}", MoneyClass.MONEY, queue_rank=rank)]


def busy(floor: _Floor, rank: int, now: float) -> None:
    floor.learn(claimed(rank), now, exhausted=True)


def test_the_floor_rises_with_what_is_claimed() -> None:
    floor = _Floor()
    assert floor.rank(100.0) == 0
    busy(floor, 50_000, 100.0)
    assert floor.rank(100.5) == 48_000
    floor.learn([], 100.6, exhausted=True)
    floor.learn(claimed(90_000), 100.7, exhausted=False)
    assert floor.rank(100.8) == 48_000
    assert floor.rank(101.1) == 0  # the look for stragglers, once a second


def test_the_followers_of_a_straggler_are_looked_for_at_once() -> None:
    floor = _Floor()
    floor.rank(100.0)
    busy(floor, 50_000, 100.0)
    busy(floor, 10_000, 100.1)  # the next part of a large request, found by the look for stragglers
    busy(floor, 60_000, 100.2)
    assert floor.rank(100.3) == 10_000
    floor.rank(105.2)
    assert floor.rank(105.3) == 58_000  # nobody followed for five seconds
