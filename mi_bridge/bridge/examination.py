"""One look at the books: totals first, details where they differ or are not known, days where a longer period differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from mi_bridge.domain.reconciliation import Difference, DifferenceKind, compare
from mi_bridge.domain.reconciliation_case import Case
from mi_bridge.domain.settlement import Account, Amounts, Book, Period, Settlement, Sums
from mi_bridge.insurer.clearing import TotalsAnswer, TotalsVerdict
from mi_bridge.store.reconciliation_port import ComparedTotals
from mi_bridge.traffic.clearing import Details

_NOTHING_SHOWN = "明细没有指出差异"
_UNLISTED = (
    "结果文件没有列出任何相符的明细，{count} 笔未列出的结算无法判断；"
    '如果当地只列出不平的明细，请在接入方案写 reconciliation.result_rows = "differences"'
)


class Questions(Protocol):
    """The platform, as far as it is asked here."""

    async def totals(self, account: Account, period: Period, sums: Sums) -> TotalsAnswer:
        """Ask whether totals agree."""
        ...

    async def details(self, book: Book, period: Period, settlements: Sequence[Settlement]) -> Details:
        """Ask for the comparison row by row."""
        ...


@dataclass(slots=True)
class Seen:
    """What an examination has seen.

    Args:
        totals: of each account and period that was asked.
        examined: each day and book where every difference was looked for.
        differences: each with its day and book.
        totals_cases: differing totals that no details explain.
        gaps: why something is not known, in Chinese.
    """

    totals: list[ComparedTotals] = field(default_factory=list)
    examined: list[tuple[date, Book]] = field(default_factory=list)
    differences: list[tuple[date, Book, Difference]] = field(default_factory=list)
    totals_cases: list[Case] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)


class Examination:
    """Examines books; nothing is kept and nothing is edited.

    Args:
        platform: is asked.
        settlements: ours, each with its account, all of them comparable.
        accounts: what is asked besides theirs: the platform may have a settlement where we have none.
        lists_all: whether the result of 3202 repeats rows that agree.
    """

    def __init__(
        self,
        platform: Questions,
        settlements: Iterable[Settlement],
        accounts: Iterable[Account],
        *,
        lists_all: bool,
    ) -> None:
        self._platform = platform
        self._lists_all = lists_all
        self._settlements: dict[Account, list[Settlement]] = defaultdict(list)
        for row in settlements:
            self._settlements[row.account].append(row)
        self._books: dict[Book, set[Account]] = defaultdict(set)
        for account in (*self._settlements, *accounts):
            self._books[account.book].add(account)
        self.seen = Seen()

    async def examine(self, period: Period) -> Seen:
        """Examine every book."""
        for book in sorted(self._books):
            await self._examine(book, period)
        return self.seen

    async def _examine(self, book: Book, period: Period) -> None:
        answers = {
            account: await self._platform.totals(account, period, self._sums(account, period))
            for account in sorted(self._books[book])
        }
        if all(answer.verdict is TotalsVerdict.BALANCED for answer in answers.values()):
            self._note(answers, period)
            self.seen.examined += [(period.first, book)] if period.single else []
        elif period.single:
            await self._look_closer(book, period, answers)
        else:
            self._note(answers, period)
            for day in period.days:
                await self._examine(book, day)

    async def _look_closer(self, book: Book, day: Period, answers: Mapping[Account, TotalsAnswer]) -> None:
        ours = [row for account in sorted(self._books[book]) for row in self._of(account, day)]
        details = await self._platform.details(book, day, ours)
        self._note(answers, day, detailed=details.rows is not None)
        if details.rows is None:
            self._give_up(book, day, answers, details.words)
            return
        found = compare(ours, details.rows, lists_all=self._lists_all)
        unlisted = [one for one in found if one.kind is DifferenceKind.ONLY_OURS and one.theirs is None]
        if unlisted and not any(row.agrees for row in details.rows):
            # a site that lists only what differs, whatever its profile says: an alarm for each of the others would be false
            found = [one for one in found if one not in unlisted]
            self.seen.gaps.append(f"{_place(book, day)}：{_UNLISTED.format(count=len(unlisted))}")
        else:
            self.seen.examined.append((day.first, book))
        self.seen.differences += [(day.first, book, difference) for difference in found]
        if not found:
            self._doubt(day, answers, _NOTHING_SHOWN)

    def _give_up(self, book: Book, day: Period, answers: Mapping[Account, TotalsAnswer], words: str) -> None:
        self.seen.gaps.append(f"{_place(book, day)}：{words}")
        self._doubt(day, answers, words)

    def _doubt(self, day: Period, answers: Mapping[Account, TotalsAnswer], words: str) -> None:
        """Make a case of totals the platform calls different and nothing explains."""
        for account, answer in answers.items():
            if answer.verdict is not TotalsVerdict.DIFFERS:
                continue
            sums = self._sums(account, day)
            ours = Amounts(sums.medfee_sumamt, sums.fund_pay_sumamt, sums.acct_pay)
            said = f"{answer.words}；{words}" if answer.words else words
            self.seen.totals_cases.append(
                Case(day.first, account, DifferenceKind.TOTALS_DIFFER, ours=ours, words=said)
            )

    def _note(
        self, answers: Mapping[Account, TotalsAnswer], period: Period, *, detailed: bool = False
    ) -> None:
        self.seen.totals += [
            ComparedTotals(
                account,
                period,
                self._sums(account, period),
                answer.verdict.value,
                answer.words,
                detailed=detailed,
            )
            for account, answer in answers.items()
        ]

    def _of(self, account: Account, period: Period) -> list[Settlement]:
        return [row for row in self._settlements.get(account, ()) if period.covers(row.setl_time)]

    def _sums(self, account: Account, period: Period) -> Sums:
        return Sums.of(self._of(account, period))


def _place(book: Book, day: Period) -> str:
    return f"{day.first} 清算类别 {book.clr_type} 经办机构 {book.setl_optins}"
