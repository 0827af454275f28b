"""A step's input as a template: tables, lists and texts with expressions in them.

Two keys are not fields: ``"*"`` takes over every member of an object (other keys come on top), and a table of ``for_each`` and
``item`` makes a list, one entry for each row, which the entry calls ``item``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mi_bridge.domain.exact_json import Number
from mi_bridge.domain.saga_expression import ABSENT, Expression, ExpressionError, Path, fill, parse

ALL = "*"
EACH = "for_each"
ITEM = "item"


def render(template: Any, scope: Mapping[str, Any], *, place: str = "") -> Any:
    """Return what a template makes of the values at hand; `ABSENT` where it is optional and nothing is there.

    Args:
        template: a parsed table, list, text or other value.
        scope: the values by root: ``input``, ``steps``, ``saga``.
        place: where the template stands, for messages.

    Raises:
        ExpressionError: a value is not there or does not fit; the message names the field.
    """
    if isinstance(template, Number):
        return template
    if isinstance(template, str):
        return _text(template, scope, place)
    if isinstance(template, Mapping):
        if EACH in template:
            return _each(template, scope, place)
        return _object(template, scope, place)
    if isinstance(template, list):
        return _entries(template, scope, place)
    return template


def expressions(template: Any, *, place: str = "", in_item: bool = False) -> Iterator[tuple[str, Path, bool]]:
    """Yield every path of a template, with its place and whether ``item`` is known there.

    Raises:
        ExpressionError: an expression's form is wrong; the message begins with its place.
    """
    if isinstance(template, str) and not isinstance(template, Number):
        for piece in _parsed(template, place):
            if isinstance(piece, Expression):
                yield from ((place, path, in_item) for path in piece.paths())
    for name, member in _below(template, place):
        inside = in_item or (isinstance(template, Mapping) and EACH in template and name == ITEM)
        yield from expressions(member, place=_joined(place, name), in_item=inside)


def _below(template: Any, place: str) -> list[tuple[str, Any]]:
    if isinstance(template, list):
        return [(str(number), entry) for number, entry in enumerate(template)]
    if not isinstance(template, Mapping):
        return []
    _check_each(template, place)
    return list(template.items())


def _check_each(template: Mapping[str, Any], place: str) -> None:
    if EACH in template and set(template) != {EACH, ITEM}:
        raise ExpressionError(f"{place}：for_each 的表只能有 for_each 和 item 两项")


def _parsed(template: str, place: str) -> tuple[str | Expression, ...]:
    try:
        return parse(template)
    except ExpressionError as fault:
        raise ExpressionError(f"{place}：{fault}") from None


def _text(template: str, scope: Mapping[str, Any], place: str) -> Any:
    try:
        return fill(template, scope)
    except ExpressionError as fault:
        raise ExpressionError(f"{place}：{fault}") from None


def _object(template: Mapping[str, Any], scope: Mapping[str, Any], place: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, member in template.items():
        value = render(member, scope, place=_joined(place, name))
        if name == ALL:
            made.update(_members(value, place))
        elif value is not ABSENT:
            made[name] = value
    return made


def _members(value: Any, place: str) -> Mapping[str, Any]:
    if value is ABSENT:
        return {}
    if isinstance(value, Mapping):
        return value
    raise ExpressionError(f'{place}："*" 应得到一个对象')


def _entries(template: list[Any], scope: Mapping[str, Any], place: str) -> list[Any]:
    made = [render(entry, scope, place=_joined(place, str(number))) for number, entry in enumerate(template)]
    return [entry for entry in made if entry is not ABSENT]


def _each(template: Mapping[str, Any], scope: Mapping[str, Any], place: str) -> Any:
    rows = render(template[EACH], scope, place=_joined(place, EACH))
    if rows is ABSENT:
        return ABSENT
    if not isinstance(rows, list):
        raise ExpressionError(f"{place}：for_each 应得到一个数组")
    made = [
        render(template[ITEM], {**scope, "item": row}, place=_joined(place, str(number)))
        for number, row in enumerate(rows)
    ]
    return [entry for entry in made if entry is not ABSENT]


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
