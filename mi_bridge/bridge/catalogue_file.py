"""A catalogue's file as rows and batches: looked through whole before anything of it is loaded, never in memory whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from mi_bridge.errors import FileFault
from mi_bridge.insurer.catalogue_kind import CatalogueKind, version_rank
from mi_bridge.insurer.files.archive import ArchiveLimits, Row, TextArchive

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_REMEDY = "Compare the file with config/catalogue/kinds.toml; what differs here belongs in the profile, [catalogues.kinds]."
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look through a whole file found.

    Args:
        rows: how many.
        version: the highest version in it; empty where there is none.
    """

    rows: int
    version: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Items ready for the database.

    Args:
        items: a JSON array; of rows with the same key the last.
        rows: how many rows went into it.
    """

    items: str
    rows: int


class CatalogueFile:
    """One downloaded file. Its methods read the disk: call them off the event loop.

    Args:
        path: the file.
        kind: what is in it.
        limits: beyond them it is refused.
    """

    def __init__(self, path: Path, kind: CatalogueKind, limits: ArchiveLimits) -> None:
        self._path = path
        self._kind = kind
        self._archive = TextArchive(path, limits)

    def survey(self) -> Survey:
        """Look through the whole file, so that a fault at its end is found before its beginning is loaded.

        Raises:
            FileFault: it cannot be used; names member and row.
        """
        rows, version = 0, ""
        rank = version_rank("")
        for row in self._rows():
            item = self._item(row)
            rows += 1
            found = item["version"]
            if found and found != version and version_rank(found) > rank:
                version, rank = found, version_rank(found)
        return Survey(rows, version)

    def batches(self, skip: int, size: int = _BATCH) -> Iterator[Batch]:
        """Yield the rows behind the first so many as batches.

        Raises:
            FileFault: as for `survey`.
        """
        rows = islice(self._rows(), skip, None)
        while taken := list(islice(rows, size)):
            yield batch_of([self._item(row) for row in taken])

    def _rows(self) -> Iterator[Row]:
        try:
            yield from self._archive.rows(len(self._kind.columns))
        except FileFault as fault:
            fault.remedy = fault.remedy or _REMEDY
            raise

    def _item(self, row: Row) -> dict[str, Any]:
        try:
            return self._kind.item(row.values)
        except KeyError as missing:
            fault = f"has no value in the key's column {missing.args[0]}"
            raise FileFault(
                self._path.name, fault, member=row.member, row=row.number, remedy=_REMEDY
            ) from None


def batch_of(items: list[dict[str, Any]]) -> Batch:
    """Return items as the database takes them."""
    last = {item["item_key"]: item for item in items}
    return Batch(_ENCODER.encode(list(last.values())).decode(), len(items))
