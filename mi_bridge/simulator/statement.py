"""What the platform says of a settlement: the nodes setlinfo and setldetail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clock import stamp
from mi_bridge.simulator.fields import Node, text
from mi_bridge.simulator.fund import Split
from mi_bridge.simulator.people import Person
from mi_bridge.simulator.settlement import Settlement


def statement(centre: Centre, infno: str, settlement: Settlement) -> Node:
    """Return the output of a settling transaction.

    Args:
        centre: the insurance centre.
        infno: whose fields the output has.
        settlement: the settlement, the refund, or what a settlement would be.
    """
    return {
        "setlinfo": centre.layouts.lay(infno, "setlinfo", _values(centre, settlement)),
        "setldetail": [centre.layouts.lay(infno, "setldetail", row) for row in _payments(centre, settlement)],
    }


def person_values(centre: Centre, person: Person) -> dict[str, Any]:
    """Return what the platform says of a person in every answer that names one."""
    return {
        "psn_no": person.psn_no,
        "psn_name": person.psn_name,
        "psn_cert_type": person.psn_cert_type,
        "certno": person.certno,
        "gend": person.gend,
        "naty": person.naty,
        "brdy": person.brdy,
        "age": person.age(centre.clock.now().date()),
    }


def _values(centre: Centre, settlement: Settlement) -> dict[str, Any]:
    return {
        **person_values(centre, settlement.visit.person),
        **_insurance_values(centre, settlement),
        **_visit_values(settlement),
        **_amounts(settlement),
        **_clearing_values(centre, settlement),
    }


def _insurance_values(centre: Centre, settlement: Settlement) -> dict[str, Any]:
    insurance = settlement.visit.insurance
    area = insurance.insuplc_admdvs or centre.people.home
    return {
        "insutype": insurance.insutype,
        "psn_type": insurance.psn_type,
        "cvlserv_flag": insurance.cvlserv_flag,
        "emp_name": insurance.emp_name,
        "insu_optins": area,
        "insu_admdvs": area,
        "flxempe_flag": "0",
        "nwb_flag": "0",
    }


def _visit_values(settlement: Settlement) -> dict[str, Any]:
    visit = settlement.visit
    ended = visit.discharged or settlement.time
    return {
        "mdtrt_id": visit.mdtrt_id,
        "med_type": settlement.med_type,
        "mdtrt_cert_type": settlement.mdtrt_cert_type,
        "mdtrt_cert_no": text(visit.facts, "mdtrt_cert_no") or None,
        "fixmedins_code": visit.org_code,
        "fixmedins_name": visit.org_name,
        "begndate": f"{visit.begun:%Y-%m-%d}",
        "enddate": f"{ended:%Y-%m-%d}",
        "dise_codg": visit.facts.get("dise_codg"),
        "dise_name": visit.facts.get("dise_name"),
        "year": f"{settlement.time:%Y}",
        "invono": settlement.invono or None,
    }


def _amounts(settlement: Settlement) -> dict[str, Decimal]:
    split, costs = settlement.split, settlement.split.costs
    return {
        "medfee_sumamt": costs.medfee_sumamt,
        "fulamt_ownpay_amt": costs.fulamt_ownpay_amt,
        "overlmt_selfpay": costs.overlmt_selfpay,
        "preselfpay_amt": costs.preselfpay_amt,
        "inscp_scp_amt": costs.inscp_scp_amt,
        "act_pay_dedc": split.act_pay_dedc,
        "crt_dedc": split.act_pay_dedc,
        "hifp_pay": split.hifp_pay,
        "pool_prop_selfpay": split.pool_prop_selfpay,
        settlement.rule.supplement: split.supplement_pay,
        "cvlserv_pay": split.cvlserv_pay,
        "fund_pay_sumamt": split.fund_pay_sumamt,
        "balc": settlement.balance,
        **_personal_amounts(split),
    }


def _personal_amounts(split: Split) -> dict[str, Decimal]:
    """The same two amounts have other names in 5203, and 2208's cash is misspelt in one edition of the specification."""
    return {
        "psn_part_amt": split.psn_part_amt,
        "psn_pay": split.psn_part_amt,
        "acct_pay": split.acct_pay,
        "psn_cash_pay": split.psn_cash_pay,
        "cash_payamt": split.psn_cash_pay,
        "pdn_cash_pay": split.psn_cash_pay,
    }


def _clearing_values(centre: Centre, settlement: Settlement) -> dict[str, Any]:
    level = centre.rules.institution.hosp_lv
    area = settlement.visit.insurance.insuplc_admdvs or centre.people.home
    return {
        "setl_id": settlement.setl_id,
        "setl_time": stamp(settlement.time),
        "medins_setl_id": settlement.msgid,
        "clr_optins": area,
        "clr_way": centre.rules.institution.clr_way,
        "clr_type": settlement.rule.clr_type,
        "fixmedins_poolarea": centre.people.home,
        "pay_loc": "2",
        "hosp_lv": level,
        "lmtpric_hosp_lv": level,
        "dedc_hosp_lv": level,
        "refd_setl_flag": "0" if settlement.stands else "1",
        "setl_type": "2",
        "opter_id": None,
        "opt_time": stamp(settlement.time),
    }


def _payments(centre: Centre, settlement: Settlement) -> list[Node]:
    rule, split = settlement.rule, settlement.split
    own, aid = centre.rules.own_account, centre.rules.civil_servants
    paid = (
        (rule.fund_pay_type, rule.fund_pay_type_name, split.hifp_pay),
        (rule.supplement_type, rule.supplement_type_name, split.supplement_pay),
        (aid.fund_pay_type, aid.fund_pay_type_name, split.cvlserv_pay),
        (own.fund_pay_type, own.fund_pay_type_name, split.acct_pay),
    )
    return [
        {
            "fund_pay_type": code,
            "fund_pay_type_name": name,
            "fund_payamt": sum_paid,
            "inscp_scp_amt": split.costs.inscp_scp_amt,
            "crt_payb_lmt_amt": None,
        }
        for code, name, sum_paid in paid
        if sum_paid
    ]
