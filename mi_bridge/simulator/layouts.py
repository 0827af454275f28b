"""Which fields an answer has, in which order, from ``output_fields.csv``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mi_bridge.simulator.fields import Node
from mi_bridge.simulator.money import ZERO
from mi_bridge.simulator.tables import read_csv

_EMPTY: dict[str, Any] = {"amount": ZERO, "number": None, "text": None}


class Layouts:
    """Lays values out as an interface's output node has them.

    Args:
        fields: transaction and node to its fields, each with the value it has when nobody knows one.
    """

    def __init__(self, fields: dict[tuple[str, str], Node]) -> None:
        self._fields = fields

    @classmethod
    def load(cls, folder: Path) -> Layouts:
        """Read ``output_fields.csv`` of a folder.

        Raises:
            ConfigurationError: the file is missing.
        """
        fields: dict[tuple[str, str], Node] = {}
        for row in read_csv(folder / "output_fields.csv"):
            fields.setdefault((row["infno"], row["node"]), {})[row["field"]] = _EMPTY[row["kind"]]
        return cls(fields)

    def lay(self, infno: str, node: str, values: Mapping[str, Any]) -> Node:
        """Return a node: every field it has, with its value where there is one.

        An amount nobody knows is 0.00, anything else null. An A edition of a transaction has the fields of the plain one.
        """
        fields = self._fields[(infno.removesuffix("A"), node)]
        return {field: values.get(field, empty) for field, empty in fields.items()}
