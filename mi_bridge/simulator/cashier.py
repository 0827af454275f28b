"""Settling: 2206, 2207, 2208 for outpatients, 2303, 2304, 2305 for inpatients.

A pre-settlement and a settlement come from one reckoning; a refund is the settlement with every amount negated.
"""

from __future__ import annotations

from dataclasses import replace

from mi_bridge.simulator.accounts import Pocket
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.fields import Node, amount, text
from mi_bridge.simulator.fund import Costs, Rule, Split, split_costs
from mi_bridge.simulator.ledger import State
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.settlement import Settlement
from mi_bridge.simulator.statement import statement
from mi_bridge.simulator.visit import Detail, Setting, Visit


def try_outpatient(centre: Centre, message: Message) -> Node:
    """2206, 2206A: what a settlement would come to now."""
    return statement(centre, "2206", _reckon_outpatient(centre, message))


def settle_outpatient(centre: Centre, message: Message) -> Node:
    """2207, 2207A: settle one batch of an outpatient visit."""
    return statement(centre, "2207", _settle(centre, message, _reckon_outpatient(centre, message)))


def try_inpatient(centre: Centre, message: Message) -> Node:
    """2303, 2303A: what a settlement would come to now; also before the discharge."""
    return statement(centre, "2303", _reckon_inpatient(centre, message))


def settle_inpatient(centre: Centre, message: Message) -> Node:
    """2304: settle a stay that is over."""
    reckoning = _reckon_inpatient(centre, message)
    if reckoning.visit.discharged is None:
        raise centre.texts.refuse("visit.not_discharged", ipt_otp_no=reckoning.visit.ipt_otp_no)
    return statement(centre, "2304", _settle(centre, message, reckoning))


def refund_outpatient(centre: Centre, message: Message) -> Node:
    """2208: take a settlement back."""
    return statement(centre, "2208", _refund(centre, message, Setting.OUTPATIENT))


def refund_inpatient(centre: Centre, message: Message) -> Node:
    """2305: take a settlement back."""
    return statement(centre, "2305", _refund(centre, message, Setting.INPATIENT))


def book(centre: Centre, settlement: Settlement) -> None:
    """Let a settlement take effect, or again: its details, its visit, the person's account."""
    settlement.visit.settlement = settlement.setl_id
    for detail in settlement.details:
        detail.settled_by = settlement.setl_id
    centre.accounts.post(settlement.pocket, settlement.posting)


def unbook(centre: Centre, settlement: Settlement) -> None:
    """Undo what `book` did."""
    settlement.visit.settlement = ""
    for detail in settlement.details:
        detail.settled_by = ""
    centre.accounts.post(settlement.pocket, replace(settlement, split=settlement.split.negated()).posting)


def _reckon_outpatient(centre: Centre, message: Message) -> Settlement:
    node = message.node("data")
    visit = centre.visits.open(message.org_code, node, Setting.OUTPATIENT)
    if visit.settlement:
        raise centre.texts.refuse("settlement.twice_outpatient")
    batch = text(node, "chrg_bchno")
    return _reckon(centre, message, visit, tuple(one for one in visit.details.values() if one.batch == batch))


def _reckon_inpatient(centre: Centre, message: Message) -> Settlement:
    node = message.node("data")
    visit = centre.visits.open(message.org_code, node, Setting.INPATIENT)
    if text(node, "mid_setl_flag") == "1":
        raise centre.texts.refuse("settlement.halfway")
    if visit.settlement:
        raise centre.texts.refuse("settlement.twice_inpatient", psn_name=visit.person.psn_name)
    return _reckon(centre, message, visit, tuple(visit.details.values()))


