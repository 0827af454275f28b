"""Reconciliation as the bridge sees it in the database: the account of settlements, runs and cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from mi_bridge.domain.reconciliation_case import Case, OwnRequest
from mi_bridge.domain.settlement import Account, Book, Period, Settlement, SettlementAnswer, Sums
from mi_bridge.store.connection import Row


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """Some answers of settling transactions, in their own order.

    Args:
        after: behind which answer the page begins.
        upto: with which it ends.
        answers: those on it that are not in the account yet.
    """

    after: int
    upto: int
    answers: list[SettlementAnswer]


@dataclass(frozen=True, slots=True)
class ComparedTotals:
    """What was found of an account's totals.

    Args:
        account: which.
        period: the days that were compared.
        sums: ours.
        outcome: BALANCED, DIFFERS or UNKNOWN.
        words: the platform's.
        detailed: whether the settlements were compared one by one.
    """

    account: Account
    period: Period
    sums: Sums
    outcome: str
    words: str = ""
    detailed: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything one run found.

    Args:
        outcome: BALANCED, DIFFERS or INCOMPLETE.
        settlements: how many of ours took part.
        message: what a person should know of the run, in Chinese.
        totals: of each account.
        examined: each day and book where every difference was looked for.
        cases: the differences.
    """

    outcome: str
    settlements: int
    message: str
    totals: Sequence[ComparedTotals]
    examined: Sequence[tuple[date, Book]]
    cases: Sequence[Case]


class ReconciliationStore(Protocol):
    """One connection's worth of reconciliation, used by one thread at a time; every method may raise ``StoreError``."""

    def answers(self, codes: Iterable[str], after: int | None, limit: int) -> AnswerPage | None:
        """Read on in the answers, from where the last reading ended with None; return None at the end."""
        ...

    def enter(self, entries: Sequence[dict[str, Any]], page: AnswerPage) -> int:
        """Enter settlements in the account; return how many were new."""
        ...

    def settlements(self, period: Period) -> list[Settlement]:
        """Return what was settled and refunded in a period by the platform's time, less what 2601 has reversed."""
        ...

    def accounts(self, period: Period) -> list[Account]:
        """Return under which accounts there were settlements in a period."""
        ...

    def messages(self, msgids: Iterable[str]) -> dict[str, OwnRequest]:
        """Return which requests of ours messages belong to."""
        ...

    def begin_run(self, node_id: str, period: Period) -> int:
        """Note that a run begins; return its number."""
        ...

    def record(self, run_id: int, findings: Findings) -> int:
        """Keep what a run found, in one transaction; return how many cases are new."""
        ...

    def runs(self, period: Period) -> list[Row]:
        """Return the last run of each span in a period, in the columns of ``sp_mi_reconciliation_runs``."""
        ...
