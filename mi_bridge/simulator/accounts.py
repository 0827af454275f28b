"""What a person has in the account, and what a year has used up of deductible and pool."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mi_bridge.simulator.money import ZERO


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands before a settlement, in yuan."""

    balance: Decimal
    deductible_paid: Decimal
    pool_paid: Decimal


@dataclass(frozen=True, slots=True)
class Posting:
    """What one settlement moves; the refund posts the same with the other sign."""

    account: Decimal
    deductible: Decimal
    pool: Decimal


@dataclass(frozen=True, slots=True)
class Pocket:
    """Which account and which year's use a settlement touches."""

    psn_no: str
    insutype: str
    setting: str
    year: int


class Accounts:
    """Every account and every year's use. Opening balances are told when a pocket is first asked for."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], Decimal] = {}
        self._used: dict[Pocket, tuple[Decimal, Decimal]] = {}

    def standing(self, pocket: Pocket, opening: Decimal) -> Standing:
        """Return where the person stands.

        Args:
            pocket: the account and the year.
            opening: what was in the account before the simulator began.
        """
        deductible, pool = self._used.get(pocket, (ZERO, ZERO))
        return Standing(opening - self.spent(pocket.psn_no, pocket.insutype), deductible, pool)

    def spent(self, psn_no: str, insutype: str) -> Decimal:
        """Return what settlements have taken from an account so far."""
        return self._spent.get((psn_no, insutype), ZERO)

    def post(self, pocket: Pocket, posting: Posting) -> None:
        """Book what a settlement took, or, with negative amounts, what a refund gave back."""
        account = (pocket.psn_no, pocket.insutype)
        self._spent[account] = self._spent.get(account, ZERO) + posting.account
        deductible, pool = self._used.get(pocket, (ZERO, ZERO))
        self._used[pocket] = (deductible + posting.deductible, pool + posting.pool)
