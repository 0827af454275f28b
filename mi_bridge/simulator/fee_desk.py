"""2204 门诊费用明细上传, 2205 its undoing, 2301 住院费用明细上传, 2302 its undoing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.fields import Node, amount, text
from mi_bridge.simulator.items import Grading
from mi_bridge.simulator.ledger import State
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.money import ZERO, cents
from mi_bridge.simulator.visit import Detail, Setting, Visit

ALL = "0000"
"""In place of a batch or detail number: every detail that is not settled."""

Known = dict[str, Detail]
"""Details by their number: those of the visit, and those before in the same message."""


def upload_outpatient(centre: Centre, message: Message) -> Node:
    """2204: details of one outpatient visit."""
    return _upload(centre, message, Setting.OUTPATIENT)


def upload_inpatient(centre: Centre, message: Message) -> Node:
    """2301: details of one stay."""
    return _upload(centre, message, Setting.INPATIENT)


def delete_outpatient(centre: Centre, message: Message) -> None:
    """2205: delete a batch, or with ``0000`` all that is not settled."""
    node = message.node("data")
    visit = centre.visits.open(message.org_code, node, Setting.OUTPATIENT)
    batch = text(node, "chrg_bchno")
    _delete(centre, message, visit, batch, lambda detail: detail.batch == batch)


def delete_inpatient(centre: Centre, message: Message) -> None:
    """2302: delete one detail, or with ``0000`` all that is not settled."""
    node = message.node("data")
    visit = centre.visits.open(message.org_code, node, Setting.INPATIENT)
    number = text(node, "feedetl_sn")
    _delete(centre, message, visit, number, lambda detail: detail.feedetl_sn == number)


def _upload(centre: Centre, message: Message, setting: Setting) -> Node:
    rows = message.rows("feedetail")
    if len({(text(row, "mdtrt_id"), text(row, "psn_no")) for row in rows}) != 1:
        raise centre.texts.refuse("fees.too_many_visits")
    visit = centre.visits.open_unsettled(message.org_code, rows[0], setting)
    details = _details(centre, visit, rows)
    total = sum((detail.grading.costs.medfee_sumamt for detail in details), ZERO)
    effect = centre.ledger.apply(
        message,
        psn_no=visit.person.psn_no,
        mdtrt_id=visit.mdtrt_id,
        amounts={"det_item_fee_sumamt": total},
    )
    for detail in details:
        detail.effect = effect.number
        visit.details[detail.feedetl_sn] = detail
    infno = "2204" if setting is Setting.OUTPATIENT else "2301"
    return {"result": [centre.layouts.lay(infno, "result", detail_values(detail)) for detail in details]}


def _details(centre: Centre, visit: Visit, rows: list[Node]) -> list[Detail]:
    known = dict(visit.details)
    for row in rows:
        number = text(row, "feedetl_sn")
        if number in known:
            raise centre.texts.refuse("fees.duplicate", feedetl_sn=number)
        known[number] = _detail(centre, visit.setting, known, row)
    return [known[text(row, "feedetl_sn")] for row in rows]


def _detail(centre: Centre, setting: Setting, known: Known, row: Node) -> Detail:
    total = cents(amount(row, "det_item_fee_sumamt", centre.texts))
    count, price = amount(row, "cnt", centre.texts), amount(row, "pric", centre.texts)
    if min(total, count, price) < 0 and not (setting is Setting.INPATIENT and _takes_back(known, row, total)):
        raise centre.texts.refuse("fees.negative", feedetl_sn=text(row, "feedetl_sn"))
    return Detail(
        feedetl_sn=text(row, "feedetl_sn"),
        batch=text(row, "chrg_bchno"),
        row=row,
        cnt=count,
        pric=price,
        grading=_grade(centre, row, total, price),
        effect=0,
    )


def _grade(centre: Centre, row: Node, total: Decimal, price: Decimal) -> Grading:
    approval = text(row, "hosp_appr_flag")
    return centre.items.grade(text(row, "med_list_codg"), total=total, price=price, approval=approval)


def _takes_back(known: Known, row: Node, total: Decimal) -> bool:
    """Tell whether a negative detail takes back an earlier one of the same item, and no more than it."""
    first = known.get(text(row, "init_feedetl_sn"))
    if first is None or text(first.row, "med_list_codg") != text(row, "med_list_codg"):
        return False
    back = [one for one in known.values() if text(one.row, "init_feedetl_sn") == first.feedetl_sn]
    left = sum((one.grading.costs.medfee_sumamt for one in back), first.grading.costs.medfee_sumamt)
    return -left <= total < 0


def _delete(
    centre: Centre, message: Message, visit: Visit, number: str, meant: Callable[[Detail], bool]
) -> None:
    details = visit.details.values()
    named = {one.feedetl_sn for one in details if (number == ALL and not one.settled_by) or meant(one)}
    doomed = [one for one in details if {one.feedetl_sn, text(one.row, "init_feedetl_sn")} & named]
    if not doomed and number != ALL:
        raise centre.texts.refuse("fees.unknown", number=number)
    if any(one.settled_by for one in doomed):
        raise centre.texts.refuse("fees.settled", number=number)
    for one in doomed:
        del visit.details[one.feedetl_sn]
    _end_uploads(centre, message, visit, {one.effect for one in doomed})
    total = sum((one.grading.costs.medfee_sumamt for one in doomed), ZERO)
    centre.ledger.apply(
        message,
        psn_no=visit.person.psn_no,
        mdtrt_id=visit.mdtrt_id,
        amounts={"det_item_fee_sumamt": -total},
    )


def _end_uploads(centre: Centre, message: Message, visit: Visit, effects: set[int]) -> None:
    """An upload is taken back when the last of its details is."""
    for effect in sorted(effects - {one.effect for one in visit.details.values()}):
        centre.ledger.turn(effect, State.CANCELLED, message)


def detail_values(detail: Detail) -> Node:
    """Return what the platform says of a detail, by field name."""
    costs = detail.grading.costs
    return {
        "feedetl_sn": detail.feedetl_sn,
        "det_item_fee_sumamt": costs.medfee_sumamt,
        "cnt": detail.cnt,
        "pric": detail.pric,
        "pric_uplmt_amt": detail.grading.kind.price_limit,
        "selfpay_prop": detail.grading.selfpay_prop,
        "fulamt_ownpay_amt": costs.fulamt_ownpay_amt,
        "overlmt_amt": costs.overlmt_selfpay,
        "preselfpay_amt": costs.preselfpay_amt,
        "inscp_scp_amt": costs.inscp_scp_amt,
        "chrgitm_lv": detail.grading.chrgitm_lv,
        "med_chrgitm_type": detail.grading.kind.med_chrgitm_type,
        "bas_medn_flag": "0",
        "hi_nego_drug_flag": "0",
        "lmt_used_flag": "0",
        "drt_reim_flag": "0",
    }
