"""What the funds pay and what the person pays: one calculation for pre-settlement and settlement."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path

import msgspec

from mi_bridge.simulator.accounts import Standing
from mi_bridge.simulator.money import ZERO, cents, negative
from mi_bridge.simulator.tables import read_toml


class Institution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the platform says of every hospital (1201, 5203)."""

    hosp_lv: str
    fixmedins_type: str
    uscc: str
    clr_way: str


class OwnAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who pays from an account of their own, and how that payment is listed."""

    insutypes: tuple[str, ...]
    use_flags: tuple[str, ...]
    fund_pay_type: str
    fund_pay_type_name: str


class CivilServants(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the civil servants' supplement is listed."""

    fund_pay_type: str
    fund_pay_type_name: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one insurance pays in one setting; amounts in yuan, shares from 0 to 1."""

    insutype: str
    setting: str
    clr_type: str
    deductible: Decimal
    deductible_each: str
    pool_share: Decimal
    pool_share_of: dict[str, Decimal]
    pool_cap: Decimal
    supplement_share: Decimal
    civil_servant_share: Decimal
    fund_pay_type: str
    fund_pay_type_name: str
    supplement: str
    supplement_type: str
    supplement_type_name: str

    def share_for(self, psn_type: str) -> Decimal:
        """Return the pool's share for a type of person."""
        return self.pool_share_of.get(psn_type, self.pool_share)

    def deductible_left(self, standing: Standing) -> Decimal:
        """Return what the person still pays before the pool does."""
        already = standing.deductible_paid if self.deductible_each == "year" else ZERO
        return max(self.deductible - already, ZERO)


class FundRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``fund_rules.toml``."""

    institution: Institution
    own_account: OwnAccount
    civil_servants: CivilServants
    rule: tuple[Rule, ...]

    @classmethod
    def load(cls, folder: Path) -> FundRules:
        """Read ``fund_rules.toml`` of a folder.

        Raises:
            ConfigurationError: the file is missing or malformed.
        """
        return read_toml(folder / "fund_rules.toml", FundRules)

    def find(self, insutype: str, setting: str) -> Rule | None:
        """Return the rule of an insurance in a setting, ``outpatient`` or ``inpatient``."""
        return next((one for one in self.rule if (one.insutype, one.setting) == (insutype, setting)), None)


@dataclass(frozen=True, slots=True)
class Costs:
    """What details add up to, in the platform's terms; the first is the sum of the others."""

    medfee_sumamt: Decimal = ZERO
    fulamt_ownpay_amt: Decimal = ZERO
    overlmt_selfpay: Decimal = ZERO
    preselfpay_amt: Decimal = ZERO
    inscp_scp_amt: Decimal = ZERO

    def __add__(self, other: Costs) -> Costs:
        return Costs(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Costs)))


@dataclass(frozen=True, slots=True)
class Split:
    """Who pays what. ``fund_pay_sumamt + acct_pay + psn_cash_pay`` is ``costs.medfee_sumamt``, to the cent."""

    costs: Costs
    act_pay_dedc: Decimal
    hifp_pay: Decimal
    supplement_pay: Decimal
    cvlserv_pay: Decimal
    acct_pay: Decimal
    psn_cash_pay: Decimal
    pool_prop_selfpay: Decimal

    @property
    def fund_pay_sumamt(self) -> Decimal:
        """What all funds pay together."""
        return self.hifp_pay + self.supplement_pay + self.cvlserv_pay

    @property
    def psn_part_amt(self) -> Decimal:
        """What the person pays, from the account or in cash."""
        return self.acct_pay + self.psn_cash_pay

    def negated(self) -> Split:
        """Return the split of the refund that takes all of this back."""
        kept = ("costs", "pool_prop_selfpay")
        turned = {
            one.name: negative(getattr(self, one.name)) for one in fields(Split) if one.name not in kept
        }
        costs = Costs(*(negative(getattr(self.costs, one.name)) for one in fields(Costs)))
        return replace(self, costs=costs, **turned)


def split_costs(
    costs: Costs, rule: Rule, standing: Standing, *, psn_type: str, servant: bool, account: bool
) -> Split:
    """Return who pays what.

    Args:
        costs: the sums of the details.
        rule: the insurance's rule in this setting.
        standing: the person's account and what this year has used up.
        psn_type: decides the pool's share.
        servant: whether the civil servants' supplement pays.
        account: whether the person's account pays.
    """
    covered = max(costs.inscp_scp_amt, ZERO)
    deductible = min(covered, rule.deductible_left(standing))
    payable = covered - deductible
    share = rule.share_for(psn_type)
    wanted = min(cents(payable * share), costs.medfee_sumamt)
    pool = min(wanted, max(rule.pool_cap - standing.pool_paid, ZERO))
    supplement = cents((wanted - pool) * rule.supplement_share)
    rest = min(payable, costs.medfee_sumamt) - pool - supplement
    aid = cents(rest * rule.civil_servant_share) if servant else ZERO
    own = costs.medfee_sumamt - pool - supplement - aid
    from_account = min(own, standing.balance) if account else ZERO
    return Split(costs, deductible, pool, supplement, aid, from_account, own - from_account, share)
