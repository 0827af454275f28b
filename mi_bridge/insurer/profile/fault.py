"""One fault of a profile, and how several are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

PROFILE = "Profile"
CROSS = "profile_fault"
"""The kind of error that carries a fault of its own, with its remedy."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one key.

    Args:
        key: the key as it stands in the file, its tables before it.
        fault: what is wrong with it; never a secret.
        remedy: what to write instead.
    """

    key: str
    fault: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key} {self.fault}"


def refuse(title: str, faults: Iterable[Fault]) -> None:
    """Raise what pydantic gathers with its own findings, if there are faults.

    Raises:
        ValidationError: with one error for each fault.
    """
    errors = [_error(fault) for fault in faults]
    if errors:
        raise ValidationError.from_exception_data(title, errors)


def _error(fault: Fault) -> InitErrorDetails:
    # the words travel beside the template: a brace in them is no placeholder
    kind = PydanticCustomError(CROSS, "{fault}", {"fault": fault.fault, "remedy": fault.remedy})
    return InitErrorDetails(type=kind, loc=tuple(fault.key.split(".")), input=None)
