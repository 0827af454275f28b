"""A profile as it takes effect: every key with its value, and whether the file says so or nobody did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mi_bridge.insurer.profile.profile import Profile

FILE, DEFAULT = "file", "default"


@dataclass(frozen=True, slots=True)
class ShownKey:
    """One key.

    Args:
        key: with its tables before it.
        value: a plain JSON value.
        origin: ``file`` or ``default``.
    """

    key: str
    value: Any
    origin: str


def effective_keys(profile: Profile) -> Iterator[ShownKey]:
    """Yield every key in the order of the documentation."""
    return _keys("", profile, written=True)


def _keys(prefix: str, part: BaseModel, *, written: bool) -> Iterator[ShownKey]:
    for name in type(part).model_fields:
        told = written and name in part.model_fields_set
        yield from _shown(f"{prefix}{name}", getattr(part, name), told=told)


def _shown(key: str, value: Any, *, told: bool) -> Iterator[ShownKey]:
    if isinstance(value, BaseModel):
        yield from _keys(f"{key}.", value, written=told)
    elif isinstance(value, Mapping) and any(isinstance(one, BaseModel) for one in value.values()):
        for name, one in value.items():
            # of an interface only what differs is worth a line
            told_keys = (shown for shown in _shown(f"{key}.{name}", one, told=told) if shown.origin == FILE)
            yield from told_keys
    else:
        yield ShownKey(key, _plain(value), FILE if told else DEFAULT)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
