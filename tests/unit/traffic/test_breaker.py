from __future__ import annotations

from mi_bridge.domain.outcome import Outcome
from mi_bridge.traffic.breaker import Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock, failures: int = 3) -> Breaker:
    breaker = Breaker(failures=failures, first_pause_s=1, longest_pause_s=4, clock=clock)
    for _ in range(failures):
        breaker.record(Outcome.NOT_SENT)
    return breaker


def test_admits_all_while_messages_arrive() -> None:
    breaker = Breaker(failures=2, clock=Clock())
    breaker.record(Outcome.NOT_SENT)
    breaker.record(Outcome.REFUSED)
    breaker.record(Outcome.NOT_SENT)
    assert breaker.admit(200) == 200
    assert not breaker.is_open


def test_opens_after_failures_in_a_row_and_says_so_once() -> None:
    clock = Clock()
    breaker = Breaker(failures=2, clock=clock)
    assert [breaker.record(Outcome.NOT_SENT) for _ in range(3)] == [False, True, False]
    assert breaker.admit(200) == 0


def test_only_proof_of_not_being_sent_counts() -> None:
    breaker = Breaker(failures=1, clock=Clock())
    for outcome in set(Outcome) - {Outcome.NOT_SENT}:
        breaker.record(outcome)
        assert not breaker.is_open


def test_lets_one_try_after_the_pause_and_no_second_beside_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1.1
    assert [breaker.admit(50), breaker.admit(50)] == [1, 0]


def test_a_try_that_is_not_used_up_by_asking_for_nothing() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1.1
    assert [breaker.admit(0), breaker.admit(50)] == [0, 1]


def test_the_pause_doubles_up_to_its_limit_and_starts_anew_after_success() -> None:
    clock = Clock()
    breaker = opened(clock)
    pauses = []
    for _ in range(4):
        pauses.append(_pause(breaker, clock))
        breaker.admit(1)
        breaker.record(Outcome.NOT_SENT)
    assert pauses == [1, 2, 4, 4]
    assert breaker.record(Outcome.OK)
    for _ in range(3):
        breaker.record(Outcome.NOT_SENT)
    assert _pause(breaker, clock) == 1


def test_failures_of_messages_already_on_their_way_do_not_lengthen_the_pause() -> None:
    clock = Clock()
    breaker = opened(clock)
    for _ in range(100):
        breaker.record(Outcome.NOT_SENT)
    assert _pause(breaker, clock) == 1


def test_a_try_whose_end_nobody_hears_of_does_not_shut_the_door_for_good() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1.1
    assert breaker.admit(1) == 1
    clock.now += 4.1
    assert breaker.admit(1) == 1


def _pause(breaker: Breaker, clock: Clock) -> int:
    for second in range(1, 20):
        clock.now += 1
        if breaker.admit(0) == 0 and breaker._clock() >= breaker._shut_until:
            return second
    raise AssertionError("the breaker never lets anyone try")
