"""Reads a saga's definition from its file and refuses what could not run: a fault found here never costs a patient."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from mi_bridge.domain.exact_json import Number
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.saga import Compensation, SagaDefinition, Step
from mi_bridge.domain.saga_definition import define
from mi_bridge.domain.saga_expression import ExpressionError
from mi_bridge.domain.saga_expression import Path as ValuePath
from mi_bridge.domain.saga_template import expressions
from mi_bridge.errors import SagaError, UnknownInterface
from mi_bridge.insurer.catalogue import Catalogue, Transaction

NO_COMPENSATION = "none"
# what an answer offers to later steps
ANSWER_PARTS = ("output", "inf_refmsgid")
SAGA_PARTS = ("id", "code")

_SAGA_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_STEP_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,19}")
_STEP_KEYS = {"code", "infno", "input", "compensation", "reason"}
_COMPARE = "Compare it with the shipped files; config/sagas/README.md explains every key."


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a fault is: file, step, field."""

    file: str
    step: str = ""
    field: str = ""

    def at(self, field: str) -> _Place:
        """Return a field of this step."""
        return _Place(self.file, self.step, field)

    def fault(self, what: str) -> SagaError:
        """Return the error that names this place."""
        step = f"step {self.step}" if self.step else ""
        return SagaError(", ".join(filter(None, (self.file, step, self.field))), what, remedy=_COMPARE)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A template's use of another step."""

    source: str
    target: str
    field: str
    path: str


def read_saga(file: Path, catalogue: Catalogue) -> SagaDefinition:
    """Read and check one definition; its code is the file's name.

    Raises:
        SagaError: it cannot run; the key names file, step and field.
    """
    place = _Place(str(file))
    tables = _tables(file, place)
    name = tables.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 100:
        raise place.at("name").fault("must be the business's name, at most 100 characters")
    if not _SAGA_CODE.fullmatch(file.stem):
        raise place.fault("has no usable name: letters, digits, _ and -, at most 32, name the saga")
    unknown = sorted(tables.keys() - {"name", "step"})
    if unknown:
        raise place.at(unknown[0]).fault("is no key of a saga")
    listed = tables.get("step")
    if not isinstance(listed, list) or not listed:
        raise place.at("step").fault("is missing: a saga has at least one [[step]]")
    steps = tuple(_step(table, number, place) for number, table in enumerate(listed, start=1))
    _check(steps, catalogue, place)
    return define(file.stem, name, steps)


def _tables(file: Path, place: _Place) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"), parse_float=Number)
    except OSError as fault:
        raise place.fault(f"cannot be read ({fault.strerror})") from None
    except ValueError as fault:
        raise place.fault(f"is no TOML in UTF-8 ({fault})") from None


def _step(table: Any, number: int, whole: _Place) -> Step:
    place = _Place(whole.file, str(number))
    if not isinstance(table, dict):
        raise place.fault("must be a table [[step]]")
    code = table.get("code")
    if not isinstance(code, str) or not _STEP_CODE.fullmatch(code):
        raise place.at("code").fault("must be a letter and up to 19 letters, digits, _ or -")
    place = _Place(whole.file, code)
    unknown = sorted(table.keys() - _STEP_KEYS)
    if unknown:
        raise place.at(unknown[0]).fault("is no key of a step")
    reason = table.get("reason", "")
    if not isinstance(reason, str):
        raise place.at("reason").fault("must be a text")
    compensation = _compensation(table.get("compensation"), place)
    return Step(code, _infno(table, place), _input(table, place), compensation, reason.strip())


def _compensation(value: Any, place: _Place) -> Compensation | None:
    if value is None or value == NO_COMPENSATION:
        return None
    inside = place.at("compensation")
    if not isinstance(value, dict) or value.keys() != {"infno", "input"}:
        raise inside.fault(f"must be a table of infno and input, or '{NO_COMPENSATION}' with a reason")
    return Compensation(_infno(value, inside, "compensation."), _input(value, inside, "compensation."))


def _infno(table: Mapping[str, Any], place: _Place, prefix: str = "") -> str:
    infno = table.get("infno")
    if not isinstance(infno, str) or not infno:
        raise place.at(f"{prefix}infno").fault("must be a transaction's code, in quotes")
    return infno


def _input(table: Mapping[str, Any], place: _Place, prefix: str = "") -> dict[str, Any]:
    template = table.get("input")
    if not isinstance(template, dict):
        raise place.at(f"{prefix}input").fault("must be a table of fields or nodes")
    dated = next(_dates(template, f"{prefix}input"), "")
    if dated:
        raise place.at(dated).fault("is a TOML date; write it as a text in quotes")
    return template


