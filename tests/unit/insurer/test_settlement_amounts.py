"""Amounts as nobody means them, found by fuzzing: they must not be written out in millions of digits."""

from __future__ import annotations

import pytest

from mi_bridge.insurer.clearing import platform_row
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.settlement_entry import _amount

COLUMNS = (
    "psn_no", "mdtrt_id", "setl_id", "msgid", "stmt_rslt", "refd_setl_flag", "memo",
    "medfee_sumamt", "fund_pay_sumamt", "acct_pay",
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("88.80", "88.80"),
        ("-12.3", "-12.3"),
        ("1E+3", "1000"),
        ("0", "0"),
        ("0.00", "0.00"),
        ("0E-99999999", "0.00000000"),
        ("1E-999999", "0.00000000"),
        ("1.123456789012", "1.12345679"),
        ("99999999999999.99", "99999999999999.99"),
        ("1E+14", None),
        ("NaN", None),
        ("-Infinity", None),
        ("1E+999999", None),
        ("88.1e999999", None),
        ("x", None),
        (True, None),
        (None, None),
    ],
)
def test_an_amount_is_kept_in_digits_a_database_takes(written: object, kept: str | None) -> None:
    assert _amount(written) == kept


@pytest.mark.parametrize("amount", ["1E+999999", "88.1e999999", "NaN", "-Infinity", "x"])
def test_a_row_whose_amount_is_none_names_the_column(demo: Profile, amount: str) -> None:
    with pytest.raises(ValueError, match="medfee_sumamt is no number"):
        platform_row(("9", "7", "1", "H9", "0", "0", "", amount, "0", "0"), COLUMNS, demo.reconciliation)
