"""What the demo knows: its own constants, and what earlier answers told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from string import Template
from typing import Any

from mi_bridge.errors import ConfigurationError


class Facts:
    """Named values, all as text.

    Args:
        values: what is known from the start.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def keep(self, name: str, value: Any) -> None:
        """Remember a value of an answer."""
        self._values[name] = str(value)

    def fill(self, text: str) -> str:
        """Put values in place of ``${name}``.

        Raises:
            ConfigurationError: a name stands for nothing.
        """
        return _filled(text, self._values)

    def fill_json(self, text: str) -> str:
        """Put values in place of ``${name}`` inside JSON.

        Raises:
            ConfigurationError: a name stands for nothing.
        """
        escaped = {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in self._values.items()}
        return _filled(text, escaped)


def _filled(text: str, values: Mapping[str, str]) -> str:
    try:
        return Template(text).substitute(values)
    except KeyError as unknown:
        raise ConfigurationError("demo", f"{unknown} is known to no earlier step") from None


def read_answer(text: str | None) -> Any:
    """Return an answer's JSON with exact decimals; None when there is none."""
    if not text:
        return None
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return None


def find(answer: Any, path: str) -> Any:
    """Return what lies at a path such as ``output.insuinfo.0.insutype``; None when nothing does. ``*`` is the only member there is."""
    for part in path.split("."):
        if part == "*" and isinstance(answer, dict) and len(answer) == 1:
            (answer,) = answer.values()
        elif isinstance(answer, dict):
            answer = answer.get(part)
        elif isinstance(answer, list) and part.isdecimal() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    return answer


def same(found: Any, expected: str) -> bool:
    """Tell whether a value is the expected one; numbers by their worth, so that 86.5 is 86.50."""
    if str(found) == expected:
        return True
    try:
        return Decimal(str(found)) == Decimal(expected)
    except InvalidOperation:
        return False
