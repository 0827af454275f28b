from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from mi_bridge.domain.settlement import Account, Amounts, Book, Period, Settlement, SettlementKind, Sums

ACCOUNT = Account("H1", "310", "11", "990101")


def settled(
    total: str | None = "10.00", kind: SettlementKind = SettlementKind.SETTLEMENT, cash: str | None = "1.00"
) -> Settlement:
    amounts = Amounts(total and Decimal(total), Decimal("2.50"), Decimal("0.00"))  # type: ignore[arg-type]  # None stays None
    moment = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - the platform's local time
    return Settlement(1, kind, "m", "s", "v", "p", ACCOUNT, moment, amounts, cash and Decimal(cash))  # type: ignore[arg-type]


def test_amounts_differ_where_both_sides_say_one() -> None:
    ours = Amounts(Decimal("1.00"), Decimal(2), Decimal(3))

    assert ours.differing(Amounts(Decimal(1), Decimal("2.01"), None)) == ("fund_pay_sumamt",)
    assert ours.differing(Amounts()) == ()
    assert (ours.whole, ours.empty, Amounts().whole, Amounts().empty) == (True, False, False, True)


def test_an_account_belongs_to_a_book() -> None:
    assert ACCOUNT.book == Book("H1", "11", "990101")


def test_a_period_is_whole_days() -> None:
    period = Period(date(2026, 2, 27), date(2026, 3, 1))

    assert [day.first.day for day in period.days] == [27, 28, 1]
    assert all(day.single for day in period.days)
    assert not period.single
    assert period.covers(datetime(2026, 3, 1, 23, 59, 59))  # noqa: DTZ001 - local
    assert not period.covers(datetime(2026, 3, 2))  # noqa: DTZ001 - local
    with pytest.raises(ValueError, match="2026-02-28 is before 2026-03-01"):
        Period(date(2026, 3, 1), date(2026, 2, 28))


def test_sums_are_exact_and_count_refunds_apart() -> None:
    rows = [
        settled("0.10"),
        settled("0.20"),
        settled("-0.10", SettlementKind.REFUND),
        settled(None, cash=None),
    ]

    sums = Sums.of(rows)

    assert (sums.count, sums.refunds) == (4, 1)
    assert str(sums.medfee_sumamt) == "0.20"
    assert sums.cash == Decimal(3)
    assert str(Sums.of([]).medfee_sumamt) == "0.00"


def test_what_lacks_an_amount_cannot_be_compared() -> None:
    assert settled().comparable
    assert not settled(None).comparable


def test_no_patient_in_a_repr() -> None:
    assert "'p'" not in repr(settled())
