"""Waits between tries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.domain.backoff import Backoff


def test_waits_grow_up_to_the_cap() -> None:
    backoff = Backoff(base_seconds=1, cap_seconds=10, factor=2)
    assert [backoff.delay(tries, draw=1) for tries in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert [backoff.delay(tries, draw=0) for tries in range(1, 4)] == [0.5, 1, 2]


def test_no_try_counts_as_the_first() -> None:
    assert Backoff(base_seconds=1).delay(0, draw=1) == Backoff(base_seconds=1).delay(1, draw=1) == 1


@given(tries=st.integers(0, 500), draw=st.one_of(st.none(), st.floats(0, 1)))
def test_a_wait_stays_between_half_and_whole(tries: int, draw: float | None) -> None:
    backoff = Backoff(base_seconds=0.5, cap_seconds=30, factor=2)
    ceiling = min(30.0, 0.5 * 2.0 ** (max(tries, 1) - 1))
    assert ceiling / 2 <= backoff.delay(tries, draw=draw) <= ceiling


def test_nodes_do_not_come_back_together() -> None:
    assert len({Backoff().delay(5) for _ in range(20)}) > 1
