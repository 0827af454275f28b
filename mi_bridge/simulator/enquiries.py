"""Questions: 1101, 1201, 5201, 5203, 5204, 5303. Nothing here changes anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clock import stamp
from mi_bridge.simulator.fee_desk import detail_values
from mi_bridge.simulator.fields import Node, moment, text
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.people import Insurance, Person
from mi_bridge.simulator.statement import person_values, statement
from mi_bridge.simulator.visit import Detail, Visit

_DAY = 10  # the length of yyyy-MM-dd


def ask_person(centre: Centre, message: Message) -> Node:
    """1101: who somebody is, and how insured."""
    person = _asked_person(centre, message.node("data"))
    lay = centre.layouts.lay
    return {
        "baseinfo": lay("1101", "baseinfo", person_values(centre, person)),
        "insuinfo": [
            lay("1101", "insuinfo", _insurance_values(centre, person, one)) for one in person.insurance
        ],
        "idetinfo": [],
    }


def ask_institution(centre: Centre, message: Message) -> Node:
    """1201: the institution asked for, else the one that asks."""
    node = message.node("medinsinfo")
    institution = centre.rules.institution
    values = {
        "fixmedins_code": text(node, "fixmedins_code") or message.org_code,
        "fixmedins_name": text(node, "fixmedins_name") or message.org_name,
        "fixmedins_type": text(node, "fixmedins_type") or institution.fixmedins_type,
        "uscc": institution.uscc,
        "hosp_lv": institution.hosp_lv,
    }
    return {"medinsinfo": [centre.layouts.lay("1201", "medinsinfo", values)]}


def ask_visits(centre: Centre, message: Message) -> Node:
    """5201: a person's visits here within a span of time."""
    node = message.node("data")
    begin, end = _span(centre, node)
    wanted = {name: text(node, name) for name in ("med_type", "mdtrt_id") if text(node, name)}
    visits = [
        _visit_values(centre, visit)
        for visit in centre.visits.of(text(node, "psn_no"))
        if visit.org_code == message.org_code and not visit.cancelled and begin <= visit.begun <= end
    ]
    matching = [values for values in visits if wanted.items() <= values.items()]
    return {"mdtrtinfo": [centre.layouts.lay("5201", "mdtrtinfo", values) for values in matching]}


def ask_settlement(centre: Centre, message: Message) -> Node:
    """5203: a settlement or a refund, by its number."""
    node = message.node("data")
    visit = centre.visits.find(message.org_code, text(node, "mdtrt_id"), text(node, "psn_no"))
    return statement(centre, "5203", centre.settlements.find(visit, text(node, "setl_id")))


def ask_details(centre: Centre, message: Message) -> list[Node]:
    """5204: the details of a settlement; the specification gives the list no node of its own."""
    node = message.node("data")
    visit = centre.visits.find(message.org_code, text(node, "mdtrt_id"), text(node, "psn_no"))
    settlement = centre.settlements.find(visit, text(node, "setl_id"))
    facts = {"mdtrt_id": visit.mdtrt_id, "setl_id": settlement.setl_id, "med_type": settlement.med_type}
    return [
        centre.layouts.lay("5204", "output", {**_detail_facts(one), **facts, **detail_values(one)})
        for one in settlement.details
    ]


def ask_inpatients(centre: Centre, message: Message) -> Node:
    """5303: who lies here, admitted within a span of time."""
    node = message.node("data")
    begin, end = _span(centre, node)
    psn_no = text(node, "psn_no")
    candidates = centre.visits.of(psn_no) if psn_no else centre.visits
    lying = [
        visit
        for visit in candidates
        if visit.in_hospital and visit.org_code == message.org_code and begin <= visit.begun <= end
    ]
    return {"data": [centre.layouts.lay("5303", "data", _visit_values(centre, visit)) for visit in lying]}


