"""Settlements as reconciliation sees them: what we were told of each, and the books it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

NOTHING = Decimal("0.00")
AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
"""The amounts 3201 and 3202 compare, by their national names: the total fee, what the funds and what the personal account paid."""


class SettlementKind(StrEnum):
    """What an entry of the account of settlements is."""

    SETTLEMENT = "SETTLEMENT"
    REFUND = "REFUND"
    """A cancel: a settlement of its own, with negative amounts."""
    REVERSAL = "REVERSAL"
    """2601: neutralises another entry; no settlement itself."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """The compared amounts of one settlement, in yuan; None where nobody said one."""

    medfee_sumamt: Decimal | None = None
    fund_pay_sumamt: Decimal | None = None
    acct_pay: Decimal | None = None

    @property
    def whole(self) -> bool:
        """Whether every amount is known."""
        return None not in (self.medfee_sumamt, self.fund_pay_sumamt, self.acct_pay)

    @property
    def empty(self) -> bool:
        """Whether no amount is known."""
        return self == Amounts()

    def differing(self, other: Amounts) -> tuple[str, ...]:
        """Return the names of the amounts both sides know and that are not equal."""
        pairs = ((name, getattr(self, name), getattr(other, name)) for name in AMOUNTS)
        return tuple(name for name, one, two in pairs if one is not None and two is not None and one != two)


@dataclass(frozen=True, slots=True, order=True)
class Book:
    """What one 3202 compares: the settlements of an institution under one clearing type and agency, of all insurance types."""

    org_code: str
    clr_type: str
    setl_optins: str


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """What one 3201 compares: a book's settlements of one insurance type."""

    org_code: str
    insutype: str
    clr_type: str
    setl_optins: str

    @property
    def book(self) -> Book:
        """The book it is a part of."""
        return Book(self.org_code, self.clr_type, self.setl_optins)


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement or refund the platform answered with success.

    Args:
        request_id: the request it answered.
        kind: SETTLEMENT or REFUND.
        msgid: our message's number, the platform's ``medins_setl_id``; empty where a person recorded the answer.
        setl_id: the platform's number of the settlement.
        mdtrt_id: its number of the visit.
        psn_no: its number of the patient.
        account: where it is cleared.
        setl_time: when, by the platform's clock in its local time.
        amounts: what is compared.
        cash: what the patient paid in cash.
    """

    request_id: int
    kind: SettlementKind
    msgid: str
    setl_id: str
    mdtrt_id: str
    psn_no: str = field(repr=False)
    account: Account
    setl_time: datetime
    amounts: Amounts
    cash: Decimal | None = None

    @property
    def comparable(self) -> bool:
        """Whether it can stand in a file of 3202: it has a number, an account and all amounts."""
        account = self.account
        return bool(self.setl_id and account.insutype and account.clr_type) and self.amounts.whole


@dataclass(frozen=True, slots=True)
class SettlementAnswer:
    """A settling request that was answered with success, as the database keeps both.

    Args:
        response_id: the answer's number.
        request_id: the request's.
        interface_code: the transaction.
        org_code: who sent it.
        msgid: its message's number; empty where a person recorded the answer.
        input_data: the request's input, JSON.
        response_data: the answer, as it came.
    """

    response_id: int
    request_id: int
    interface_code: str
    org_code: str
    msgid: str
    input_data: str = field(repr=False)
    response_data: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days by the platform's calendar, both ends included.

    Raises:
        ValueError: it ends before it begins.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"{self.last} is before {self.first}")

    @property
    def single(self) -> bool:
        """Whether it is one day."""
        return self.first == self.last

    @property
    def days(self) -> list[Period]:
        """Each day of it, as a period."""
        count = (self.last - self.first).days + 1
        return [Period(day, day) for day in (self.first + timedelta(days=n) for n in range(count))]

    def covers(self, moment: datetime) -> bool:
        """Tell whether a local time lies in it."""
        return self.first <= moment.date() <= self.last


@dataclass(frozen=True, slots=True)
class Sums:
    """Totals of settlements, refunds counted with their negative amounts."""

    count: int = 0
    refunds: int = 0
    medfee_sumamt: Decimal = NOTHING
    fund_pay_sumamt: Decimal = NOTHING
    acct_pay: Decimal = NOTHING
    cash: Decimal = NOTHING

    @classmethod
    def of(cls, settlements: Iterable[Settlement]) -> Sums:
        """Add settlements up; an unknown amount counts as nothing."""
        rows = list(settlements)
        return cls(
            count=len(rows),
            refunds=sum(row.kind is SettlementKind.REFUND for row in rows),
            medfee_sumamt=_sum(row.amounts.medfee_sumamt for row in rows),
            fund_pay_sumamt=_sum(row.amounts.fund_pay_sumamt for row in rows),
            acct_pay=_sum(row.amounts.acct_pay for row in rows),
            cash=_sum(row.cash for row in rows),
        )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), NOTHING)