def _dates(value: Any, field: str) -> Iterator[str]:
    if isinstance(value, date | datetime | time):
        yield field
    members = value.items() if isinstance(value, dict) else ()
    for name, member in members:
        yield from _dates(member, f"{field}.{name}")
    for number, entry in enumerate(value if isinstance(value, list) else ()):
        yield from _dates(entry, f"{field}.{number}")


def _check(steps: tuple[Step, ...], catalogue: Catalogue, whole: _Place) -> None:
    codes = [step.code for step in steps]
    references: list[_Reference] = []
    for number, step in enumerate(steps):
        place = _Place(whole.file, step.code)
        if step.code in codes[:number]:
            raise place.at("code").fault("is used by an earlier step")
        transaction = _known(step.infno, catalogue, place.at("infno"))
        _check_compensation(step, transaction, place, last=number == len(steps) - 1)
        if step.compensation:
            _known(step.compensation.infno, catalogue, place.at("compensation.infno"))
        references += _references(step, place)
    _check_order(codes, references, whole)


def _known(infno: str, catalogue: Catalogue, place: _Place) -> Transaction:
    try:
        return catalogue.get(infno)
    except UnknownInterface as unknown:
        raise place.fault(f"'{infno}' cannot be called here ({unknown.message})") from None


def _check_compensation(step: Step, transaction: Transaction, place: _Place, *, last: bool) -> None:
    if step.compensation or transaction.money_class is MoneyClass.QUERY:
        return
    inside = place.at("compensation")
    if transaction.money_class is MoneyClass.MONEY:
        undoing = transaction.cancelled_by or transaction.reversed_by
        raise inside.fault(f"is missing: {step.infno} is of class M, undone by {undoing or 'its cancel'}")
    if transaction.money_class is MoneyClass.NEVER and not last:
        raise inside.fault(
            f"is missing: nothing undoes {step.infno} (class N), so it can only be the last step"
        )
    if not step.reason:
        raise inside.fault(f"is '{NO_COMPENSATION}' without a reason; say why {step.infno} needs no undoing")


def _references(step: Step, place: _Place) -> Iterator[_Reference]:
    templates: list[tuple[str, Any, bool]] = [("input", step.input, False)]
    if step.compensation:
        templates.append(("compensation.input", step.compensation.input, True))
    for field, template, own_answer in templates:
        for where, path, in_item in _paths(template, field, place):
            _check_path(path, place.at(where), in_item=in_item)
            if path.root == "steps" and not (own_answer and path.segments[0] == step.code):
                yield _Reference(step.code, str(path.segments[0]), where, path.text)


def _paths(template: Any, field: str, place: _Place) -> Iterator[tuple[str, ValuePath, bool]]:
    try:
        yield from expressions(template, place=field)
    except ExpressionError as fault:
        where, _, what = str(fault).partition("：")
        raise place.at(where).fault(f"cannot be read: {what}") from None


def _check_path(path: ValuePath, place: _Place, *, in_item: bool) -> None:
    names = [segment if isinstance(segment, str) else "" for segment in path.segments]
    if path.root == "item" and not in_item:
        raise place.fault(f"'{path.text}': item is known inside of a for_each only")
    if path.root == "saga" and (len(names) != 1 or names[0] not in SAGA_PARTS):
        raise place.fault(f"'{path.text}': a saga offers {' and '.join(SAGA_PARTS)}")
    if path.root != "steps":
        return
    if len(names) < 2 or names[1] not in ANSWER_PARTS:
        raise place.fault(f"'{path.text}': write steps.<step>.{' or steps.<step>.'.join(ANSWER_PARTS)}")


def _check_order(codes: list[str], references: list[_Reference], whole: _Place) -> None:
    targets: dict[str, set[str]] = {code: set() for code in codes}
    for one in references:
        targets[one.source].add(one.target)
    for one in references:
        place = _Place(whole.file, one.source, one.field)
        if one.target not in targets:
            raise place.fault(f"'{one.path}': there is no step {one.target}")
        if codes.index(one.target) < codes.index(one.source):
            continue
        if one.source in _reachable(one.target, targets):
            raise place.fault(f"'{one.path}': steps {one.source} and {one.target} need each other, a cycle")
        raise place.fault(f"'{one.path}': step {one.target} comes later")


def _reachable(start: str, targets: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = {start}
    while ahead:
        seen |= ahead
        ahead = {target for code in ahead for target in targets.get(code, ())} - seen
    return seen
