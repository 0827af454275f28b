"""The field tables on disk: one file for the interfaces whose codes begin alike, read when the first of them is used."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.check.field import Field, FieldType, Need
from mi_bridge.resources import folder


@cache
def borrowed_layouts() -> dict[str, str]:
    """Return which interfaces have no table of their own and are read by another's.

    Raises:
        CatalogueError: the file cannot be read.
    """
    return {row["infno"]: row["layout"] for row in _rows(_place() / "borrowed_layouts.csv")}


def read_fields(layout: str) -> tuple[Field, ...]:
    """Return the fields of a layout, in the table's order; none where nobody published any.

    Args:
        layout: an interface's code, or one with an edition behind it (``4101@2021``).

    Raises:
        CatalogueError: the file cannot be read or a row in it is wrong; names file, line and fault.
    """
    path = _place() / "fields" / f"{layout[:2]}.csv"
    if not layout[:2].isalnum() or not path.is_file():
        return ()
    numbered = enumerate(_rows(path), start=2)
    return tuple(_field(path, line, row) for line, row in numbered if row["infno"] == layout)


def _place() -> Path:
    return folder("config") / "catalogue"


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))
    except OSError as fault:
        raise CatalogueError(str(path), f"cannot be read ({fault.strerror})") from fault


def _field(path: Path, line: int, row: Mapping[str, str]) -> Field:
    try:
        length, scale = size_of(FieldType(row["type"]), row["length"])
        return Field(
            node=row["node"],
            name=row["field"],
            title=row["name"],
            type=FieldType(row["type"]),
            length=length,
            scale=scale,
            need=Need(row["required"]),
            dictionary=row["dict"],
            when=row["when"],
        )
    except (KeyError, ValueError, AttributeError) as fault:
        raise CatalogueError(f"{path}, line {line}", f"is wrong ({fault})") from fault


def size_of(kind: FieldType, text: str) -> tuple[int, int]:
    """Return length and scale as a table writes them: ``30``, ``16,2`` (14 digits before the point, 2 behind), or nothing.

    Raises:
        ValueError: it is none of these.
    """
    whole, comma, decimals = text.partition(",")
    if not whole:
        return 0, -1
    if not comma:
        return int(whole), -1
    if kind is not FieldType.NUMBER or int(decimals) >= int(whole):
        raise ValueError(f"{text!r} is no size of a {kind}")
    return int(whole) - int(decimals), int(decimals)
