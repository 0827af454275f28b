"""The database's time between two heartbeats."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from mi_bridge.bridge.database_clock import DatabaseClock

NOON = 1_780_000_000.0


class Machine:
    """A machine with a clock that can be set and one that cannot."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 77.0

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def clock(self) -> DatabaseClock:
        return DatabaseClock(lambda: self.wall, lambda: self.steady)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_before_the_database_is_heard_it_is_the_machines_time(machine: Machine) -> None:
    clock = machine.clock()
    machine.passes(5)
    assert clock() == NOON + 5


@pytest.mark.parametrize("off_s", [-3600, 0, 3600])
def test_once_heard_it_is_the_databases_whatever_the_machine_says(machine: Machine, off_s: float) -> None:
    clock = machine.clock()
    clock.hear(round((NOON + off_s) * 1000))
    machine.passes(10)
    assert clock() == NOON + off_s + 10


def test_somebody_sets_the_machines_clock(machine: Machine) -> None:
    clock = machine.clock()
    clock.hear(round(NOON * 1000))
    machine.wall -= 86400
    machine.passes(1)
    assert clock() == NOON + 1


def test_it_follows_the_database_when_that_is_set(machine: Machine) -> None:
    clock = machine.clock()
    clock.hear(round(NOON * 1000))
    clock.hear(round((NOON - 30) * 1000))
    assert clock() == NOON - 30


def test_a_clock_that_is_off_is_told_once_and_so_is_its_end(machine: Machine) -> None:
    clock = machine.clock()
    with capture_logs() as lines:
        for off_s in (59, 60, 61, 3600, 0, 1):
            clock.hear(round((NOON - off_s) * 1000))
    assert [(line["log_level"], line.get("off_s")) for line in lines] == [
        ("warning", 60),
        ("warning", 3600),
        ("info", None),
    ]
