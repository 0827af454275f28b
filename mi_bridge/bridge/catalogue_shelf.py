"""One catalogue in the database: how far it is, and the batches on their way into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mi_bridge.bridge.job import JobDatabase
from mi_bridge.errors import JobFailed


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a catalogue is, as the database keeps it.

    Args:
        epoch: of whoever holds it.
        version: up to which everything is loaded.
        source: what is being loaded: a file's number, or where pages began; empty when nothing is.
        source_name: the file's name.
        source_hash: the file's SHA-256.
        source_rows: its rows.
        next_version: the version when it is loaded.
        loaded: rows or pages of it that are loaded.
        last_hash: the SHA-256 of the file loaded last.
        item_count: items in the catalogue.
    """

    epoch: int
    version: str
    source: str
    source_name: str
    source_hash: str
    source_rows: int
    next_version: str
    loaded: int
    last_hash: str
    item_count: int


@dataclass(frozen=True, slots=True)
class Source:
    """What is loaded from now on; fields as in `Standing`."""

    number: str
    name: str = ""
    sha256: str = ""
    rows: int = 0
    next_version: str = ""


class CatalogueShelf:
    """A catalogue held under an epoch: whoever opens it later shuts this one out.

    Args:
        database: the job's.
        infno: the catalogue.
        standing: how far it was when it was opened.
    """

    def __init__(self, database: JobDatabase, infno: str, standing: Standing) -> None:
        self._database = database
        self._infno = infno
        self.standing = standing
        self.inserted = 0
        self.changed = 0

    @classmethod
    async def open(
        cls, database: JobDatabase, infno: str, node_id: str, first_version: str, *, full: bool
    ) -> CatalogueShelf:
        """Take a catalogue.

        Args:
            database: the job's.
            infno: the catalogue.
            node_id: who takes it.
            first_version: where it begins, should it be new, or loaded anew.
            full: load it anew.

        Raises:
            StoreError: the database did not give it.
        """
        rows = await database.call("sp_mi_catalogue_open", infno, node_id, first_version, int(full))
        return cls(database, infno, _standing(rows[0]))

    async def begin(self, source: Source, *, loaded: int) -> None:
        """Say what is loaded from now on, and how much of it is there already.

        Raises:
            JobFailed: somebody else has taken the catalogue.
            StoreError: the database did not take it.
        """
        await self._mine(
            "sp_mi_catalogue_source",
            source.number,
            source.name,
            source.sha256 or None,
            source.rows,
            source.next_version,
            loaded,
        )

    async def load(self, items: str, *, start: int, end: int) -> None:
        """Put a batch in its place, and how far the source is then, in one transaction.

        Args:
            items: a JSON array; no key twice.
            start: rows or pages loaded before.
            end: and after.

        Raises:
            JobFailed: somebody else has taken the catalogue.
            StoreError: the database did not take it.
        """
        rows = await self._database.call(
            "sp_mi_catalogue_load", self._infno, self.standing.epoch, start, end, items
        )
        accepted, inserted, changed = rows[0]
        self._require(accepted)
        self.inserted += inserted
        self.changed += changed

    async def close(self, version: str) -> None:
        """Say that everything up to a version is loaded.

        Raises:
            JobFailed: somebody else has taken the catalogue.
            StoreError: the database did not take it.
        """
        await self._mine("sp_mi_catalogue_close", version)

    async def fault(self, message: str, *, forget: bool) -> None:
        """Say why it could not be loaded.

        Args:
            message: in Chinese where it is ours.
            forget: give the source up, so that the next try asks for another.

        Raises:
            StoreError: the database did not take it.
        """
        await self._database.call(
            "sp_mi_catalogue_fault", self._infno, self.standing.epoch, message, int(forget)
        )

    async def _mine(self, routine: str, *parameters: Any) -> None:
        rows = await self._database.call(routine, self._infno, self.standing.epoch, *parameters)
        self._require(rows[0][0])

    def _require(self, held: int) -> None:
        if not held:
            raise JobFailed(f"目录 {self._infno} 已由另一个同步接管，本次停止。")


def _standing(row: Any) -> Standing:
    return Standing(
        epoch=row[0],
        version=row[1],
        source=row[2] or "",
        source_name=row[3] or "",
        source_hash=(row[4] or "").strip(),
        source_rows=row[5] or 0,
        next_version=row[6] or "",
        loaded=row[7],
        last_hash=(row[8] or "").strip(),
        item_count=row[9],
    )
