"""One finding about the settings, and how pydantic's faults become findings an operator can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pydantic_core import ErrorDetails

from mi_bridge.errors import ConfigurationError
from mi_bridge.settings.keys import describe, is_secret, nearest, section_fields, sections

_MISSING = "is missing"


class Severity(StrEnum):
    """Whether the bridge can run with it."""

    ERROR = "error"
    """It cannot run."""
    WARNING = "warning"
    """It runs, and somebody should look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one setting.

    Args:
        key: as the operator writes it, ``section.name``.
        fault: what is wrong, a clause without a full stop.
        remedy: what to write or do instead, a sentence.
        value: what is written there; empty for secrets and for keys that do not exist.
        origin: where it is written: file, variable, secret file, command line, or empty.
        severity: whether the bridge can run with it.
    """

    key: str
    fault: str
    remedy: str = ""
    value: str = ""
    origin: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """Return the finding as one line for a person."""
        shown = f" = {self.value}" if self.value else ""
        origin = f" ({self.origin})" if self.origin else ""
        return f"{self.key}{shown}{origin}: {self.fault}. {self.remedy}".strip()

    @property
    def missing(self) -> bool:
        """Whether nothing was written where something must be."""
        return self.fault == _MISSING

    def as_dict(self) -> dict[str, str]:
        """Return the finding for ``--json``."""
        return asdict(self)


def settings_error(findings: tuple[Finding, ...]) -> ConfigurationError:
    """Return one error that tells all the given faults.

    A single fault keeps its own key; several share the key ``settings``, one numbered line each.
    """
    if len(findings) == 1:
        one = findings[0]
        origin = f" ({one.origin})" if one.origin else ""
        shown = f", but is {one.value}" if one.value else ""
        return ConfigurationError(one.key, f"{one.fault}{shown}{origin}", remedy=one.remedy)
    lines = "".join(f"\n{number}. {finding}" for number, finding in enumerate(findings, 1))
    return ConfigurationError("settings", f"{len(findings)} faults", remedy=lines)


def from_pydantic(error: ErrorDetails, origin_of: Callable[[tuple[str, ...]], str]) -> Finding:
    """Translate one of pydantic's faults.

    Args:
        error: one entry of ``ValidationError.errors()``.
        origin_of: tells where the value at a path was written.
    """
    path = tuple(str(part) for part in error["loc"][:2])
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        return _unknown(key, origin_of(path))
    if error["type"] == "missing":
        return Finding(key, _MISSING, f"Write: {describe(key)}." if describe(key) else "")
    if len(path) == 1:
        return Finding(
            key,
            "must be a section",
            f"Write [{key}] on a line of its own, its keys below.",
            origin=origin_of(path),
        )
    value = "" if is_secret(key) else shown(error["input"])
    return Finding(key, _fault(error), f"Write: {describe(key)}.", value, origin_of(path))


def _unknown(key: str, origin: str) -> Finding:
    like = nearest(key)
    section = key.partition(".")[0]
    legal = section_fields(section) if "." in key and section in sections() else sections()
    remedy = f"Did you mean {like}?" if like else f"Known here: {', '.join(legal)}."
    return Finding(key, "no such setting", remedy, origin=origin)


_FAULTS: Mapping[str, str] = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "string_pattern_mismatch": "has the wrong form",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be text in quotes",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "path_type": "must be a path in quotes",
}


def _fault(error: ErrorDetails) -> str:
    template = _FAULTS.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else error["msg"]


def shown(value: Any) -> str:
    """Return a value as a person may see it: short, and an address without its credentials."""
    text = re.sub(r"//[^/@\s]*@", "//***@", repr(value))
    return text if len(text) <= 80 else f"{text[:77]}..."
