"""The books reconciliation compares with: the ledger's settlements, less and plus what a test or demonstration ordered.

A settlement that 2601 reversed is in no book. A refund is a row of its own beside the settlement it took back. The orders make
the books disagree with what was answered, by any row: a row dropped, a row nobody sent, another amount.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mi_bridge.simulator.clock import CHINA
from mi_bridge.simulator.settlement import Settlement

AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
Cents = Annotated[Decimal, Field(max_digits=16, decimal_places=2)]


@dataclass(frozen=True, slots=True)
class BookRow:
    """One settlement or refund as the books have it."""

    org_code: str
    insutype: str
    clr_type: str
    clr_optins: str
    time: datetime
    setl_id: str
    mdtrt_id: str
    psn_no: str = field(repr=False)
    msgid: str
    refund: bool
    medfee_sumamt: Decimal
    fund_pay_sumamt: Decimal
    acct_pay: Decimal


class _Order(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Which(_Order):
    """Names a row by its settlement's or its message's number.

    Args:
        setl_id, msgid: one of them.
    """

    setl_id: str = ""
    msgid: str = ""

    @model_validator(mode="after")
    def _one(self) -> Which:
        if bool(self.setl_id) == bool(self.msgid):
            raise ValueError("name the row by setl_id or by msgid")
        return self

    def means(self, row: BookRow) -> bool:
        """Tell whether a row is meant."""
        return row.setl_id == self.setl_id if self.setl_id else row.msgid == self.msgid


class Change(Which):
    """Gives a row other amounts; None keeps one."""

    medfee_sumamt: Cents | None = None
    fund_pay_sumamt: Cents | None = None
    acct_pay: Cents | None = None


class Addition(_Order):
    """A row that only the platform has.

    Args:
        org_code, insutype, clr_type, clr_optins: where it stands.
        day: when it was settled.
        psn_no, msgid: by what it is known; the platform shows no settlement's number of such a row.
        refund: whether it is one.
        medfee_sumamt, fund_pay_sumamt, acct_pay: its amounts.
    """

    org_code: str
    insutype: str
    clr_type: str
    clr_optins: str
    day: date
    psn_no: str
    msgid: str
    refund: bool = False
    medfee_sumamt: Cents
    fund_pay_sumamt: Cents = Decimal("0.00")
    acct_pay: Cents = Decimal("0.00")


class BooksOrder(_Order):
    """What ``POST /_simulator/books`` takes.

    Args:
        mode: whether the orders are put in place of those in force, or after them.
        drop: rows the books lack.
        change: rows whose amounts are others.
        add: rows nobody sent.
    """

    mode: Literal["add", "replace"] = "add"
    drop: tuple[Which, ...] = ()
    change: tuple[Change, ...] = ()
    add: tuple[Addition, ...] = ()


class ClearingBooks:
    """The books, and the orders in force."""

    def __init__(self) -> None:
        self._orders = BooksOrder()

    def order(self, order: BooksOrder) -> None:
        """Put orders in force."""
        before = BooksOrder() if order.mode == "replace" else self._orders
        self._orders = BooksOrder(
            drop=before.drop + order.drop,
            change=before.change + order.change,
            add=before.add + order.add,
        )

    def view(self) -> dict[str, object]:
        """Return the orders in force, ready for JSON."""
        return self._orders.model_dump(mode="json", exclude={"mode"})

    def rows(self, settled: Iterator[BookRow]) -> Iterator[BookRow]:
        """Return the books' rows.

        Args:
            settled: what was really settled and stands, or was refunded.
        """
        for row in settled:
            if not any(which.means(row) for which in self._orders.drop):
                yield self._changed(row)
        yield from map(_added, self._orders.add)

    def _changed(self, row: BookRow) -> BookRow:
        for change in self._orders.change:
            if change.means(row):
                given = {name: getattr(change, name) for name in AMOUNTS}
                row = replace(row, **{name: value for name, value in given.items() if value is not None})
        return row


def book_row(settlement: Settlement, clr_optins: str) -> BookRow:
    """Return a settlement as a row.

    Args:
        settlement: one that 2601 has not reversed.
        clr_optins: the agency it is cleared with.
    """
    return BookRow(
        org_code=settlement.visit.org_code,
        insutype=settlement.visit.insurance.insutype,
        clr_type=settlement.rule.clr_type,
        clr_optins=clr_optins,
        time=settlement.time,
        setl_id=settlement.setl_id,
        mdtrt_id=settlement.visit.mdtrt_id,
        psn_no=settlement.visit.person.psn_no,
        msgid=settlement.msgid,
        refund=bool(settlement.refund_of),
        **{name: settlement.amounts[name] for name in AMOUNTS},
    )


def _added(row: Addition) -> BookRow:
    noon = datetime(row.day.year, row.day.month, row.day.day, 12, tzinfo=CHINA)
    facts = row.model_dump(exclude={"day"})
    return BookRow(time=noon, setl_id="", mdtrt_id="", **facts)
