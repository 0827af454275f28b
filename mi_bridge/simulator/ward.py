"""2401 入院办理, 2402 出院办理, 2403 住院信息变更, 2404 入院撤销, 2405 出院撤销."""

from __future__ import annotations

from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.fields import Node, moment, text
from mi_bridge.simulator.ledger import State
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.visit import Setting, Visit


def admit(centre: Centre, message: Message) -> Node:
    """2401: open a stay on a ward; nobody lies in two beds."""
    node = message.node("mdtrtinfo")
    person = centre.person(text(node, "psn_no"))
    insurance = centre.insurance(person, text(node, "insutype"))
    refuse_second_bed(centre, person.psn_no)
    _require_one_main_diagnosis(centre, message, "入院")
    begun = moment(node, "begntime", centre.texts)
    mdtrt_id = centre.numbering.visit()
    effect = centre.ledger.apply(message, psn_no=person.psn_no, mdtrt_id=mdtrt_id)
    visit = Visit(
        mdtrt_id=mdtrt_id,
        setting=Setting.INPATIENT,
        org_code=message.org_code,
        org_name=message.org_name,
        person=person,
        insurance=insurance,
        ipt_otp_no=text(node, "ipt_no"),
        begun=begun,
        effect=effect.number,
        facts=dict(node),
        med_type=text(node, "med_type"),
    )
    centre.visits.add(visit)
    return {"result": centre.layouts.lay("2401", "result", {"mdtrt_id": mdtrt_id})}


def discharge(centre: Centre, message: Message) -> None:
    """2402: end the stay."""
    node = message.node("dscginfo")
    visit = centre.visits.open_unsettled(message.org_code, node, Setting.INPATIENT)
    if visit.discharged:
        raise centre.texts.refuse("visit.discharged", ipt_otp_no=visit.ipt_otp_no)
    _require_one_main_diagnosis(centre, message, "出院")
    ended = moment(node, "endtime", centre.texts)
    if ended < visit.begun:
        raise centre.texts.refuse("visit.discharge_before_admission")
    effect = centre.ledger.apply(message, psn_no=visit.person.psn_no, mdtrt_id=visit.mdtrt_id)
    visit.discharged = ended
    visit.discharge_effect = effect.number
    visit.facts.update(node)


def change_stay(centre: Centre, message: Message) -> None:
    """2403: other facts about a stay that goes on."""
    node = message.node("adminfo")
    visit = centre.visits.open_unsettled(message.org_code, node, Setting.INPATIENT)
    if visit.discharged:
        raise centre.texts.refuse("visit.discharged", ipt_otp_no=visit.ipt_otp_no)
    visit.begun = moment(node, "begntime", centre.texts)
    visit.med_type = text(node, "med_type") or visit.med_type
    visit.ipt_otp_no = text(node, "ipt_otp_no") or visit.ipt_otp_no
    visit.facts.update(node)
    centre.ledger.apply(message, psn_no=visit.person.psn_no, mdtrt_id=visit.mdtrt_id)


def cancel_admission(centre: Centre, message: Message) -> None:
    """2404: take back a stay; refused while it has details or after the discharge."""
    visit = centre.visits.open_unsettled(message.org_code, message.node("data"), Setting.INPATIENT)
    withdraw_admission(centre, visit)
    centre.ledger.turn(visit.effect, State.CANCELLED, message)
    centre.ledger.apply(message, psn_no=visit.person.psn_no, mdtrt_id=visit.mdtrt_id)


def withdraw_admission(centre: Centre, visit: Visit) -> None:
    """Mark a stay as never begun.

    Raises:
        RequestRefused: it has details, or it is over.
    """
    if visit.details:
        raise centre.texts.refuse("visit.ward_has_details", ipt_otp_no=visit.ipt_otp_no)
    if visit.discharged:
        raise centre.texts.refuse("visit.discharged", ipt_otp_no=visit.ipt_otp_no)
    visit.cancelled = True


def cancel_discharge(centre: Centre, message: Message) -> None:
    """2405: the stay goes on."""
    visit = centre.visits.open_unsettled(message.org_code, message.node("data"), Setting.INPATIENT)
    if visit.discharged is None:
        raise centre.texts.refuse("visit.not_discharged", ipt_otp_no=visit.ipt_otp_no)
    refuse_second_bed(centre, visit.person.psn_no)
    visit.discharged = None
    centre.ledger.turn(visit.discharge_effect, State.CANCELLED, message)
    centre.ledger.apply(message, psn_no=visit.person.psn_no, mdtrt_id=visit.mdtrt_id)


def refuse_second_bed(centre: Centre, psn_no: str) -> None:
    """Refuse to put somebody on a ward who lies on one.

    Raises:
        RequestRefused: the person is in a hospital, which the text names.
    """
    for visit in centre.visits.of(psn_no):
        if visit.in_hospital:
            raise centre.texts.refuse("visit.in_hospital", org_code=visit.org_code, org_name=visit.org_name)


def _require_one_main_diagnosis(centre: Centre, message: Message, stage: str) -> None:
    main = [row for row in message.rows("diseinfo") if text(row, "maindiag_flag") == "1"]
    if len(main) != 1:
        raise centre.texts.refuse("visit.main_diagnosis", stage=stage)