def _reckon(centre: Centre, message: Message, visit: Visit, details: tuple[Detail, ...]) -> Settlement:
    node = message.node("data")
    costs = _costs(centre, node, details)
    rule = _rule(centre, node, visit)
    now = centre.clock.now()
    pocket = Pocket(visit.person.psn_no, visit.insurance.insutype, visit.setting, now.year)
    split = _split(centre, visit, costs, rule, pocket, text(node, "acct_used_flag"))
    return Settlement(
        setl_id="",
        msgid=message.msgid,
        time=now,
        visit=visit,
        details=details,
        split=split,
        rule=rule,
        pocket=pocket,
        balance=centre.accounts.standing(pocket, visit.insurance.balc).balance - split.acct_pay,
        med_type=text(node, "med_type") or visit.med_type,
        mdtrt_cert_type=text(node, "mdtrt_cert_type") or text(visit.facts, "mdtrt_cert_type"),
        invono=text(node, "invono"),
    )


def _costs(centre: Centre, node: Node, details: tuple[Detail, ...]) -> Costs:
    if not details:
        raise centre.texts.refuse("fees.none")
    costs = sum((one.grading.costs for one in details), Costs())
    if costs.medfee_sumamt != amount(node, "medfee_sumamt", centre.texts):
        raise centre.texts.refuse("fees.total")
    return costs


def _rule(centre: Centre, node: Node, visit: Visit) -> Rule:
    insutype = text(node, "insutype") or visit.insurance.insutype
    if insutype != visit.insurance.insutype:
        raise centre.texts.refuse("visit.wrong_insurance", insutype=insutype)
    rule = centre.rules.find(insutype, visit.setting)
    if rule is None:
        raise centre.texts.refuse("settlement.rule_missing", insutype=insutype, setting=visit.setting)
    return rule


def _split(centre: Centre, visit: Visit, costs: Costs, rule: Rule, pocket: Pocket, use_account: str) -> Split:
    own = centre.rules.own_account
    return split_costs(
        costs,
        rule,
        centre.accounts.standing(pocket, visit.insurance.balc),
        psn_type=visit.insurance.psn_type,
        servant=visit.insurance.cvlserv_flag == "1",
        account=use_account in own.use_flags and visit.insurance.insutype in own.insutypes,
    )


def _settle(centre: Centre, message: Message, reckoning: Settlement) -> Settlement:
    settlement = _enter(centre, message, replace(reckoning, setl_id=centre.numbering.settlement()))
    book(centre, settlement)
    return settlement


def _refund(centre: Centre, message: Message, setting: Setting) -> Settlement:
    node = message.node("data")
    visit = centre.visits.open(message.org_code, node, setting)
    original = centre.settlements.find(visit, text(node, "setl_id"))
    _require_refundable(centre, original)
    refund = _enter(centre, message, _mirror(centre, message, original))
    original.refunded_by = refund.setl_id
    unbook(centre, original)
    centre.ledger.turn(original.effect, State.CANCELLED, message)
    return refund


def _require_refundable(centre: Centre, settlement: Settlement) -> None:
    if settlement.refund_of:
        raise centre.texts.refuse("settlement.is_refund", setl_id=settlement.setl_id)
    if settlement.refunded_by:
        raise centre.texts.refuse("settlement.cancelled", setl_id=settlement.setl_id)


def _mirror(centre: Centre, message: Message, original: Settlement) -> Settlement:
    standing = centre.accounts.standing(original.pocket, original.visit.insurance.balc)
    return replace(
        original,
        setl_id=centre.numbering.settlement(),
        msgid=message.msgid,
        time=centre.clock.now(),
        split=original.split.negated(),
        balance=standing.balance + original.split.acct_pay,
        refund_of=original.setl_id,
    )


def _enter(centre: Centre, message: Message, settlement: Settlement) -> Settlement:
    effect = centre.ledger.apply(
        message,
        psn_no=settlement.visit.person.psn_no,
        mdtrt_id=settlement.visit.mdtrt_id,
        setl_id=settlement.setl_id,
        amounts=settlement.amounts,
    )
    settlement.effect = effect.number
    centre.settlements.add(settlement)
    return settlement
