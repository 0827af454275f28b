"""How a message that is too large for one call is divided at a site."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mi_bridge.insurer.profile.part import Part


class Division(Part):
    """How a message of one transaction is divided: the rows of one node over several calls, everything else repeated in each.

    The national table types ``input`` as 40,000 characters at most, and live messages exceed it: a site's truth, so nothing is divided
    unless the profile says so. Never divide a transaction whose second call replaces what the first one left.

    Args:
        node: the list whose rows are divided, by its national name.
        rows: most rows in one call; 0 for any number.
        bytes: longest ``input`` of one call, in bytes of UTF-8; 0 for any length.
        keep_together: a field of the rows; rows of one value stay in one call (``chrg_bchno`` of 2204).
        on_refusal: whether later parts are still sent after one that did not succeed.
    """

    node: Annotated[str, Field(min_length=1)]
    rows: Annotated[int, Field(ge=0, le=100_000)] = 0
    bytes: Annotated[int, Field(ge=0)] = 0
    keep_together: str = ""
    on_refusal: Literal["continue", "stop"] = "continue"

    @model_validator(mode="after")
    def _some_limit(self) -> Division:
        if not self.rows and not self.bytes:
            raise ValueError("needs rows, bytes or both")
        return self
