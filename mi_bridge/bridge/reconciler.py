"""Reconciles days with the platform: enters settlements in the account, has the books examined, keeps what differs as cases.

It edits nothing but its own tables: no request changes its status here, whatever the books say. People do that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from mi_bridge.bridge.examination import Examination, Questions, Seen
from mi_bridge.domain.reconciliation import DifferenceKind
from mi_bridge.domain.reconciliation_case import Case, OwnRequest, case_of
from mi_bridge.domain.settlement import Account, Book, Period, Settlement, SettlementKind
from mi_bridge.insurer.settlement_entry import EntryReader
from mi_bridge.store.reconciliation_port import Findings, ReconciliationStore

_log: Any = structlog.get_logger()
Result = TypeVar("Result")
_PAGE = 2_000
_SHOWN_GAPS = 3


class StoreThread(Protocol):
    """Where the database is spoken to: on a thread of its own, one thing at a time."""

    async def run(self, work: Callable[[ReconciliationStore], Result]) -> Result:
        """Do something with the store there."""
        ...


@dataclass(frozen=True, slots=True)
class ReconcilerOptions:
    """What a reconciler must know of its site.

    Args:
        node_id: who runs it.
        org_code: the organisation of requests that name none.
        clearing_agency: of settlements whose answer names none.
        lists_all: whether the result of 3202 repeats rows that agree.
        account_days: accounts used within so many days are asked, too.
    """

    node_id: str
    org_code: str
    clearing_agency: str
    lists_all: bool = True
    account_days: int = 31


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to.

    Args:
        run_id: its number.
        period: the days.
        entered: settlements new in the account.
        findings: everything it found.
        new_cases: how many of its cases were not known before.
    """

    run_id: int
    period: Period
    entered: int
    findings: Findings
    new_cases: int


class Reconciler:
    """Reconciles periods, one after the other.

    Args:
        database: where the store is.
        platform: is asked what its books say.
        reader: reads settlements out of answers.
        kinds: the settling transactions and what each is.
        options: the site.
    """

    def __init__(
        self,
        database: StoreThread,
        platform: Questions,
        reader: EntryReader,
        kinds: Mapping[str, SettlementKind],
        options: ReconcilerOptions,
    ) -> None:
        self._database = database
        self._platform = platform
        self._reader = reader
        self._kinds = kinds
        self._options = options

    async def run(self, period: Period) -> Summary:
        """Reconcile a period; a repetition finds the same cases and makes no new ones.

        Raises:
            StoreError: the database cannot be reached or refuses; nothing of the run is kept but its beginning.
        """
        entered = await self._collect()
        run_id = await self._database.run(lambda store: store.begin_run(self._options.node_id, period))
        rows = await self._database.run(lambda store: store.settlements(period))
        ours = [self._placed(row) for row in rows]
        lookback = Period(period.first - timedelta(days=self._options.account_days), period.last)
        accounts = await self._database.run(lambda store: store.accounts(lookback))
        examination = Examination(
            self._platform,
            (row for row in ours if row.comparable),
            map(self._complete, accounts),
            lists_all=self._options.lists_all,
        )
        findings = await self._findings(period, ours, await examination.examine(period))
        new_cases = await self._database.run(lambda store: store.record(run_id, findings))
        _tell(period, findings, new_cases)
        return Summary(run_id, period, entered, findings, new_cases)

    async def _collect(self) -> int:
        """Enter in the account what was settled since; return how many entries are new.

        Page by page, so that a first reading of years leaves the thread to others in between.
        """
        entered, after = 0, None
        while True:
            page = await self._database.run(partial(self._enter_page, after))
            if page is None:
                return entered
            after, count = page
            entered += count

    def _enter_page(self, after: int | None, store: ReconciliationStore) -> tuple[int, int] | None:
        """Enter the next page; return where it ended and how many entries are new, None at the end."""
        page = store.answers(self._kinds, after, _PAGE)
        if page is None:
            return None
        return page.upto, store.enter([self._reader.read(answer) for answer in page.answers], page)

    def _placed(self, row: Settlement) -> Settlement:
        return dataclasses.replace(row, account=self._complete(row.account))

    def _complete(self, account: Account) -> Account:
        return dataclasses.replace(account, setl_optins=account.setl_optins or self._options.clearing_agency)

    async def _findings(self, period: Period, ours: list[Settlement], seen: Seen) -> Findings:
        theirs = [one.theirs.msgid for _, _, one in seen.differences if one.theirs and one.theirs.msgid]
        requests = await self._database.run(lambda store: store.messages(theirs))
        cases = [*_cases(seen, requests), *seen.totals_cases]
        known = {case.request_id for case in cases}
        cases += [_gap(row) for row in ours if not row.comparable and row.request_id not in known]
        outcome = "INCOMPLETE" if seen.gaps else "DIFFERS" if cases else "BALANCED"
        return Findings(
            outcome=outcome,
            settlements=len(ours),
            message=_shown(seen.gaps),
            totals=seen.totals,
            examined=[*seen.examined, *_nowhere(period, ours, self._options.org_code)],
            cases=cases,
        )


def _tell(period: Period, findings: Findings, new_cases: int) -> None:
    _log.info(
        "reconciled",
        first_day=period.first.isoformat(),
        last_day=period.last.isoformat(),
        outcome=findings.outcome,
        settlements=findings.settlements,
        differences=len(findings.cases),
        new=new_cases,
    )


def _cases(seen: Seen, requests: Mapping[str, OwnRequest]) -> Iterator[Case]:
    for day, book, difference in seen.differences:
        msgid = difference.theirs.msgid if difference.theirs else ""
        yield case_of(difference, day, book, requests.get(msgid))


def _gap(row: Settlement) -> Case:
    """Return the case of a settlement that could not take part. It stands under no account: which one is what is missing."""
    account = Account(row.account.org_code, "", "", "")
    return Case(
        row.setl_time.date(),
        account,
        DifferenceKind.NOT_COMPARABLE,
        request_id=row.request_id,
        found_status="COMPLETED",
        msgid=row.msgid,
        setl_id=row.setl_id,
        mdtrt_id=row.mdtrt_id,
        psn_no=row.psn_no,
        ours=row.amounts,
    )


def _nowhere(period: Period, ours: Iterable[Settlement], org_code: str) -> list[tuple[Any, Book]]:
    """Return where settlements without an account were looked for: every day, in every organisation."""
    organisations = {org_code, *(row.account.org_code for row in ours)}
    return [(day.first, Book(org, "", "")) for day in period.days for org in sorted(organisations)]


def _shown(gaps: list[str]) -> str:
    more = f"；另有 {len(gaps) - _SHOWN_GAPS} 处" if len(gaps) > _SHOWN_GAPS else ""
    return "；".join(gaps[:_SHOWN_GAPS]) + more
