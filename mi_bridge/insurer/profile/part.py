"""What every part of a profile is made of: frozen, strict, and the types its values have."""

from __future__ import annotations

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mi_bridge.insurer.fields import BY_NAME


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as fault:
        raise ValueError(f"is no regular expression ({fault})") from fault
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError("is no time zone this machine knows") from fault
    return name


Pattern = Annotated[str, AfterValidator(_pattern)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,10}$")]
Area = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


def carried(name: str) -> Any:
    """Return the limit of a value that travels in the envelope's field of this name."""
    return Field(max_length=BY_NAME[name].max_length)


class Part(BaseModel):
    """A part of a profile: cannot be changed, and takes no key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
