"""Doubles for reconciliation: a store that remembers, and a platform that says what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from mi_bridge.domain.reconciliation import PlatformRow
from mi_bridge.domain.reconciliation_case import OwnRequest
from mi_bridge.domain.settlement import (
    Account,
    Amounts,
    Book,
    Period,
    Settlement,
    SettlementAnswer,
    SettlementKind,
    Sums,
)
from mi_bridge.insurer.clearing import TotalsAnswer, TotalsVerdict
from mi_bridge.store.reconciliation_port import AnswerPage, Findings
from mi_bridge.traffic.clearing import Details

Result = TypeVar("Result")
ORG = "H99010100001"
CITY = Account(ORG, "310", "11", "990101")
RURAL = Account(ORG, "390", "11", "990101")
WARD = Account(ORG, "310", "21", "990101")
BALANCED = TotalsAnswer(TotalsVerdict.BALANCED, "平")
DIFFERS = TotalsAnswer(TotalsVerdict.DIFFERS, "不平")
UNKNOWN = TotalsAnswer(TotalsVerdict.UNKNOWN, "系统繁忙")


def settled(
    number: int, account: Account = CITY, *, day: int = 1, total: str | None = "10.00", **fields: Any
) -> Settlement:
    """A settlement of a day of March 2026."""
    amounts = Amounts(Decimal(total), Decimal(1), Decimal(0)) if total else Amounts()
    moment = datetime(2026, 3, day, 12)  # noqa: DTZ001 - the platform's local time
    facts = {"msgid": f"m{number}", "setl_id": f"s{number}", "mdtrt_id": "v", "psn_no": "p"} | fields
    return Settlement(
        number, SettlementKind.SETTLEMENT, account=account, setl_time=moment, amounts=amounts, **facts
    )


def row_of(ours: Settlement, *, agrees: bool = True, total: str | None = None) -> PlatformRow:
    """The platform's row of a settlement of ours."""
    amounts = Amounts(Decimal(total), Decimal(1), Decimal(0)) if total else ours.amounts
    return PlatformRow("p", "v", ours.setl_id, ours.msgid, agrees=agrees, refund=False, amounts=amounts)


def alien(msgid: str) -> PlatformRow:
    """A row only the platform has."""
    return PlatformRow("p", "", "", msgid, agrees=False, refund=False, amounts=Amounts(Decimal(5)))


class Desk:
    """The platform's side.

    Args:
        totals: what it says of an account, for all periods or for the days named.
        details: its rows of a book, or why there are none.
    """

    def __init__(self) -> None:
        self.totals_of: dict[Account | tuple[Account, int], TotalsAnswer] = {}
        self.rows_of: dict[Book | tuple[Book, int], list[PlatformRow] | str] = {}
        self.asked: list[tuple[Account, Period, Sums]] = []
        self.compared: list[tuple[Book, Period, list[str]]] = []

    async def totals(self, account: Account, period: Period, sums: Sums) -> TotalsAnswer:
        self.asked.append((account, period, sums))
        of_day = self.totals_of.get((account, period.first.day)) if period.single else None
        return of_day or self.totals_of.get(account, BALANCED)

    async def details(self, book: Book, period: Period, settlements: Sequence[Settlement]) -> Details:
        self.compared.append((book, period, [row.setl_id for row in settlements]))
        found = self.rows_of.get((book, period.first.day), self.rows_of.get(book, []))
        return Details(None, found) if isinstance(found, str) else Details(tuple(found))


class Cabinet:
    """The database's side; runs what it is given at once, on the caller's thread."""

    def __init__(self) -> None:
        self.kept: list[Settlement] = []
        self.used: list[Account] = []
        self.own: dict[str, OwnRequest] = {}
        self.pages: list[AnswerPage] = []
        self.entered: list[dict[str, Any]] = []
        self.recorded: list[tuple[int, Findings]] = []
        self.lookback: Period | None = None

    async def run(self, work: Callable[[Any], Result]) -> Result:
        return work(self)

    def answers(self, codes: Iterable[str], after: int | None, limit: int) -> AnswerPage | None:
        assert "2207" in codes
        assert limit > 0
        return next((page for page in self.pages if page.after == (after or 0)), None)

    def enter(self, entries: Sequence[dict[str, Any]], page: AnswerPage) -> int:
        self.entered += entries
        return len(entries)

    def settlements(self, period: Period) -> list[Settlement]:
        return [row for row in self.kept if period.covers(row.setl_time)]

    def accounts(self, period: Period) -> list[Account]:
        self.lookback = period
        return self.used

    def messages(self, msgids: Iterable[str]) -> dict[str, OwnRequest]:
        return {msgid: self.own[msgid] for msgid in msgids if msgid in self.own}

    def begin_run(self, node_id: str, period: Period) -> int:
        return len(self.recorded) + 1

    def record(self, run_id: int, findings: Findings) -> int:
        self.recorded.append((run_id, findings))
        return len(findings.cases)

    def runs(self, period: Period) -> list[Any]:
        return []


def answer(number: int, code: str = "2207") -> SettlementAnswer:
    """An answer of a settling transaction."""
    told = '{"infcode": 0, "output": {"setlinfo": {"setl_id": "s1", "medfee_sumamt": 1}}}'
    return SettlementAnswer(number, number, code, "", f"m{number}", "{}", told)
