"""Asks the platform what its books say: totals by 3201, details by 3202 and the files around it (9101, 9102)."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.reconciliation import PlatformRow
from mi_bridge.domain.settlement import Account, Book, Period, Settlement, Sums
from mi_bridge.errors import FileFault, RequestRefused
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.clearing import (
    DETAILS,
    TOTALS,
    TotalsAnswer,
    TotalsVerdict,
    details_input,
    platform_row,
    read_details,
    read_totals,
    totals_input,
    upload_row,
)
from mi_bridge.insurer.files.archive import ArchiveLimits, TextArchive
from mi_bridge.insurer.files.archive_writer import write_archive
from mi_bridge.insurer.files.quarantine import keep_aside, safe_name
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.settlement_rules import SettlementRules
from mi_bridge.logging import redact_text


class Asker(Protocol):
    """The platform, asked as often as a lost answer takes; ``JobInsurer`` is one."""

    async def ask(self, infno: str, input: Mapping[str, Any], *, org_code: str = "") -> Answer:  # noqa: A002 - the platform's own word
        """Ask a question."""
        ...

    async def upload(self, source: Path, *, filename: str = "", org_code: str = "") -> Answer:
        """Send 9101."""
        ...

    async def download(
        self, file_qury_no: str, filename: str, target: Path, *, owner: str = "", org_code: str = ""
    ) -> Answer:
        """Send 9102."""
        ...


@dataclass(frozen=True, slots=True)
class Details:
    """The platform's rows of a book.

    Args:
        rows: all of them; None where they could not be had.
        words: why not, in Chinese.
    """

    rows: tuple[PlatformRow, ...] | None
    words: str = ""


class _NoDetails(Exception):
    """Details could not be had; says why, in Chinese."""


class Clearing:
    """Puts questions about accounts to the platform. All of them may be asked again without harm.

    The platform's words go into alerts and reports: what looks like an identity in them is masked.

    Args:
        platform: is asked.
        profile: the site.
        rules: the columns of the files.
        quarantine: where result files are kept that cannot be read.
    """

    def __init__(
        self, platform: Asker, profile: Profile, rules: SettlementRules, *, quarantine: Path
    ) -> None:
        self._platform = platform
        self._site = profile.reconciliation
        self._limits = ArchiveLimits.of(profile)
        self._rules = rules
        self._quarantine = quarantine

    async def totals(self, account: Account, period: Period, sums: Sums) -> TotalsAnswer:
        """Ask whether totals agree (3201).

        Raises:
            StoreError: there are no message numbers.
        """
        asked = totals_input(account, period, sums, self._site)
        try:
            answer = read_totals(await self._platform.ask(TOTALS, asked, org_code=account.org_code))
        except RequestRefused as refusal:
            return TotalsAnswer(TotalsVerdict.UNKNOWN, refusal.message)
        return TotalsAnswer(answer.verdict, redact_text(answer.words))

    async def details(self, book: Book, period: Period, settlements: Sequence[Settlement]) -> Details:
        """Ask for the comparison row by row (9101, 3202, 9102). The files, which name patients, are gone afterwards.

        Raises:
            StoreError: there are no message numbers.
        """
        with tempfile.TemporaryDirectory(prefix="mi-bridge-3202-") as folder:
            try:
                number = await self._uploaded(Path(folder), book, period, settlements)
                result = await self._compared(Path(folder), book, period, Sums.of(settlements), number)
                return Details(await asyncio.to_thread(self._read, result))
            except (_NoDetails, RequestRefused, FileFault) as fault:
                return Details(None, redact_text(str(fault)))
            except OSError as fault:
                return Details(None, f"明细文件无法读写：{fault.strerror}")

    async def _uploaded(
        self, folder: Path, book: Book, period: Period, settlements: Sequence[Settlement]
    ) -> str:
        name = safe_name(f"{book.org_code}-{book.clr_type}-{book.setl_optins}-{period.first:%Y%m%d}")
        source = folder / f"{name}.zip"
        rows = [upload_row(row, self._rules.upload_columns, self._site) for row in settlements]
        await asyncio.to_thread(write_archive, source, f"{name}.txt", rows)
        answer = await self._platform.upload(source, org_code=book.org_code)
        output = answer.output if answer.outcome is Outcome.OK else None
        number = output.get("file_qury_no") if isinstance(output, Mapping) else None
        if not number:
            raise _NoDetails(_words("9101 上传明细文件", answer))
        return str(number)

    async def _compared(self, folder: Path, book: Book, period: Period, sums: Sums, number: str) -> Path:
        asked = details_input(book, period, sums, number, self._site)
        answer = await self._platform.ask(DETAILS, asked, org_code=book.org_code)
        result = read_details(answer)
        if result is None:
            raise _NoDetails(_words("3202 对明细账", answer))
        target = folder / f"result-{safe_name(result.filename or result.file_qury_no)}"
        fetched = await self._platform.download(
            result.file_qury_no, result.filename, target, owner=book.org_code, org_code=book.org_code
        )
        if fetched.file is None:
            raise _NoDetails(_words("9102 下载对账结果", fetched))
        return target

    def _read(self, result: Path) -> tuple[PlatformRow, ...]:
        columns = self._rules.result_columns
        rows: list[PlatformRow] = []
        try:
            for row in TextArchive(result, self._limits).rows(len(columns)):
                try:
                    rows.append(_masked(platform_row(row.values, columns, self._site)))
                except ValueError as fault:
                    raise FileFault(result.name, str(fault), member=row.member, row=row.number) from None
        except FileFault as fault:
            keep_aside(result, self._quarantine, fault)
            raise
        return tuple(rows)


def _masked(row: PlatformRow) -> PlatformRow:
    return dataclasses.replace(row, memo=redact_text(row.memo)) if row.memo else row


def _words(action: str, answer: Answer) -> str:
    return f"{action}没有成功：{answer.err_msg or answer.fault or '应答中没有文件'}"
