"""A settlement: what was settled, who paid, and whether it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from mi_bridge.simulator.accounts import Pocket, Posting
from mi_bridge.simulator.fund import Rule, Split
from mi_bridge.simulator.texts import Texts
from mi_bridge.simulator.visit import Detail, Visit


@dataclass(slots=True)
class Settlement:
    """One settlement, or the refund of one (then its amounts are negative and ``refund_of`` names it)."""

    setl_id: str
    msgid: str
    time: datetime
    visit: Visit = field(repr=False)
    details: tuple[Detail, ...] = field(repr=False)
    split: Split
    rule: Rule = field(repr=False)
    pocket: Pocket = field(repr=False)
    balance: Decimal
    med_type: str
    mdtrt_cert_type: str
    invono: str = ""
    effect: int = 0
    refund_of: str = ""
    refunded_by: str = ""
    reversed: bool = False

    @property
    def stands(self) -> bool:
        """Whether it is a settlement nothing has taken back."""
        return not (self.refund_of or self.refunded_by or self.reversed)

    @property
    def posting(self) -> Posting:
        """What it moves in the person's account and in the year's use."""
        return Posting(self.split.acct_pay, self.split.act_pay_dedc, self.split.hifp_pay)

    @property
    def amounts(self) -> dict[str, Decimal]:
        """The amounts the ledger keeps."""
        split = self.split
        return {
            "medfee_sumamt": split.costs.medfee_sumamt,
            "fund_pay_sumamt": split.fund_pay_sumamt,
            "acct_pay": split.acct_pay,
            "psn_cash_pay": split.psn_cash_pay,
        }


class Settlements:
    """Every settlement and refund there ever was.

    Args:
        texts: how the platform refuses.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._by_id: dict[str, Settlement] = {}
        self._by_effect: dict[int, Settlement] = {}

    def add(self, settlement: Settlement) -> None:
        """Enter a settlement or a refund."""
        self._by_id[settlement.setl_id] = settlement
        self._by_effect[settlement.effect] = settlement

    def __iter__(self) -> Iterator[Settlement]:
        """Go through all of them, the oldest first."""
        return iter(self._by_id.values())

    def get(self, setl_id: str) -> Settlement:
        """Return a settlement that must be there."""
        return self._by_id[setl_id]

    def of_effect(self, effect: int) -> Settlement:
        """Return the settlement an effect of the ledger made."""
        return self._by_effect[effect]

    def find(self, visit: Visit, setl_id: str) -> Settlement:
        """Return a visit's settlement or refund.

        Raises:
            RequestRefused: the visit has none of that number, or 2601 has removed it.
        """
        settlement = self._by_id.get(setl_id)
        if settlement is None or settlement.visit is not visit or settlement.reversed:
            raise self._texts.refuse("settlement.unknown", setl_id=setl_id)
        return settlement
