"""Code tables: which values a coded field may have, and how far a table can be trusted."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from mi_bridge.errors import CatalogueError
from mi_bridge.resources import folder

# more than so many values make a message nobody reads
_FEW = 12


@dataclass(frozen=True, slots=True)
class Dictionary:
    """One code table.

    Args:
        code: its name in the specification.
        values: what a field may hold.
        closed: whether another value is surely wrong; an open table is known to be longer in other places.
    """

    code: str
    values: frozenset[str]
    closed: bool

    def choice(self) -> str:
        """Return the values a message may name: all when they are few, else nothing."""
        return "、".join(sorted(self.values)) if len(self.values) <= _FEW else ""


def find_dictionary(code: str) -> Dictionary:
    """Return a code table of the specification.

    Raises:
        CatalogueError: there is none of this name.
    """
    row = _rows().get(code)
    if row is None:
        raise CatalogueError(f"dictionaries.{code}", "is not in config/catalogue/dictionaries.csv")
    state, values = row
    return Dictionary(
        code, frozenset(value.partition(" ")[0] for value in values.split("|")), state == "closed"
    )


@cache
def _rows() -> dict[str, tuple[str, str]]:
    path = folder("config") / "catalogue" / "dictionaries.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return {row["code"]: (row["state"], row["values"]) for row in csv.DictReader(lines)}
    except OSError as fault:
        raise CatalogueError(str(path), f"cannot be read ({fault.strerror})") from fault
