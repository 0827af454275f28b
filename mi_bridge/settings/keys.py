"""The keys an operator may write, and the nearest of them to one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from mi_bridge.settings.sections import Settings

_CLOSE_ENOUGH = 0.6


@cache
def known_keys() -> Mapping[str, FieldInfo]:
    """Return every key as the operator writes it (``section.name``), with its field."""
    return MappingProxyType(
        {
            f"{section}.{name}": field
            for section in sections()
            for name, field in section_fields(section).items()
        }
    )


def sections() -> tuple[str, ...]:
    """Return the names of the sections."""
    return tuple(Settings.model_fields)


def section_fields(section: str) -> dict[str, FieldInfo]:
    """Return a section's fields by name."""
    annotation = Settings.model_fields[section].annotation
    assert isinstance(annotation, type) and issubclass(annotation, BaseModel)  # noqa: S101, PT018 - a fact of sections.py
    return annotation.model_fields


def is_secret(key: str) -> bool:
    """Tell whether the key's value must never be shown; one that is not known may be a misspelt secret."""
    field = known_keys().get(key)
    return field is None or "SecretStr" in str(field.annotation)


def is_path(key: str) -> bool:
    """Tell whether the key's value is a path, relative to the file it is written in."""
    field = known_keys().get(key)
    return field is not None and Path.__name__ in str(field.annotation)


def describe(key: str) -> str:
    """Return what belongs under the key: meaning, unit, range, default; empty for an unknown key."""
    field = known_keys().get(key)
    return field.description or "" if field else ""


def nearest(key: str) -> str:
    """Return the known key or section most like the given one; empty when none is like it.

    A name that stands in the wrong section is found first, then a misspelling in its own section, then one anywhere.
    """
    section, _, name = key.partition(".")
    if not name:
        return _closest(section, sections())
    elsewhere = [known for known in known_keys() if known.endswith(f".{name}")]
    if elsewhere:
        return _closest(key, elsewhere, cutoff=0.0)
    own = [f"{section}.{field}" for field in section_fields(section)] if section in sections() else []
    return _closest(key, own) or _closest(key, known_keys())


def _closest(
    word: str, choices: Mapping[str, FieldInfo] | list[str] | tuple[str, ...], cutoff: float = _CLOSE_ENOUGH
) -> str:
    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=cutoff)
    return found[0] if found else ""


def secret_keys() -> tuple[str, ...]:
    """Return the keys whose values are secrets, in the order of the file."""
    return tuple(key for key, field in known_keys().items() if SecretStr.__name__ in str(field.annotation))
