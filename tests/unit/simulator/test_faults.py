"""Fault rules: what they take, and what they say of what they do not take."""

from __future__ import annotations

import random
from statistics import median

import pytest
from pydantic import ValidationError

from mi_bridge.simulator.faults import PARAMETERS, Fault, FaultRule


@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_needs_nothing_but_its_name(fault: Fault) -> None:
    rule = FaultRule.model_validate({"fault": fault.value})

    assert all(rule.value(name) == value for name, value in PARAMETERS.get(fault, {}).items())


@pytest.mark.parametrize(
    ("infno", "matches"), [("*", True), ("2207", True), (["2206", "2207"], True), ("2206", False)]
)
def test_a_rule_is_for_one_code_several_or_all(infno: object, matches: bool) -> None:
    assert FaultRule.model_validate({"fault": "busy", "infno": infno}).matches("2207") is matches


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"fault": "explode"}, "Input should be 'latency'"),
        ({"fault": "busy", "seconds": 1}, "busy does not know seconds; its parameters: none of its own"),
        ({"fault": "dripping", "ms": 1}, "its parameters: chunk_bytes, interval_ms"),
        ({"fault": "busy", "colour": "red"}, "Extra inputs are not permitted"),
        ({"fault": "busy", "probability": 1.5}, "less than or equal to 1"),
        ({"fault": "busy", "times": 0}, "greater than or equal to 1"),
        ({"fault": "error_before", "status": 404}, "greater than or equal to 500"),
        (
            {"fault": "latency", "distribution": "uniform", "from_ms": 9, "to_ms": 1},
            "from_ms is greater than to_ms",
        ),
        ({"fault": "refuse_connections", "infno": "2207"}, "before a transaction is known"),
    ],
)
def test_a_rule_that_makes_no_sense_says_why(rule: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        FaultRule.model_validate(rule)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("busy", {"fault": "busy"}),
        ("reset_after,infno=2207,times=1", {"fault": "reset_after", "infno": "2207", "times": 1}),
        (
            "latency,distribution=uniform,from_ms=5,to_ms=9",
            {"fault": "latency", "distribution": "uniform", "from_ms": 5, "to_ms": 9},
        ),
        (
            "empty_body,infno=2201+2207,acts=false",
            {"fault": "empty_body", "infno": ["2201", "2207"], "acts": False},
        ),
        ("busy,infno=*", {"fault": "busy"}),
    ],
)
def test_the_command_line_writes_the_same_rules(text: str, rule: dict[str, object]) -> None:
    assert FaultRule.parse(text) == FaultRule.model_validate(rule)


def test_a_part_without_a_value_is_refused() -> None:
    with pytest.raises(ValueError, match="'infno' is no key=value"):
        FaultRule.parse("busy,infno")


def test_latencies_have_their_distributions() -> None:
    chance = random.Random(1)  # noqa: S311 - chance that can be repeated
    uniform = FaultRule.parse("latency,distribution=uniform,from_ms=10,to_ms=20")
    lognormal = FaultRule.parse("latency,distribution=lognormal,median_ms=80,sigma=0.6")

    assert FaultRule.parse("latency,ms=50").draw_latency(chance) == 0.05
    assert all(0.01 <= uniform.draw_latency(chance) <= 0.02 for _ in range(100))
    assert 0.07 < median(lognormal.draw_latency(chance) for _ in range(2000)) < 0.09
