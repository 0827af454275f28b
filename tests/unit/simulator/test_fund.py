"""The split of costs: whole, never negative, and the same for the same facts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.resources import folder
from mi_bridge.simulator.accounts import Standing
from mi_bridge.simulator.fund import Costs, FundRules, Rule, split_costs

_RULES = FundRules.load(folder("config") / "simulator")
_CENTS = st.decimals("0", "300000", places=2)
_FRESH = Standing(Decimal("1000.00"), Decimal(0), Decimal(0))


def _rule(setting: str) -> Rule:
    rule = _RULES.find("310", setting)
    assert rule is not None
    return rule


def _costs(own: Decimal, over: Decimal, first: Decimal, covered: Decimal) -> Costs:
    return Costs(own + over + first + covered, own, over, first, covered)


@given(
    own=_CENTS,
    over=_CENTS,
    first=_CENTS,
    covered=_CENTS,
    standing=st.builds(Standing, _CENTS, _CENTS, _CENTS),
    rule=st.sampled_from(_RULES.rule),
    psn_type=st.sampled_from(["11", "12"]),
    servant=st.booleans(),
    account=st.booleans(),
)
def test_everybodys_part_together_is_the_whole(
    own: Decimal,
    over: Decimal,
    first: Decimal,
    covered: Decimal,
    standing: Standing,
    rule: Rule,
    psn_type: str,
    servant: bool,
    account: bool,
) -> None:
    costs = _costs(own, over, first, covered)

    split = split_costs(costs, rule, standing, psn_type=psn_type, servant=servant, account=account)

    assert split.fund_pay_sumamt + split.acct_pay + split.psn_cash_pay == costs.medfee_sumamt
    parts = (split.hifp_pay, split.supplement_pay, split.cvlserv_pay, split.acct_pay, split.psn_cash_pay)
    assert min(*parts, split.act_pay_dedc) >= 0
    assert all(part == round(part, 2) for part in parts)
    assert split.acct_pay <= (standing.balance if account else 0)
    assert split.fund_pay_sumamt <= covered


@given(own=_CENTS, covered=_CENTS)
def test_a_split_negated_twice_is_itself(own: Decimal, covered: Decimal) -> None:
    costs = _costs(own, Decimal(0), Decimal(0), covered)
    split = split_costs(costs, _rule("inpatient"), _FRESH, psn_type="11", servant=True, account=True)

    assert split.negated().negated() == split
    assert split.negated().fund_pay_sumamt == -split.fund_pay_sumamt
    assert split.negated().pool_prop_selfpay == split.pool_prop_selfpay


@pytest.mark.parametrize(
    ("paid", "deductible"), [("0", "200.00"), ("150.00", "50.00"), ("200.00", "0"), ("500.00", "0")]
)
def test_the_years_deductible_is_paid_once(paid: str, deductible: str) -> None:
    costs = _costs(Decimal(0), Decimal(0), Decimal(0), Decimal("1000.00"))
    standing = replace(_FRESH, deductible_paid=Decimal(paid))

    split = split_costs(costs, _rule("outpatient"), standing, psn_type="11", servant=False, account=False)

    assert split.act_pay_dedc == Decimal(deductible)
    assert split.hifp_pay == (1000 - Decimal(deductible)) * Decimal("0.6")


def test_each_stay_has_its_own_deductible() -> None:
    costs = _costs(Decimal(0), Decimal(0), Decimal(0), Decimal("10000.00"))
    standing = replace(_FRESH, deductible_paid=Decimal(800))

    split = split_costs(costs, _rule("inpatient"), standing, psn_type="12", servant=False, account=False)

    assert split.act_pay_dedc == 800
    assert split.hifp_pay == Decimal("8280.00")


def test_beyond_the_cap_the_supplement_pays() -> None:
    costs = _costs(Decimal(0), Decimal(0), Decimal(0), Decimal("10000.00"))
    standing = replace(_FRESH, pool_paid=Decimal("149000.00"))

    split = split_costs(costs, _rule("inpatient"), standing, psn_type="11", servant=False, account=False)

    assert split.hifp_pay == Decimal("1000.00")
    assert split.supplement_pay == (Decimal("7820.00") - 1000) * Decimal("0.9")


def test_costs_below_nothing_in_one_part_pay_nothing_out() -> None:
    # what is left of details taken back can round to minus one cent in a part
    costs = Costs(Decimal("0.00"), Decimal(0), Decimal(0), Decimal("0.01"), Decimal("-0.01"))

    split = split_costs(costs, _rule("outpatient"), _FRESH, psn_type="11", servant=True, account=True)

    assert (split.fund_pay_sumamt, split.psn_part_amt) == (Decimal(0), Decimal(0))


def test_an_insurance_nobody_has_rules_for_is_not_found() -> None:
    assert _RULES.find("510", "outpatient") is None
