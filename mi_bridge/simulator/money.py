"""Amounts in yuan: always decimals, always whole cents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """Return an amount rounded to cents, halves away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def negative(amount: Decimal) -> Decimal:
    """Return the amount with its sign turned; nothing stays nothing, never minus nothing."""
    return -amount if amount else amount
