"""What can be ordered of the platform's catalogues while it runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class CatalogueFault(StrEnum):
    """What is wrong with a catalogue's files."""

    CORRUPT = "corrupt"
    """The archive is damaged in its middle."""
    COLUMNS = "columns"
    """The last row but one lacks a column."""
    ENCODING = "encoding"
    """The last row but one is in GB18030."""
    REFUSED = "refused"
    """The download is answered in JSON."""
    REPEAT = "repeat"
    """Every question is answered with the first version."""
    ENDLESS = "endless"
    """Every question is answered with a newer version."""


class CatalogueOrder(BaseModel):
    """How a catalogue is made up.

    Args:
        infno: which; ``*`` for all that have no order of their own.
        rows: rows of its first version.
        versions: how many versions there are; each changes a tenth of the rows and adds a twentieth.
        fault: what is wrong with it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    infno: str = "*"
    rows: Annotated[int, Field(ge=0, le=10_000_000)] = 40
    versions: Annotated[int, Field(ge=1, le=1_000)] = 1
    fault: CatalogueFault | None = None
