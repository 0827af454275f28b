"""JSON whose numbers stay exactly as they were written: 2.00 is not 2.0, and an amount is never a binary fraction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

MAX_DEPTH = 100
"""Levels; real messages have six. What is read can so be written again: by functions that call themselves, as deep as they go."""

_LONGEST = 100
_TOO_DEEP = "nested too deep"


class Number(str):
    """A number, as it was written."""

    __slots__ = ()


def read(text: str) -> Any:
    """Return the parsed value; its numbers are of the type `Number`. Raw line breaks in strings are let pass.

    Raises:
        ValueError: this is no JSON, or it nests deeper than `MAX_DEPTH`.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    # so few brackets cannot nest too deep; the walk is for the others
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(value)
    return value


def write(value: Any) -> str:
    """Return a value as JSON; a `Number` stands as it was read, a `Decimal` in plain digits.

    Raises:
        TypeError, ValueError: a value JSON has no form for.
    """
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{write(str(name))}:{write(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _digits(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} is no JSON number")
    # a number nobody means is not written out in a million digits
    return f"{value:f}" if max(abs(value.adjusted()), len(value.as_tuple().digits)) < _LONGEST else str(value)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _children(node: Any) -> list[Any]:
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in values if isinstance(child, dict | list)]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse, strict=False)
