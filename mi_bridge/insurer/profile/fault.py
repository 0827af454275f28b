"""How several faults of a profile are told at once."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from mi_bridge.errors import ProfileFault

PROFILE = "Profile"
CROSS = "profile_fault"
"""The kind of error that carries a fault of its own, with its remedy."""


def refuse(title: str, faults: Iterable[ProfileFault]) -> None:
    """Raise what pydantic gathers with its own findings, if there are faults.

    Raises:
        ValidationError: with one error for each fault.
    """
    errors = [_error(fault) for fault in faults]
    if errors:
        raise ValidationError.from_exception_data(title, errors)


def _error(fault: ProfileFault) -> InitErrorDetails:
    # the words travel beside the template: a brace in them is no placeholder
    kind = PydanticCustomError(CROSS, "{fault}", {"fault": fault.fault, "remedy": fault.remedy})
    return InitErrorDetails(type=kind, loc=tuple(fault.key.split(".")), input=None)
