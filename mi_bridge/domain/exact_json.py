"""JSON whose numbers stay exactly as they were written: 2.00 is not 2.0, and an amount is never a binary fraction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn


class Number(str):
    """A number, as it was written."""

    __slots__ = ()


def read(text: str) -> Any:
    """Return the parsed value; its numbers are of the type `Number`. Raw line breaks in strings are let pass.

    Raises:
        ValueError: this is no JSON, or it nests too deep.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def write(value: Any) -> str:
    """Return a value as JSON; a `Number` stands as it was read, a `Decimal` in plain digits.

    Raises:
        TypeError: a value JSON has no form for.
    """
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{write(str(name))}:{write(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse, strict=False)
