"""When a requirement applies: a condition on the fields beside it.

The grammar, as it stands in the field tables: ``a=01|02`` the field has one of these values, ``a`` it says something,
``!a`` it says nothing; several are joined by ``&`` and must all hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mi_bridge.insurer.check.blank import blank

Condition = Callable[[Mapping[str, Any]], bool]
_PART = re.compile(r"(!?)([A-Za-z][\w-]*)(?:=([^=&!]+))?")


def parse_condition(text: str) -> Condition:
    """Return the condition as a function of a row.

    Raises:
        ValueError: the text is no condition.
    """
    parts = [_part(part.strip()) for part in text.split("&")]
    if len(parts) == 1:
        return parts[0]
    return lambda row: all(part(row) for part in parts)


def _part(text: str) -> Condition:
    found = _PART.fullmatch(text)
    if found is None or (found[1] and found[3]):
        raise ValueError(f"{text!r} is no condition; write a=01|02, a or !a")
    negated, name, values = bool(found[1]), found[2], found[3]
    if values:
        allowed = frozenset(values.split("|"))
        return lambda row: str(row.get(name)) in allowed
    return lambda row: blank(row.get(name)) is negated
