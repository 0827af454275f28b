"""Inquiries that can tell whether a lost transaction took effect; which ones can is data, see ``inquiries.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.reversal import field_of
from mi_bridge.resources import folder


class Span(BaseModel):
    """A field that takes a time near the send.

    Args:
        field: its name.
        days: how far from the send.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    days: int


class Inquiry(BaseModel):
    """How one lost transaction is looked for; the fields are explained in the data file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inquiry: str
    node: str
    copy_fields: tuple[str, ...] = Field(alias="copy")
    begin: Span
    end: Span
    answer: str
    match: dict[str, str]

    def input(self, lost: Mapping[str, Any], sent: datetime, timezone: ZoneInfo) -> dict[str, Any] | None:
        """Return the inquiry's input, or None when the lost request lacks what is needed to recognise it.

        Args:
            lost: the lost request's input.
            sent: when it was sent.
            timezone: of the platform.
        """
        if not all(field_of(lost, name) for name in self.match.values()):
            return None
        local = sent.astimezone(timezone)
        fields = {name: field_of(lost, name) for name in self.copy_fields if field_of(lost, name)}
        fields[self.begin.field] = _stamp(local - timedelta(days=self.begin.days))
        fields[self.end.field] = _stamp(local + timedelta(days=self.end.days))
        return {self.node: fields}

    def found(self, lost: Mapping[str, Any], answer: Answer) -> bool:
        """Tell whether exactly one entry of the answer is the lost transaction's effect."""
        output = answer.output if isinstance(answer.output, Mapping) else {}
        entries = output.get(self.answer)
        rows = entries if isinstance(entries, list) else [entries]
        matching = [row for row in rows if isinstance(row, Mapping) and self._same(lost, row)]
        return len(matching) == 1

    def _same(self, lost: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
        return all(str(entry.get(name, "")) == field_of(lost, own) for name, own in self.match.items())


@cache
def load_inquiries(path: Path | None = None) -> Mapping[str, Inquiry]:
    """Load the inquiries, by the lost transaction's code.

    Raises:
        CatalogueError: the file cannot be read or an entry is not complete.
    """
    file = path or folder("config") / "catalogue" / "inquiries.toml"
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
        return {code: Inquiry.model_validate(table) for code, table in tables.items()}
    except (OSError, ValueError, ValidationError) as fault:
        raise CatalogueError(
            str(file), f"cannot be used ({fault})", remedy="Compare it with the shipped file."
        ) from None


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
