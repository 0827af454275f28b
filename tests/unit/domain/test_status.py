"""The request's states and the ways between them."""

from __future__ import annotations

import itertools

import pytest

from mi_bridge.domain.status import LIVE, TERMINAL, TRANSITIONS, Status, may_pass


def test_every_status_has_its_ways() -> None:
    assert set(TRANSITIONS) == set(Status)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_nothing_leaves_a_terminal_status(status: Status) -> None:
    assert status.terminal
    assert not any(may_pass(status, target) for target in Status)


def test_a_status_waits_lives_or_has_ended() -> None:
    assert not TERMINAL & LIVE
    assert set(Status) - TERMINAL - LIVE == {Status.PENDING}
    assert {status for status in Status if status.live} == LIVE


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Status.PENDING, Status.SENDING),
        (Status.SENDING, Status.CANCELLED),
        (Status.SENDING, Status.TIMEOUT),
        (Status.CLAIMED, Status.CANCELLED),
        (Status.UNCERTAIN, Status.PENDING),
        (Status.UNCERTAIN, Status.ERROR),
        (Status.UNCERTAIN, Status.REVERSED),
        (Status.REVERSING, Status.COMPLETED),
        (Status.REVERSING, Status.UNCERTAIN),
        (Status.MANUAL, Status.PENDING),
    ],
)
def test_shortcuts_that_act_twice_or_lie_are_closed(source: Status, target: Status) -> None:
    assert not may_pass(source, target)


def reachable(start: Status) -> set[Status]:
    seen = {start}
    for _ in itertools.repeat(None, len(Status)):
        seen |= {target for status in seen for target in TRANSITIONS[status]}
    return seen


@pytest.mark.parametrize("status", sorted(set(Status) - TERMINAL))
def test_every_open_status_can_end(status: Status) -> None:
    assert reachable(status) & TERMINAL


def test_every_status_is_reached_from_the_queue() -> None:
    assert reachable(Status.PENDING) == set(Status)


def test_once_it_may_have_taken_effect_it_never_waits_again() -> None:
    assert Status.PENDING not in reachable(Status.UNCERTAIN)
    assert Status.PENDING not in reachable(Status.REVERSING)


def test_once_a_reversal_is_on_its_way_only_a_person_may_call_it_done() -> None:
    without_people = set(TRANSITIONS[Status.REVERSING])
    assert Status.COMPLETED not in without_people
    assert without_people == {Status.REVERSING, Status.REVERSED, Status.MANUAL}
