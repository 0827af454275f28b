"""2601 冲正交易: takes back what a message did, knowing only that message's number.

A second reversal, and one after a cancellation, get a definite refusal (seen in a live answer). So does one of a message
that never arrived: no text of that was ever published, and the same text comes while the original is still being worked on.
"""

from __future__ import annotations

from mi_bridge.simulator.cashier import book, unbook
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.fields import text
from mi_bridge.simulator.ledger import Effect, State
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.settlement import Settlement
from mi_bridge.simulator.visit import Visit
from mi_bridge.simulator.ward import withdraw_admission

_SETTLEMENTS = frozenset({"2207", "2304"})
_REFUNDS = frozenset({"2208", "2305"})
_ADMISSION = "2401"


def reverse(centre: Centre, message: Message) -> None:
    """2601: take back the effect of an earlier message."""
    effect = _original(centre, message)
    infno = effect.infno.removesuffix("A")
    if infno in _SETTLEMENTS:
        _reverse_settlement(centre, centre.settlements.of_effect(effect.number))
    elif infno in _REFUNDS:
        _reverse_refund(centre, message, centre.settlements.of_effect(effect.number))
    elif infno == _ADMISSION:
        _reverse_admission(centre, effect)
    centre.ledger.turn(effect.number, State.REVERSED, message)
    centre.ledger.apply(message, psn_no=effect.psn_no, mdtrt_id=effect.mdtrt_id, setl_id=effect.setl_id)


def _original(centre: Centre, message: Message) -> Effect:
    node = message.node("data")
    oinfno = text(node, "oinfno")
    if not {oinfno, oinfno.removesuffix("A")} & centre.reversible:
        raise centre.texts.refuse("reversal.not_reversible", oinfno=oinfno)
    effects = centre.ledger.caused_by(message.org_code, text(node, "omsgid"))
    if not effects:
        raise centre.texts.refuse("reversal.unknown")
    if effects[0].infno.removesuffix("A") != oinfno.removesuffix("A"):
        raise centre.texts.refuse("reversal.wrong_infno")
    if effects[0].psn_no != text(node, "psn_no"):
        raise centre.texts.refuse("reversal.wrong_person")
    standing = [one for one in effects if centre.ledger.state(one.number) is State.APPLIED]
    if not standing:
        raise centre.texts.refuse("reversal.done")
    return standing[0]


def _reverse_settlement(centre: Centre, settlement: Settlement) -> None:
    settlement.reversed = True
    unbook(centre, settlement)


def _reverse_refund(centre: Centre, message: Message, refund: Settlement) -> None:
    original = centre.settlements.get(refund.refund_of)
    if not _can_stand_again(centre, original):
        raise centre.texts.refuse("reversal.in_use")
    refund.reversed = True
    original.refunded_by = ""
    book(centre, original)
    centre.ledger.turn(original.effect, State.APPLIED, message)


def _can_stand_again(centre: Centre, original: Settlement) -> bool:
    """Tell whether nothing that happened since the refund stands in the way of the settlement."""
    visit = original.visit
    if visit.settlement or visit.cancelled or (visit.discharge_effect and visit.discharged is None):
        return False
    standing = centre.accounts.standing(original.pocket, visit.insurance.balc)
    details_left = all(visit.details.get(one.feedetl_sn) is one for one in original.details)
    return details_left and standing.balance >= original.split.acct_pay


def _reverse_admission(centre: Centre, effect: Effect) -> None:
    visit: Visit = centre.visits.find(effect.org_code, effect.mdtrt_id, effect.psn_no)
    withdraw_admission(centre, visit)
