"""Which message meets which fault."""

from __future__ import annotations

from mi_bridge.simulator.fault_plan import FaultPlan
from mi_bridge.simulator.faults import Fault, FaultRule


def _plan(*rules: str, seed: int = 1) -> FaultPlan:
    return FaultPlan(seed, tuple(FaultRule.parse(rule) for rule in rules))


def _met(plan: FaultPlan, infno: str = "2207") -> Fault | None:
    rule = plan.draw(infno).rule
    return rule.fault if rule else None


def test_times_and_skip_pick_messages() -> None:
    plan = _plan("busy,infno=2207,skip=1,times=2")

    assert _met(plan, "2201") is None
    assert [_met(plan) for _ in range(5)] == [None, Fault.BUSY, Fault.BUSY, None, None]


def test_the_first_fault_that_strikes_is_met_and_latencies_add_up() -> None:
    plan = _plan("latency,ms=100", "busy,times=1", "reset_after", "latency,ms=50,infno=2207")

    fates = [plan.draw("2207"), plan.draw("2207"), plan.draw("2201")]

    assert [fate.rule.fault for fate in fates if fate.rule] == [
        Fault.BUSY,
        Fault.RESET_AFTER,
        Fault.RESET_AFTER,
    ]
    assert [round(fate.delay_s, 3) for fate in fates] == [0.15, 0.15, 0.1]


def test_the_same_seed_strikes_the_same_messages() -> None:
    def struck(seed: int) -> list[bool]:
        plan = _plan("busy,probability=0.3", seed=seed)
        return [_met(plan) is not None for _ in range(300)]

    assert struck(5) == struck(5)
    assert struck(5) != struck(6)
    assert 60 < sum(struck(5)) < 120


def test_rules_are_added_and_replaced() -> None:
    plan = _plan("busy")
    plan.add((FaultRule.parse("reset_after"),))
    plan.replace((FaultRule.parse("gbk,times=1"),))

    assert [_met(plan), _met(plan)] == [Fault.GBK, None]
    view = plan.view()
    assert [(one["fault"], one["matched"], one["struck"], one["spent"], one["infno"]) for one in view] == [
        ("gbk", 2, 1, True, "*")
    ]


def test_faults_of_connections_do_not_strike_messages() -> None:
    plan = _plan("reset_on_accept,times=1")

    assert _met(plan) is None
    assert [plan.draw_connection(), plan.draw_connection()] == [True, False]


def test_nothing_happens_where_nothing_was_asked_for() -> None:
    fate = _plan().draw("2207")

    assert (fate.delay_s, fate.rule) == (0.0, None)
