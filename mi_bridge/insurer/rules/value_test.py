"""The tests of a value, compiled: each tells yes, no, or that the value is none it could judge."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from mi_bridge.insurer.check.blank import blank
from mi_bridge.insurer.check.dictionary import find_dictionary
from mi_bridge.insurer.rules.pattern import find_pattern
from mi_bridge.insurer.rules.rule_text import Lookup, Tests
from mi_bridge.insurer.rules.scene import Row, Scene

ValueTest = Callable[[Any, Row, Scene], bool | None]
_Judge = Callable[[str, Row, Scene], bool | None]
_DURATION = re.compile(r"(\d{1,4})/(\d{1,2})/(\d{1,2})", re.ASCII)
_DIGITS = 64
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?", re.ASCII)


def compile_tests(text: Tests, place: Path) -> ValueTest:
    """Return all tests of a rule or condition as one.

    Args:
        text: as written.
        place: folder of the tables that ``lookup`` names.

    Returns:
        A function of value, row and scene: whether the value fulfils them; None where it says nothing or cannot be judged.

    Raises:
        ValueError: a pattern, code table or table does not exist.
    """
    judges = [_MAKERS[name](getattr(text, name), place) for name in sorted(text.tests() - {"present"})]

    def all_of(value: str, row: Row, scene: Scene) -> bool | None:
        verdicts = [judge(value, row, scene) for judge in judges]
        return False if False in verdicts else (None if None in verdicts else True)

    def test(value: Any, row: Row, scene: Scene) -> bool | None:
        if text.present is not None and blank(value) is text.present:
            return False
        if not judges:
            return True
        if blank(value) or not isinstance(value, str):
            return None
        pieces = value.split(text.split) if text.split else [value]
        verdicts = [all_of(piece.strip() if text.split else piece, row, scene) for piece in pieces]
        return False if False in verdicts else (None if None in verdicts else True)

    return test


def _one_of(words: tuple[str, ...], _: Path) -> _Judge:
    known = frozenset(words)
    return lambda value, _row, _scene: value in known


def _not_one_of(words: tuple[str, ...], _: Path) -> _Judge:
    known = frozenset(words)
    return lambda value, _row, _scene: value not in known


def _starts_with(words: tuple[str, ...], _: Path) -> _Judge:
    return lambda value, _row, _scene: value.startswith(words)


def _dictionary(code: str, _: Path) -> _Judge:
    values = find_dictionary(code).values
    return lambda value, _row, _scene: value in values


def _matches(pattern: str, _: Path) -> _Judge:
    found = find_pattern(pattern).search
    return lambda value, _row, _scene: bool(found(value))


def _not_matches(pattern: str, _: Path) -> _Judge:
    found = find_pattern(pattern).search
    return lambda value, _row, _scene: not found(value)


def _number(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    # nobody means the others, and their arithmetic can fail
    return number if number.is_finite() and abs(number.adjusted()) <= _DIGITS else None


def _numeric(bound: Decimal, _: Path, *, holds: Callable[[Decimal, Decimal], bool]) -> _Judge:
    def judge(value: str, _row: Row, _scene: Scene) -> bool | None:
        number = _number(value)
        return None if number is None else holds(number, bound)

    return judge


def _hours_over(bound: Decimal, _: Path) -> _Judge:
    def judge(value: str, _row: Row, _scene: Scene) -> bool | None:
        found = _DURATION.fullmatch(value)
        if found is None:
            return None
        days, hours, minutes = map(int, found.groups())
        return days * 24 + hours + Decimal(minutes) / 60 > bound

    return judge


def _placed(reference: str, _: Path, *, holds: Callable[[str, str], bool]) -> _Judge:
    def judge(value: str, row: Row, scene: Scene) -> bool | None:
        other = scene.value(reference, row)
        if not isinstance(other, str) or not (_MOMENT.fullmatch(value) and _MOMENT.fullmatch(other)):
            return None
        # a day beside a time is compared by the day; this form of writing sorts as time does
        length = min(len(value), len(other))
        return holds(value[:length], other[:length])

    return judge


def _lookup(lookup: Lookup, place: Path) -> _Judge:
    table = _table(place / lookup.table, lookup)

    def judge(value: str, row: Row, _scene: Scene) -> bool | None:
        known = table.get(value)
        if known is None:
            return False
        return all(
            blank(row.get(field)) or row[field] == name
            for field, name in zip(lookup.same, known, strict=True)
        )

    return judge


def _table(path: Path, lookup: Lookup) -> dict[str, tuple[str, ...]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            lacking = {lookup.key, *lookup.same.values()} - set(reader.fieldnames or ())
            if lacking:
                raise ValueError(f"table {path.name} has no column {', '.join(sorted(lacking))}")
            return {row[lookup.key]: tuple(row[name] for name in lookup.same.values()) for row in reader}
    except (OSError, UnicodeDecodeError) as fault:
        raise ValueError(f"table {path.name} cannot be read ({fault})") from fault


_MAKERS: Mapping[str, Callable[[Any, Path], _Judge]] = {
    "one_of": _one_of,
    "not_one_of": _not_one_of,
    "starts_with": _starts_with,
    "dictionary": _dictionary,
    "matches": _matches,
    "not_matches": _not_matches,
    "at_least": partial(_numeric, holds=lambda number, bound: number >= bound),
    "at_most": partial(_numeric, holds=lambda number, bound: number <= bound),
    "multiple_of": partial(_numeric, holds=lambda number, bound: number % bound == 0),
    "hours_over": _hours_over,
    "before": partial(_placed, holds=lambda value, other: value < other),
    "not_before": partial(_placed, holds=lambda value, other: value >= other),
    "after": partial(_placed, holds=lambda value, other: value > other),
    "not_after": partial(_placed, holds=lambda value, other: value <= other),
    "lookup": _lookup,
}
