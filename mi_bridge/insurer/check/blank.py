"""What counts as nothing: null, empty, and the literal text ``null`` that Hunan's own messages carry."""

from __future__ import annotations

from typing import Any

NULL_TEXTS = ("null", "NULL")


def blank(value: Any) -> bool:
    """Tell whether a value says nothing."""
    if isinstance(value, str):
        return not value or value in NULL_TEXTS
    return value is None or value in ([], {})
