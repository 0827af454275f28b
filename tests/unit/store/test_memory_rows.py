"""Rows of the double, and what HIS reads of them."""

from __future__ import annotations

import pytest

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.status import Status
from mi_bridge.store.memory_rows import RequestRow, result_of


def row(status: Status = Status.PENDING, money_class: MoneyClass = MoneyClass.MONEY) -> RequestRow:
    return RequestRow(
        1,
        "2207",
        '{"psn_no": "canary"}',
        money_class,
        0,
        "P:canary",
        0.0,
        0.0,
        300.0,
        3,
        status=status,
        epoch=1,
    )


def test_a_row_goes_only_legal_ways() -> None:
    with pytest.raises(ValueError, match="may not go from PENDING to COMPLETED"):
        row().move(Status.COMPLETED, 1.0)


def test_a_row_shows_nobody() -> None:
    assert "canary" not in repr(row())


@pytest.mark.parametrize(
    ("status", "public", "result_status"),
    [
        (Status.PENDING, "PENDING", "PROCESSING"),
        (Status.CLAIMED, "PROCESSING", "PROCESSING"),
        (Status.SENDING, "PROCESSING", "PROCESSING"),
        (Status.COMPLETED, "COMPLETED", "BUSINESS_ERROR"),
        (Status.ERROR, "ERROR", "SYSTEM_ERROR"),
        (Status.TIMEOUT, "TIMEOUT", "TIMEOUT"),
        (Status.CANCELLED, "CANCELLED", "CANCELLED"),
        (Status.UNCERTAIN, "PROCESSING", "UNCERTAIN"),
        (Status.REVERSING, "PROCESSING", "UNCERTAIN"),
        (Status.REVERSED, "REVERSED", "REVERSED"),
        (Status.MANUAL, "PROCESSING", "UNCERTAIN"),
    ],
)
def test_every_status_in_the_contracts_words(status: Status, public: str, result_status: str) -> None:
    result = result_of(row(status))
    assert (result.status, result.result_status) == (public, result_status)
