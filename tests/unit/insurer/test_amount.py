"""What of an amount is kept."""

from __future__ import annotations

import pytest

from mi_bridge.insurer.amount import read_amount


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("10.00", "10.00"),
        ("-0.10", "-0.10"),
        ("1E+3", "1000"),
        ("6.123456785", "6.12345678"),
        ("0E-99999999", "0.00000000"),
        ("99999999999999.99", "99999999999999.99"),
        ("99999999999999." + "9" * 50, "100000000000000.00000000"),
    ],
)
def test_it_is_kept_with_eight_decimals_at_most(text: str, kept: str) -> None:
    assert f"{read_amount(text):f}" == kept


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1E+14", "-100000000000000"])
def test_what_cannot_be_kept_is_none(text: str) -> None:
    assert read_amount(text) is None
