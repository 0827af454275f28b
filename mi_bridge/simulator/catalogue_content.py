"""The content of the platform's catalogues, invented by seed: the same seed, order and version give the same rows."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from mi_bridge.insurer.catalogue_kind import CatalogueKind
from mi_bridge.simulator.catalogue_order import CatalogueFault, CatalogueOrder

_PATTERNS = 499
"""Rows are this many patterns with their own keys, codes and names: a million of them are made in seconds."""
_WORDS = (
    "片剂",
    "胶囊",
    "注射液",
    "口服",
    "国药准字",
    "盒",
    "0.25g*12片",
    "密闭保存",
    "甲类",
    "1",
    "0",
    "12.50",
    "见说明书",
)
_NAMES = (
    "阿莫西林",
    "盐酸二甲双胍",
    "苯磺酸氨氯地平",
    "当归",
    "黄芪",
    "静脉穿刺",
    "心电图",
    "一次性注射器",
    "急性支气管炎",
)
_BEGINNING = datetime(2026, 1, 1, 8)  # noqa: DTZ001 - written as local time
_ARCHIVE_DATE = (2026, 1, 1, 0, 0, 0)

Cells = list[str | None]


class CatalogueContent:
    """One catalogue as one order makes it.

    Args:
        kind: its columns.
        order: its size and versions.
        seed: decides the rest.
    """

    def __init__(self, kind: CatalogueKind, order: CatalogueOrder, seed: int) -> None:
        self._kind = kind
        self.order = order
        self._seed = seed
        self._place = {name: place for place, name in enumerate(kind.columns)}

    @property
    def newest(self) -> int:
        """The number of the last version."""
        return self.order.versions

    def version_name(self, version: int) -> str:
        """Return how a version is written."""
        return f"v{version:04d}"

    def rows_of(self, version: int) -> Iterator[int]:
        """Yield the numbers of the rows that a version brings or changes."""
        if version == 1:
            yield from range(self.order.rows)
            return
        before = self._size(version - 1)
        yield from (row for row in range(before) if (row * 31 + version) % 10 == 0)
        yield from range(before, self._size(version))

    def count(self, version: int) -> int:
        """Return how many rows a version brings or changes."""
        return self.order.rows if version == 1 else sum(1 for _ in self.rows_of(version))

    def cells(self, row: int, version: int) -> Cells:
        """Return a row as a version has it."""
        kind, cells = self._kind, list(self._patterns[row % _PATTERNS])
        name = f"{_NAMES[row % len(_NAMES)]}{row}"
        values = {
            kind.key[0]: f"{kind.infno}-{self._seed}-{row:010d}",
            kind.code: f"X{kind.infno}{row:09d}",
            kind.valid_flag: "0" if version > 1 and (row + version) % 7 == 0 else "1",
            kind.version: self.version_name(version)
            if kind.way == "file"
            else self.update_time(row, version),
            kind.begin_date: "2026-01-01",
            kind.end_date: None,
        } | dict.fromkeys(kind.name[:1], name)
        for column, value in values.items():
            if column:
                cells[self._place[column]] = value
        return cells

    def update_time(self, row: int, version: int) -> str:
        """Return when a version of a row was written."""
        return str(_BEGINNING + timedelta(days=version - 1, seconds=row))

    def page(self, since: str, page: int, size: int) -> list[dict[str, Any]]:
        """Return one page of the rows updated since a time, the oldest first."""
        found = [
            (self.update_time(row, version), row, version)
            for row, version in self._latest()
            if self.update_time(row, version) >= since
        ]
        wanted = sorted(found)[(page - 1) * size : page * size]
        return [
            dict(zip(self._kind.columns, self.cells(row, version), strict=True)) for _, row, version in wanted
        ]

    def write(self, path: Path, version: int) -> None:
        """Write a version's file: a ZIP with a TAB-separated TXT, damaged as ordered."""
        info = zipfile.ZipInfo(f"{self._kind.infno}_{self.version_name(version)}.txt", _ARCHIVE_DATE)
        info.compress_type = zipfile.ZIP_DEFLATED
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
            archive.open(info, "w", force_zip64=True) as raw,
            io.BufferedWriter(raw, 1024 * 1024) as file,
        ):
            for line in self._lines(version):
                file.write(line)
        if self.order.fault is CatalogueFault.CORRUPT:
            _damage(path)

    def _lines(self, version: int) -> Iterator[bytes]:
        odd = max(self.count(version) - 2, 0)
        for number, row in enumerate(self.rows_of(version)):
            cells = self.cells(row, version)
            if number == odd and self.order.fault is CatalogueFault.COLUMNS:
                cells.pop()
            text = "\t".join("null" if cell is None else cell for cell in cells) + "\n"
            strange = number == odd and self.order.fault is CatalogueFault.ENCODING
            yield text.encode("gb18030" if strange else "utf-8")

    def _size(self, version: int) -> int:
        return self.order.rows + (version - 1) * (self.order.rows // 20)

    def _latest(self) -> Iterator[tuple[int, int]]:
        """Yield every row with the last version that touched it."""
        last: dict[int, int] = {}
        for version in range(1, self.newest + 1):
            last.update(dict.fromkeys(self.rows_of(version), version))
        yield from last.items()

    @cached_property
    def _patterns(self) -> list[Cells]:
        draw = random.Random(f"{self._seed}/{self._kind.infno}")  # noqa: S311 - invented values, no secret
        width = len(self._kind.columns)
        return [[self._cell(draw) for _ in range(width)] for _ in range(_PATTERNS)]

    @staticmethod
    def _cell(draw: random.Random) -> str | None:
        kind = draw.random()
        if kind < 0.5:  # real files are mostly empty
            return None if kind < 0.3 else ""
        return draw.choice(_WORDS)


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8] = bytes(8)
    path.write_bytes(content)
