"""What counts as nothing: null, empty, and the literal text ``null`` that Hunan's own messages carry."""

from __future__ import annotations

from typing import Any

NULL_TEXTS = ("null", "NULL")
_NOTHING: tuple[Any, ...] = (None, "", *NULL_TEXTS, [], {})


def blank(value: Any) -> bool:
    """Tell whether a value says nothing."""
    return value in _NOTHING
