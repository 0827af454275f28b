"""A message as rules see it: its nodes' rows, each with its path as HIS wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mi_bridge.insurer.nodes import NodePart

Row = Mapping[str, Any]


class Scene:
    """The rows of one message, by node.

    Args:
        parts: its nodes, as HIS wrote them.
    """

    def __init__(self, parts: Iterable[NodePart]) -> None:
        self._parts = {part.node: part for part in parts}

    def rows(self, node: str) -> list[tuple[str, Row]]:
        """Return a node's rows with their paths; none where HIS left it out.

        Args:
            node: its national name; a node inside of another one follows it after a point (``data.stastinfo``).
        """
        part = self._parts.get(node)
        if part is not None:
            return _rows(part.path, part.value)
        holder, point, name = node.rpartition(".")
        if not point and (not node or "" not in self._parts):
            return []
        return [row for path, outer in self.rows(holder) for row in _rows(f"{path}.{name}", outer.get(name))]

    def path(self, node: str) -> str:
        """Return where a node stands, or should stand."""
        part = self._parts.get(node)
        return part.path if part else f"input.{node}".rstrip(".")

    def value(self, reference: str, row: Row) -> Any:
        """Return what a reference names: ``field`` of this row, or ``node.field`` of that node's first row."""
        node, point, field = reference.rpartition(".")
        if not point:
            return row.get(field)
        rows = self.rows(node)
        return rows[0][1].get(field) if rows else None


def _rows(path: str, value: Any) -> list[tuple[str, Row]]:
    if isinstance(value, dict):
        return [(path, value)]
    values = value if isinstance(value, list) else []
    return [(f"{path}[{index}]", row) for index, row in enumerate(values) if isinstance(row, dict)]
