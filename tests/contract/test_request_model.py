"""Model against code: random interleavings of workers, resolvers, rescuers, HIS, people, time and a lying insurer.

The specification is the design's exhaustive model; here its steps move the product's own code on PostgreSQL and in memory
side by side. After every step: nothing lost (P1), nothing twice (P2), every terminal status true and for good (P3); and
from wherever the walk ends, everything comes to rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.status import Status
from walk import Explored, Walk, explore


@pytest.fixture
def begin(both: tuple[Callable[[], Any], Any]) -> Callable[[Explored], Walk]:
    """Start a walk on both sides, from nothing."""
    fresh, real = both

    def start(explored: Explored) -> Walk:
        real.forget()
        return Walk((fresh(), real), explored)

    return start


def test_the_promises_hold_on_every_walk(begin: Callable[[Explored], Walk]) -> None:
    explored = explore(begin, walks=60, length=60, same_each_time=True)
    assert explored.statuses >= set(Status) - {Status.ERROR}
    assert len(explored.states) > 60


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("quarter", range(1, 5))
def test_the_promises_hold_on_long_walks(quarter: int, begin: Callable[[Explored], Walk]) -> None:
    """A thousand walks, in four parts that other workers can take."""
    explored = explore(begin, walks=250, length=120, same_each_time=False)
    assert explored.statuses >= set(Status) - {Status.ERROR}
