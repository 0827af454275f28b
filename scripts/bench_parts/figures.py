"""What the bench found, beside what was hoped for: medians, spreads, targets; as a table or as JSON."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be.

    Args:
        limit: in the figure's own unit.
        least: whether more is better; otherwise less is.
    """

    limit: float
    least: bool = False

    def met(self, value: float) -> bool:
        """Tell whether a value is good enough."""
        return value >= self.limit if self.least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.least else '≤'} {number(self.limit)}"


def at_least(limit: float) -> Target:
    """More is better."""
    return Target(limit, least=True)


def at_most(limit: float) -> Target:
    """Less is better."""
    return Target(limit)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Args:
        name: for scripts: ``throughput.q.0ms``.
        title: for people.
        unit: of the values and the target.
        values: one a run.
        target: of design section 8; None where a figure only explains another.
    """

    name: str
    title: str
    unit: str
    values: Sequence[float]
    target: Target | None = None

    @property
    def median(self) -> float:
        """The middle of the runs."""
        return statistics.median(self.values)

    @property
    def verdict(self) -> str:
        """``ok``, ``missed``, or nothing where there is no target."""
        if self.target is None:
            return ""
        return "ok" if self.target.met(self.median) else "missed"

    def as_json(self) -> dict[str, Any]:
        """Return the line for scripts."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "runs": len(self.values),
            "target": None if self.target is None else str(self.target),
            "verdict": self.verdict,
        }


def number(value: float) -> str:
    """Return a figure with three digits that count, thousands apart."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}" if abs(value) < 1000 else f"{value:,.0f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of the values does not exceed.

    Args:
        values: at least one.
        share: above 0, at most 1.
    """
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


def table(figures: Sequence[Figure], title: str) -> Table:
    """Return the figures for people."""
    result = Table(title=title, title_justify="left", header_style="bold")
    result.add_column("measure")
    for column in ("median", "min", "max", "target"):
        result.add_column(column, justify="right")
    result.add_column("unit")
    result.add_column("")
    for figure in figures:
        middle, low, high = map(number, (figure.median, min(figure.values), max(figure.values)))
        style = {"missed": "bold red", "ok": "green"}.get(figure.verdict, "")
        result.add_row(
            figure.title,
            middle,
            low,
            high,
            str(figure.target or ""),
            figure.unit,
            f"[{style}]{figure.verdict}[/]" if style else "",
        )
    return result
