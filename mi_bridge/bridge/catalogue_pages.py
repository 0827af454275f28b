"""Synchronises a catalogue that comes in pages (1304, 1312, 1316 to 1319): everything updated since the last time, page by page."""

from __future__ import annotations

import hashlib
from typing import Any

from mi_bridge.bridge.catalogue_file import batch_of
from mi_bridge.bridge.catalogue_shelf import CatalogueShelf, Source
from mi_bridge.bridge.job import JobContext, Progress
from mi_bridge.errors import JobFailed
from mi_bridge.insurer.catalogue_kind import CatalogueKind
from mi_bridge.traffic.job_insurer import require_ok

_MARK = "pages "


class CataloguePages:
    """One synchronisation of one catalogue.

    Args:
        kind: the catalogue.
        shelf: where it goes.
        context: the job's.
    """

    def __init__(self, kind: CatalogueKind, shelf: CatalogueShelf, context: JobContext) -> None:
        self._kind = kind
        self._shelf = shelf
        self._context = context

    async def run(self) -> None:
        """Load page after page until one is not full, is empty, or comes twice.

        Raises:
            JobFailed: the platform refuses, a row has no key, or there is no end.
            StoreError: the database did not take it.
        """
        standing = self._shelf.standing
        since, highest, page = standing.version, standing.version, 0
        if standing.source == f"{_MARK}{since}":
            # the last page once more: rows updated meanwhile have gone to the end and drawn the others forward
            highest, page = max(since, standing.next_version), max(standing.loaded - 1, 0)
        last = ""
        while page < self._context.profile.catalogues.most_pages:
            rows = await self._ask(since, page + 1)
            batch = batch_of(self._items(rows, page + 1))
            digest = hashlib.sha256(batch.items.encode()).hexdigest()
            if not rows or digest == last:
                break
            highest = max(highest, *(self._update_time(row) for row in rows))
            await self._load(batch.items, since, highest, page)
            page, last = page + 1, digest
            if len(rows) < self._kind.page_size:
                break
        else:
            raise JobFailed(f"目录 {self._kind.infno} 的页数过多，可能是平台异常，本次停止。")
        await self._shelf.close(highest)

    async def _ask(self, since: str, page: int) -> list[dict[str, Any]]:
        kind = self._kind
        fields: dict[str, Any] = kind.input | {
            "updt_time": since,
            "page_num": page,
            "page_size": kind.page_size,
        }
        answer = await self._context.insurer.ask(kind.infno, {"data": fields})
        require_ok(answer, f"查询目录 {kind.infno} 第 {page} 页")
        rows = _rows_in(answer.output, self._context.profile.catalogues.rows_node)
        if rows is None:
            raise JobFailed(f"目录 {kind.infno} 第 {page} 页的应答里没有节点 output.data，无法读取。")
        return rows

    def _items(self, rows: list[dict[str, Any]], page: int) -> list[dict[str, Any]]:
        try:
            return [self._kind.item_of(row) for row in rows]
        except KeyError as missing:
            words = f"目录 {self._kind.infno} 第 {page} 页有一行没有主键 {missing.args[0]}，该页没有载入。"
            raise JobFailed(words) from None

    async def _load(self, items: str, since: str, highest: str, page: int) -> None:
        source = Source(f"{_MARK}{since}", next_version=highest)
        await self._shelf.begin(source, loaded=page)
        await self._shelf.load(items, start=page, end=page + 1)
        self._context.watch(Progress(self._kind.infno, page + 1))

    def _update_time(self, row: dict[str, Any]) -> str:
        value = row.get(self._kind.version)
        return value if isinstance(value, str) else ""


def _rows_in(output: Any, node: str) -> list[dict[str, Any]] | None:
    """Return the rows of an output: the list it is, or the list in its node; none for an empty output."""
    if isinstance(output, dict):
        output = output.get(node, None if output else [])
    if output is None or output == "":
        return None if output is None else []
    if not isinstance(output, list) or not all(isinstance(row, dict) for row in output):
        return None
    return output
