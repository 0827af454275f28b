"""Which envelope and input fields must be there, from ``envelope.csv`` and ``required_fields.csv``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mi_bridge.simulator.fields import Node, text
from mi_bridge.simulator.message import Message, named_person
from mi_bridge.simulator.tables import read_csv
from mi_bridge.simulator.texts import Texts


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One field of the envelope."""

    name: str
    length: int
    required: bool
    pattern: re.Pattern[str] | None


class Requirements:
    """Refuses messages with something missing.

    Args:
        folder: the data files.
        texts: how the platform refuses.
        strict: whether every field the Hunan edition of 2024 asks for is asked for, not only those nothing works without.

    Raises:
        ConfigurationError: a data file is missing.
    """

    def __init__(self, folder: Path, texts: Texts, *, strict: bool) -> None:
        self._texts = texts
        self._strict = strict
        self._header = [_header_field(row) for row in read_csv(folder / "envelope.csv")]
        self._input: dict[str, dict[str, list[str]]] = {}
        for row in read_csv(folder / "required_fields.csv"):
            if strict or row["asked_by"] == "core":
                self._input.setdefault(row["infno"], {}).setdefault(row["node"], []).append(row["field"])

    def check_header(self, header: Node) -> None:
        """Check the envelope.

        Raises:
            RequestRefused: a field is missing, too long or malformed; the text names it.
        """
        for field in self._header:
            value = text(header, field.name)
            if field.required and not value:
                raise self._texts.refuse("front.header_empty", field=field.name)
            if len(value) > field.length:
                raise self._texts.refuse("front.header_too_long", field=field.name, length=field.length)
            if value and field.pattern and not field.pattern.fullmatch(value):
                raise self._texts.refuse("front.header_malformed", field=field.name)

    def check_input(self, message: Message) -> None:
        """Check the input's nodes and fields; who names a person says where that person is insured.

        Raises:
            RequestRefused: a node or a field is missing; the text names it.
        """
        if self._strict and named_person(message.input) and not text(message.header, "insuplc_admdvs"):
            raise self._texts.refuse("front.header_empty", field="insuplc_admdvs")
        nodes = self._input.get(message.infno) or self._input.get(message.infno.removesuffix("A"), {})
        for node, fields in nodes.items():
            for row in message.rows(node):
                missing = next((field for field in fields if not text(row, field)), None)
                if missing:
                    raise self._texts.refuse("front.field_missing", field=missing)


def _header_field(row: dict[str, str]) -> HeaderField:
    pattern = re.compile(row["pattern"]) if row["pattern"] else None
    return HeaderField(row["field"], int(row["length"]), row["required"] == "yes", pattern)
