"""2201 门诊挂号, 2202 门诊挂号撤销, 2203 门诊就诊信息上传."""

from __future__ import annotations

from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.fields import Node, moment, text
from mi_bridge.simulator.ledger import State
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.visit import Setting, Visit


def register(centre: Centre, message: Message) -> Node:
    """2201: open an outpatient visit."""
    node = message.node("data")
    person = centre.person(text(node, "psn_no"))
    insurance = centre.insurance(person, text(node, "insutype"))
    begun = moment(node, "begntime", centre.texts)
    mdtrt_id = centre.numbering.visit()
    effect = centre.ledger.apply(message, psn_no=person.psn_no, mdtrt_id=mdtrt_id)
    visit = Visit(
        mdtrt_id=mdtrt_id,
        setting=Setting.OUTPATIENT,
        org_code=message.org_code,
        org_name=message.org_name,
        person=person,
        insurance=insurance,
        ipt_otp_no=text(node, "ipt_otp_no"),
        begun=begun,
        effect=effect.number,
        facts=dict(node),
    )
    centre.visits.add(visit)
    values = {"mdtrt_id": mdtrt_id, "psn_no": person.psn_no, "ipt_otp_no": visit.ipt_otp_no}
    return {"data": centre.layouts.lay("2201", "data", values)}


def cancel_registration(centre: Centre, message: Message) -> None:
    """2202: take back a visit that has no details any more."""
    node = message.node("data")
    visit = centre.visits.open_unsettled(message.org_code, node, Setting.OUTPATIENT)
    number = text(node, "ipt_otp_no")
    if number != visit.ipt_otp_no:
        raise centre.texts.refuse("visit.wrong_number", ipt_otp_no=number)
    if visit.details:
        raise centre.texts.refuse("visit.has_details", mdtrt_id=visit.mdtrt_id)
    visit.cancelled = True
    centre.ledger.turn(visit.effect, State.CANCELLED, message)
    centre.ledger.apply(message, psn_no=visit.person.psn_no, mdtrt_id=visit.mdtrt_id)


def upload_visit(centre: Centre, message: Message) -> None:
    """2203, 2203A: what the doctor found; a later upload replaces an earlier one."""
    node = message.node("mdtrtinfo")
    visit = centre.visits.open_unsettled(message.org_code, node, Setting.OUTPATIENT)
    moment(node, "begntime", centre.texts)
    visit.med_type = text(node, "med_type")
    visit.facts.update(node)
    centre.ledger.apply(message, psn_no=visit.person.psn_no, mdtrt_id=visit.mdtrt_id)
