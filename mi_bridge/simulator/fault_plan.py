"""Decides what goes wrong with the message at hand."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from mi_bridge.simulator.faults import Fault, FaultRule


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one message: how long it takes, and the one fault it meets, if any."""

    delay_s: float = 0.0
    rule: FaultRule | None = None

    @property
    def fault(self) -> Fault | None:
        """What it meets."""
        return self.rule.fault if self.rule else None

    def value(self, parameter: str, otherwise: Any = None) -> Any:
        """Return a parameter of its fault; ``otherwise`` where it meets none."""
        return self.rule.value(parameter) if self.rule else otherwise


@dataclass(slots=True)
class _Standing:
    """A rule and how often it has matched and struck."""

    rule: FaultRule
    chance: random.Random
    matched: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        return self.rule.times is not None and self.struck >= self.rule.times

    def strikes(self) -> bool:
        self.matched += 1
        if self.spent or self.matched <= self.rule.skip:
            return False
        if self.chance.random() >= self.rule.probability:
            return False
        self.struck += 1
        return True


class FaultPlan:
    """The rules in force. All latencies that strike add up; of the other faults the first that strikes is met.

    Args:
        seed: the same seed, rules and messages give the same fates.
        rules: the rules in force from the start.
    """

    def __init__(self, seed: int, rules: tuple[FaultRule, ...]) -> None:
        self._seed = seed
        self._added = 0
        self._rules: list[_Standing] = []
        self.add(rules)

    def add(self, rules: tuple[FaultRule, ...]) -> None:
        """Put further rules in force, after those there are."""
        for rule in rules:
            self._added += 1
            chance = random.Random(f"{self._seed}/{self._added}")  # noqa: S311 - chance that can be repeated
            self._rules.append(_Standing(rule, chance))

    def replace(self, rules: tuple[FaultRule, ...]) -> None:
        """Put these rules in force instead of those there are."""
        self._rules.clear()
        self._added = 0
        self.add(rules)

    def draw(self, infno: str) -> Fate:
        """Return what becomes of a message."""
        delay, met = 0.0, None
        for standing in self._rules:
            rule = standing.rule
            if rule.of_connection or not rule.matches(infno) or (met and rule.fault is not Fault.LATENCY):
                continue
            if not standing.strikes():
                continue
            if rule.fault is Fault.LATENCY:
                delay += rule.draw_latency(standing.chance)
            else:
                met = rule
        return Fate(delay, met)

    def draw_connection(self) -> bool:
        """Tell whether a new connection is to be reset."""
        resets = (one for one in self._rules if one.rule.fault is Fault.RESET_ON_ACCEPT)
        return any(one.strikes() for one in resets)

    def view(self) -> list[dict[str, Any]]:
        """Return the rules in force and how often each has struck, ready for JSON."""
        return [
            {
                **one.rule.model_dump(mode="json", exclude_none=True),
                "infno": list(one.rule.infno) or "*",
                "matched": one.matched,
                "struck": one.struck,
                "spent": one.spent,
            }
            for one in self._rules
        ]
