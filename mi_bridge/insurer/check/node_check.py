"""The fields of one node, compiled: what one look at each member can decide, it decides in one look.

A message of 500 fee details has over ten thousand members, most of them short texts without a code table. So those are told by
one comparison of their length, and everything else by the field's own small function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from mi_bridge.insurer.check.blank import NULL_TEXTS, blank
from mi_bridge.insurer.check.condition import Condition, parse_condition
from mi_bridge.insurer.check.dictionary import Dictionary
from mi_bridge.insurer.check.field import Field, FieldType, Need
from mi_bridge.insurer.check.finding import Findings
from mi_bridge.insurer.check.value_rule import Rule, value_rule

_UNLIMITED = 1 << 30


class NodeCheck:
    """Checks the objects of one node.

    Args:
        fields: those that stand in it.
        dictionary_of: the code table of a field, None where it has none.
    """

    def __init__(self, fields: Iterable[Field], dictionary_of: Callable[[Field], Dictionary | None]) -> None:
        self.fields = {field.name: field for field in fields}
        self.children: dict[str, NodeCheck] = {}
        self._rules: dict[str, Rule] = {}
        self._limits: dict[str, int] = {}
        for field in self.fields.values():
            self._compile(field, dictionary_of(field))
        always = [field for field in self.fields.values() if field.need and not field.when]
        self._needed = frozenset(field.name for field in always)
        self._surely_needed = frozenset(field.name for field in always if field.need is Need.YES)
        self._conditional: tuple[tuple[Field, Condition], ...] = tuple(
            (field, parse_condition(field.when))
            for field in self.fields.values()
            if field.need and field.when
        )

    def _compile(self, field: Field, dictionary: Dictionary | None) -> None:
        rule = value_rule(field, dictionary)
        if rule:
            self._rules[field.name] = rule
        plain = field.type is FieldType.TEXT and dictionary is None
        # -1 sends a member to its own rule, whatever its length
        self._limits[field.name] = (field.length or _UNLIMITED) if plain else -1

    @property
    def asks(self) -> bool:
        """Whether an object of this node cannot be empty."""
        return bool(self._needed)

    def adopt(self, name: str, check: NodeCheck) -> None:
        """Let the objects in a field of this node be checked in turn."""
        self.children[name] = check
        self.fields.setdefault(name, Field("", name, type=FieldType.ANY))
        self._limits[name] = -1

    def look(self, value: Any, path: str, findings: Findings) -> None:
        """Check an object, or each object of an array; the layout has seen to everything else.

        Args:
            value: as parsed.
            path: where it stands, as HIS wrote it.
            findings: takes what is wrong.
        """
        if isinstance(value, dict):
            self.row(value, path, findings)
            return
        for index, row in enumerate(value if isinstance(value, list) else ()):
            if isinstance(row, dict):
                self.row(row, f"{path}[{index}]", findings)

    def row(self, row: Mapping[str, Any], path: str, findings: Findings) -> None:
        """Check one object."""
        limits = self._limits
        # a doubt counts only where sure faults refuse: `Findings.add`
        missing = (self._needed if findings.refuses else self._surely_needed).difference(row)
        if missing:
            self._tell_missing(missing, row, path, findings)
        for name, value in row.items():
            limit = limits.get(name)
            if limit is None or (
                isinstance(value, str) and 0 < len(value) <= limit and value not in NULL_TEXTS
            ):
                continue
            self._member(name, value, path, findings)
        for field, holds in self._conditional:
            if blank(row.get(field.name)) and holds(row):
                _tell(field, "必填，缺失", path, findings, sure=field.need is Need.YES, when=field.when)

    def _tell_missing(
        self, missing: AbstractSet[str], row: Mapping[str, Any], path: str, findings: Findings
    ) -> None:
        written = {name.lower(): name for name in row}
        for name, field in self.fields.items():
            if name not in missing:
                continue
            twin = written.get(name.lower(), "")
            hint = f"，现有 {twin}，大小写不符" if twin else ""
            _tell(field, f"必填，缺失{hint}", path, findings, sure=field.need is Need.YES)

    def _member(self, name: str, value: Any, path: str, findings: Findings) -> None:
        if blank(value):
            if name in self._needed:
                field = self.fields[name]
                _tell(field, "必填，为空", path, findings, sure=field.need is Need.YES)
            return
        rule = self._rules.get(name)
        fault = rule(value) if rule else None
        if fault:
            _tell(self.fields[name], fault.text, path, findings, sure=fault.sure)
        child = self.children.get(name)
        if child:
            child.look(value, f"{path}.{name}", findings)


def _tell(field: Field, text: str, path: str, findings: Findings, *, sure: bool, when: str = "") -> None:
    title = f"（{field.title}）" if field.title else ""
    condition = f"，条件为 {when}" if when else ""
    findings.add(f"{path}.{field.name}", f"{text}{title}{condition}", sure=sure)
