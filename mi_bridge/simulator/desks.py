"""Which desk of the insurance centre works on which transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mi_bridge.insurer.catalogue import REVERSAL
from mi_bridge.simulator import (
    cashier,
    catalogue_desk,
    clearing_desk,
    enquiries,
    fee_desk,
    file_desk,
    generic,
    outpatient_desk,
    reversal,
    sign_in_desk,
    ward,
)
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.message import Message

Desk = Callable[[Centre, Message], Any]
"""Does what a message asks and returns its output; raises RequestRefused with the platform's words, having changed nothing."""

_DESKS: dict[str, Desk] = {
    "9001": sign_in_desk.sign_in,
    "9002": sign_in_desk.sign_out,
    "1101": enquiries.ask_person,
    "1201": enquiries.ask_institution,
    "5201": enquiries.ask_visits,
    "5203": enquiries.ask_settlement,
    "5204": enquiries.ask_details,
    "5303": enquiries.ask_inpatients,
    "2201": outpatient_desk.register,
    "2202": outpatient_desk.cancel_registration,
    "2203": outpatient_desk.upload_visit,
    "2204": fee_desk.upload_outpatient,
    "2205": fee_desk.delete_outpatient,
    "2206": cashier.try_outpatient,
    "2207": cashier.settle_outpatient,
    "2208": cashier.refund_outpatient,
    "2301": fee_desk.upload_inpatient,
    "2302": fee_desk.delete_inpatient,
    "2303": cashier.try_inpatient,
    "2304": cashier.settle_inpatient,
    "2305": cashier.refund_inpatient,
    "2401": ward.admit,
    "2402": ward.discharge,
    "2403": ward.change_stay,
    "2404": ward.cancel_admission,
    "2405": ward.cancel_discharge,
    "3201": clearing_desk.compare_totals,
    "3202": clearing_desk.compare_details,
    "9101": file_desk.take,
    "9102": file_desk.hand_out,
    REVERSAL: reversal.reverse,
}
_DESKS |= dict.fromkeys((f"13{number:02d}" for number in range(1, 22)), catalogue_desk.hand_out)


def desk_for(infno: str) -> Desk:
    """Return the desk of a transaction; an A edition goes to the plain one's, the rest share `generic.succeed`."""
    return _DESKS.get(infno) or _DESKS.get(infno.removesuffix("A"), generic.succeed)
