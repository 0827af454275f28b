"""Synchronises a catalogue that comes in files: ask for what is newer, download, look through, load, until nothing is newer."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from mi_bridge.bridge.catalogue_file import Batch, CatalogueFile, Survey
from mi_bridge.bridge.catalogue_shelf import CatalogueShelf, Source, Standing
from mi_bridge.bridge.job import JobContext, Progress
from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import FileFault, JobFailed
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.catalogue_kind import CatalogueKind, version_rank
from mi_bridge.insurer.files.archive import ArchiveLimits
from mi_bridge.insurer.files.quarantine import keep_aside
from mi_bridge.insurer.files.stored_file import StoredFile
from mi_bridge.insurer.verdict import as_text, says
from mi_bridge.settings import file_folders
from mi_bridge.traffic.job_insurer import require_ok

_log: Any = structlog.get_logger()
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Offer:
    """What the platform has that is newer.

    Args:
        number: of the file there (``file_qury_no``).
        name: of the file there.
        count: rows in it as the platform says; None where it says nothing.
    """

    number: str
    name: str
    count: int | None

    @classmethod
    def of(cls, output: Any) -> Offer:
        """Read a 13xx's output; whatever cannot be read is empty."""
        fields = output if isinstance(output, dict) else {}
        count = as_text(fields.get("data_cnt")).strip()
        return cls(
            as_text(fields.get("file_qury_no")),
            as_text(fields.get("filename")),
            int(count) if count.isdecimal() else None,
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing newer."""
        return self.count == 0 or (self.count is None and not self.number)


class CatalogueDownload:
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
        self._folders = file_folders(context.settings.files)
        self._path = self._folders.files / "catalogue" / f"{kind.infno}.txt.zip"

    async def run(self) -> None:
        """Load what is newer, until nothing is, or the platform repeats itself.

        Raises:
            JobFailed: the platform refuses, its file is faulty, or it never comes to an end.
            StoreError: the database did not take it.
        """
        version = self._shelf.standing.version
        seen = self._shelf.standing.last_hash
        resumed = await self._resumable(self._shelf.standing)
        for _ in range(self._context.profile.catalogues.most_files):
            taken = resumed or await self._fetch(version)
            if taken is None or taken[1].sha256 == seen:
                await self._end(version)
                return
            newer, seen = await self._take(*taken, version), taken[1].sha256
            resumed = None
            if version_rank(newer) <= version_rank(version):
                return
            version = newer
        raise JobFailed(f"目录 {self._kind.infno} 连续下发的新版本过多，可能是平台异常，本次停止。")

    async def _resumable(self, standing: Standing) -> tuple[Offer, StoredFile] | None:
        """Return the file a killed run left here, if it is the very one it was loading."""
        if not standing.source_hash:
            return None
        found = await asyncio.to_thread(_described, self._path)
        if found is None or found.sha256 != standing.source_hash:
            return None
        return Offer(standing.source, standing.source_name, standing.source_rows), found

    async def _fetch(self, version: str) -> tuple[Offer, StoredFile] | None:
        infno, context = self._kind.infno, self._context
        answer = await context.insurer.ask(infno, {"data": self._kind.input | {"ver": version}})
        offer = Offer.of(self._answered(answer).output)
        if offer.empty or self._says_nothing_newer(answer):
            return None
        answer = await context.insurer.download(offer.number, offer.name, self._path)
        if answer.file is None:
            require_ok(answer, f"下载目录 {infno} 的文件")
            raise JobFailed(f"下载目录 {infno} 的文件未成功：平台的应答不是文件。")
        return offer, answer.file

    def _answered(self, answer: Answer) -> Answer:
        if self._says_nothing_newer(answer):
            return answer
        return require_ok(answer, f"查询目录 {self._kind.infno} 的新版本")

    def _says_nothing_newer(self, answer: Answer) -> bool:
        patterns = self._context.profile.catalogues.nothing_newer
        return answer.outcome in (Outcome.REFUSED, Outcome.SUSPICIOUS) and says(patterns, answer.err_msg)

    async def _take(self, offer: Offer, stored: StoredFile, version: str) -> str:
        """Load one file and return the version the catalogue then has."""
        file = CatalogueFile(self._path, self._kind, ArchiveLimits.of(self._context.profile))
        try:
            survey = await asyncio.to_thread(file.survey)
        except FileFault as fault:
            raise await self._refused(fault) from fault
        if offer.count not in (None, survey.rows):
            _log.warning(
                "catalogue's file has another number of rows than announced",
                catalogue=self._kind.infno,
                announced=offer.count,
                rows=survey.rows,
            )
        newer = max(version, survey.version, key=version_rank)
        await self._load(file, offer, stored, survey, newer)
        await self._shelf.close(newer)
        await asyncio.to_thread(self._path.unlink, missing_ok=True)
        return newer

    async def _refused(self, fault: FileFault) -> JobFailed:
        kept = await asyncio.to_thread(keep_aside, self._path, self._folders.quarantine, fault)
        place = f"{fault.file}{f'/{fault.member}' if fault.member else ''}{f' 第 {fault.row} 行' if fault.row else ''}"
        message = f"目录 {self._kind.infno} 的文件无法使用，没有载入，已移至 {kept}：{place}：{fault.fault}。"
        await self._shelf.fault(message, forget=True)
        return JobFailed(message)

    async def _load(
        self, file: CatalogueFile, offer: Offer, stored: StoredFile, survey: Survey, newer: str
    ) -> None:
        standing = self._shelf.standing
        loaded = standing.loaded if standing.source_hash == stored.sha256 else 0
        source = Source(offer.number[:100], offer.name[:200], stored.sha256, survey.rows, newer)
        await self._shelf.begin(source, loaded=loaded)
        batches = file.batches(loaded)
        coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
        try:
            while (batch := await coming) is not None:
                # the next batch is read while the database takes this one
                coming = asyncio.create_task(asyncio.to_thread(next, batches, None))
                loaded = await self._put(batch, loaded, survey.rows)
        finally:
            await asyncio.wait((coming,))

    async def _put(self, batch: Batch, loaded: int, rows: int) -> int:
        await self._shelf.load(batch.items, start=loaded, end=loaded + batch.rows)
        self._context.watch(Progress(self._kind.infno, loaded + batch.rows, rows))
        return loaded + batch.rows

    async def _end(self, version: str) -> None:
        await self._shelf.close(version)
        await asyncio.to_thread(self._path.unlink, missing_ok=True)


def _described(path: Path) -> StoredFile | None:
    try:
        with path.open("rb") as file:
            digest, size = hashlib.sha256(), 0
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError:
        return None
    return StoredFile(path, size, digest.hexdigest())