def _asked_person(centre: Centre, node: Node) -> Person:
    people = centre.people
    number = text(node, "psn_no")
    if number:
        return _known(centre, people.by_psn_no(number) or people.by_voucher(number))
    person = _known(centre, people.by_voucher(_voucher_number(centre, node)))
    name = text(node, "psn_name")
    if name and name != person.psn_name and not person.invented:
        raise centre.texts.refuse("person.name")
    return person


def _known(centre: Centre, person: Person | None) -> Person:
    if person is None:
        raise centre.texts.refuse("person.unknown")
    return person


def _voucher_number(centre: Centre, node: Node) -> str:
    """Return the number somebody is asked for by: the voucher's, or without a voucher the certificate's."""
    voucher, certificate = text(node, "mdtrt_cert_type"), text(node, "psn_cert_type")
    vouchers, certificates = centre.people.file.vouchers, centre.people.file.certificates
    if certificate and certificate not in certificates.known:
        raise centre.texts.refuse("person.certificate_type", value=certificate)
    if voucher not in (vouchers.electronic, vouchers.identity, vouchers.card, ""):
        raise centre.texts.refuse("person.voucher_type", value=voucher)
    if not (voucher or certificate):
        raise centre.texts.refuse("front.field_missing", field="mdtrt_cert_type")
    if voucher == vouchers.card and not text(node, "card_sn"):
        raise centre.texts.refuse("person.card_sn")
    field = "mdtrt_cert_no" if voucher else "certno"
    if not text(node, field):
        raise centre.texts.refuse("front.field_missing", field=field)
    return text(node, field)


def _insurance_values(centre: Centre, person: Person, insurance: Insurance) -> dict[str, Any]:
    spent = centre.accounts.spent(person.psn_no, insurance.insutype)
    return {
        "balc": insurance.balc - spent,
        "insutype": insurance.insutype,
        "psn_type": insurance.psn_type,
        "psn_insu_stas": insurance.psn_insu_stas,
        "psn_insu_date": insurance.psn_insu_date,
        "paus_insu_date": insurance.paus_insu_date,
        "cvlserv_flag": insurance.cvlserv_flag,
        "insuplc_admdvs": insurance.insuplc_admdvs or centre.people.home,
        "emp_name": insurance.emp_name,
    }


def _visit_values(centre: Centre, visit: Visit) -> dict[str, Any]:
    return {
        **visit.facts,
        **person_values(centre, visit.person),
        "mdtrt_id": visit.mdtrt_id,
        "med_type": visit.med_type,
        "insutype": visit.insurance.insutype,
        "psn_type": visit.insurance.psn_type,
        "cvlserv_flag": visit.insurance.cvlserv_flag,
        "emp_name": visit.insurance.emp_name,
        "insu_optins": visit.insurance.insuplc_admdvs or centre.people.home,
        "ipt_otp_no": visit.ipt_otp_no,
        "begntime": stamp(visit.begun),
        "begndate": f"{visit.begun:%Y-%m-%d}",
        "endtime": stamp(visit.discharged) if visit.discharged else None,
        "inhosp_stas": "1" if visit.in_hospital else "0",
        "out_flag": "0",
    }


def _detail_facts(detail: Detail) -> dict[str, Any]:
    row = detail.row
    return {
        **row,
        "hilist_code": text(row, "med_list_codg"),
        "hilist_name": text(row, "med_list_codg"),
        "medins_list_name": text(row, "medins_list_codg"),
        "list_type": detail.grading.kind.list_type,
        "rx_drord_no": text(row, "rxno") or text(row, "drord_no") or None,
    }


def _span(centre: Centre, node: Node) -> tuple[datetime, datetime]:
    """Return the span asked for; an end without a time means the end of that day."""
    begin, end = moment(node, "begntime", centre.texts), moment(node, "endtime", centre.texts)
    if len(text(node, "endtime")) == _DAY:
        end += timedelta(days=1, seconds=-1)
    return begin, end
