"""An amount as the insurer writes it: up to 16 digits, of which we keep what a database can read."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_BEYOND = Decimal(10) ** 14
"""Amounts have 16 digits, two of them behind the point."""
_DECIMALS = 8


def read_amount(text: str) -> Decimal | None:
    """Return an amount with at most eight decimals; None where the text is none that can be kept.

    T-SQL reads 38 digits, and a platform's 0E-99999999 would be written out in a hundred million.

    Args:
        text: the number as it was written.
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount.copy_abs() >= _BEYOND:
        return None
    exponent = amount.as_tuple().exponent
    return round(amount, _DECIMALS) if isinstance(exponent, int) and exponent < -_DECIMALS else amount
