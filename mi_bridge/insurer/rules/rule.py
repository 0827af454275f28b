"""One rule, ready to look at messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mi_bridge.insurer.check.blank import blank
from mi_bridge.insurer.rules.rule_text import Condition, Count, RuleText
from mi_bridge.insurer.rules.scene import Row, Scene
from mi_bridge.insurer.rules.value_test import compile_tests

Holds = Callable[[Row, Scene], bool]
Look = Callable[[Scene], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in force.

    Args:
        text: as written.
        file: name of its file.
        look: returns the places of a message where it is broken.
    """

    text: RuleText
    file: str
    look: Look

    @property
    def message(self) -> str:
        """What HIS reads."""
        return f"{self.text.message}（规则 {self.text.id}）"


def compile_rule(text: RuleText, file: Path) -> Rule:
    """Return a rule, ready.

    Raises:
        ValueError: a pattern, code table or table it names does not exist.
    """
    place = file.parent
    when = _all_of([_condition(part, place) for part in text.when])
    if text.count:
        look = _counting(text, _where(text.count, place), when)
    elif text.unique:
        look = _unique(text, when)
    elif text.require_any:
        look = _requiring_any(text, when)
    else:
        look = _testing(text, place, when)
    return Rule(text, file.name, look)


def _all_of(conditions: list[Holds]) -> Holds:
    return lambda row, scene: all(holds(row, scene) for holds in conditions)


def _condition(text: Condition, place: Path) -> Holds:
    test, field, node, negated = compile_tests(text, place), text.field, text.node, text.negated

    def here(row: Row, scene: Scene) -> bool:
        return test(row.get(field), row, scene) is True

    def anywhere(_: Row, scene: Scene) -> bool:
        return any(here(row, scene) for _path, row in scene.rows(node or ""))

    holds = here if node is None else anywhere
    return (lambda row, scene: not holds(row, scene)) if negated else holds


def _testing(text: RuleText, place: Path, when: Holds) -> Look:
    test = compile_tests(text, place)

    def look(scene: Scene) -> Iterator[str]:
        for path, row in scene.rows(text.node):
            broken = [field for field in text.fields if test(row.get(field), row, scene) is False]
            if broken and when(row, scene):
                yield from (f"{path}.{field}" for field in broken)

    return look


def _requiring_any(text: RuleText, when: Holds) -> Look:
    def look(scene: Scene) -> Iterator[str]:
        for path, row in scene.rows(text.node):
            if all(blank(row.get(field)) for field in text.require_any) and when(row, scene):
                yield path

    return look


def _where(count: Count, place: Path) -> Holds:
    return _all_of([_condition(part, place) for part in count.where])


def _counting(text: RuleText, where: Holds, when: Holds) -> Look:
    least = text.count.at_least if text.count else None
    most = text.count.at_most if text.count else None

    def look(scene: Scene) -> Iterator[str]:
        found = sum(where(row, scene) for _path, row in scene.rows(text.node))
        fits = (least is None or found >= least) and (most is None or found <= most)
        if not fits and when({}, scene):
            yield scene.path(text.node)

    return look


def _unique(text: RuleText, when: Holds) -> Look:
    def key(row: Row) -> tuple[str, ...]:
        return tuple(str(row.get(field) or "") for field in text.unique)

    def look(scene: Scene) -> Iterator[str]:
        rows = [(path, key(row)) for path, row in scene.rows(text.node)]
        times = Counter(found for _path, found in rows)
        if when({}, scene):
            yield from (path for path, found in rows if times[found] > 1 and any(found))

    return look
