"""Asks the platform what its books say: totals by 3201, details by 3202 and the files around it (9101, 9102)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.reconciliation import PlatformRow
from mi_bridge.domain.settlement import Account, Book, Period, Settlement, Sums
from mi_bridge.errors import FileFault, RequestRefused
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call
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
from mi_bridge.traffic.route import Insurer

_ANSWERED = frozenset({Outcome.OK, Outcome.REFUSED, Outcome.SUSPICIOUS})


class Files(Protocol):
    """The part of the SDK's file client that is needed here."""

    async def upload(self, source: Path, *, org_code: str, msgid: str) -> Answer:
        """Send 9101."""
        ...

    async def download(
        self, file_qury_no: str, filename: str, target: Path, *, owner: str, org_code: str, msgid: str
    ) -> Answer:
        """Send 9102."""
        ...


Numbers = Callable[[str], Awaitable[str]]
"""Gives an organisation a fresh message number."""


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

    Args:
        insurer: the SDK's client.
        files: its uploads and downloads.
        profile: the site.
        rules: the columns of the files.
        numbers: where message numbers come from.
        quarantine: where result files are kept that cannot be read; None keeps none.
        backoff: between two tries.
        pause: waits, in seconds.
    """

    def __init__(
        self,
        insurer: Insurer,
        files: Files,
        profile: Profile,
        rules: SettlementRules,
        numbers: Numbers,
        *,
        quarantine: Path | None = None,
        backoff: Backoff | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._insurer = insurer
        self._files = files
        self._site = profile.reconciliation
        self._limits = ArchiveLimits.of(profile)
        self._rules = rules
        self._numbers = numbers
        self._quarantine = quarantine
        self._backoff = backoff or Backoff(1, 10)
        self._pause = pause

    async def totals(self, account: Account, period: Period, sums: Sums) -> TotalsAnswer:
        """Ask whether totals agree (3201)."""
        try:
            answer = await self._ask(
                TOTALS, totals_input(account, period, sums, self._site), account.org_code
            )
        except RequestRefused as refusal:
            return TotalsAnswer(TotalsVerdict.UNKNOWN, refusal.message)
        return read_totals(answer)

    async def details(self, book: Book, period: Period, settlements: Sequence[Settlement]) -> Details:
        """Ask for the comparison row by row (9101, 3202, 9102). The files, which name patients, are gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="mi-bridge-3202-") as folder:
            try:
                number = await self._uploaded(Path(folder), book, period, settlements)
                result = await self._compared(Path(folder), book, period, Sums.of(settlements), number)
                return Details(await asyncio.to_thread(self._read, result))
            except (_NoDetails, RequestRefused, FileFault) as fault:
                return Details(None, str(fault))

    async def _uploaded(
        self, folder: Path, book: Book, period: Period, settlements: Sequence[Settlement]
    ) -> str:
        name = safe_name(f"{book.org_code}-{book.clr_type}-{book.setl_optins}-{period.first:%Y%m%d}")
        source = folder / f"{name}.zip"
        rows = [upload_row(row, self._rules.upload_columns, self._site) for row in settlements]
        await asyncio.to_thread(write_archive, source, f"{name}.txt", rows)

        async def send(msgid: str) -> Answer:
            return await self._files.upload(source, org_code=book.org_code, msgid=msgid)

        answer = await self._answered(send, book.org_code)
        output = answer.output if answer.outcome is Outcome.OK and isinstance(answer.output, dict) else {}
        return str(output.get("file_qury_no") or "") or _fail("9101 上传明细文件", answer)

    async def _compared(self, folder: Path, book: Book, period: Period, sums: Sums, number: str) -> Path:
        asked = details_input(book, period, sums, number, self._site)
        answer = await self._ask(DETAILS, asked, book.org_code)
        result = read_details(answer)
        if result is None:
            raise _NoDetails(_words("3202 对明细账", answer))
        target = folder / f"result-{safe_name(result.filename or result.file_qury_no)}"

        async def fetch(msgid: str) -> Answer:
            return await self._files.download(
                result.file_qury_no,
                result.filename,
                target,
                owner=book.org_code,
                org_code=book.org_code,
                msgid=msgid,
            )

        fetched = await self._answered(fetch, book.org_code)
        if fetched.file is None:
            raise _NoDetails(_words("9102 下载对账结果", fetched))
        return target

    def _read(self, result: Path) -> tuple[PlatformRow, ...]:
        columns = self._rules.result_columns
        rows: list[PlatformRow] = []
        try:
            for row in TextArchive(result, self._limits).rows(len(columns)):
                try:
                    rows.append(platform_row(row.values, columns, self._site))
                except ValueError as fault:
                    raise FileFault(result.name, str(fault), member=row.member, row=row.number) from None
        except FileFault as fault:
            if self._quarantine is not None:
                keep_aside(result, self._quarantine, fault)
            raise
        return tuple(rows)

    async def _ask(self, infno: str, source: dict[str, Any], org_code: str) -> Answer:
        async def send(msgid: str) -> Answer:
            call = Call(infno, source, msgid=msgid, org_code=org_code)
            return await self._insurer.send(self._insurer.prepare(call))

        return await self._answered(send, org_code)

    async def _answered(self, send: Callable[[str], Awaitable[Answer]], org_code: str) -> Answer:
        """Send until the platform itself has answered, as often as the site allows; each time under a number of its own."""
        tries = 1
        answer = await send(await self._numbers(org_code))
        while answer.outcome not in _ANSWERED and tries < self._site.tries:
            await self._pause(self._backoff.delay(tries))
            tries += 1
            answer = await send(await self._numbers(org_code))
        return answer


def _fail(action: str, answer: Answer) -> str:
    raise _NoDetails(_words(action, answer))


def _words(action: str, answer: Answer) -> str:
    return f"{action}没有成功：{answer.err_msg or answer.fault or '应答中没有文件'}"
