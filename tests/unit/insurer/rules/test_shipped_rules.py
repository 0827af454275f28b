"""The rules that come with mi-bridge: a settlement list that fulfils them, and what each kind of slip is told."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.check.examiner import Examiner
from mi_bridge.insurer.check.field_table import read_fields
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.nodes import NodeLayout
from mi_bridge.insurer.profile.checks import Checks
from mi_bridge.insurer.rules.rule_book import RuleBook

_LIST: dict[str, Any] = {
    "setlinfo": {
        "psn_no": "1", "mdtrt_id": "2", "setl_id": "3", "medcasno": "4", "ntly": "CHN", "prfs": "90",
        "patn_rlts": "01", "coner_name": "甲", "coner_addr": "路1号", "coner_tel": "5", "trt_type": "10",
        "adm_time": "2026-01-01 09:00:00", "dscg_time": "2026-01-10 10:00:00", "dscg_caty": "A03", "adm_caty": "A03",
        "dscg_way": "1", "bill_code": "6", "bill_no": "7", "biz_sn": "8", "chfpdr_code": "D123456789012",
        "setl_begn_date": "2026-01-01", "setl_end_date": "2026-01-10", "medins_fill_dept": "医保办",
        "medins_fill_psn": "乙", "resp_nurs_code": "N123456789012", "hi_paymtd": "1", "vent_used_dura": "0/0/0",
    },
    "diseinfo": [
        {"diag_type": "1", "diag_code": "I10.x05", "diag_name": "高血压3级", "adm_cond_type": "1", "maindiag_flag": "1"},
        {"diag_type": "1", "diag_code": "A02.000x005", "diag_name": "丙", "adm_cond_type": "4", "maindiag_flag": "0"},
    ],
    "oprninfo": [
        {
            "oprn_oprt_type": "1", "oprn_oprt_code": "51.2200x004", "oprn_oprt_name": "丁", "oper_dr_code": "D123456789012",
            "anst_way": "1", "anst_dr_code": "D123456789013", "oprn_oprt_begntime": "2026-01-02 09:00:00",
            "anst_begntime": "2026-01-02 08:30:00", "anst_endtime": "2026-01-02 10:30:00",
        }
    ],
    "icuinfo": [
        {
            "scs_cutd_ward_type": "1", "scs_cutd_inpool_time": "2026-01-02 11:00:00",
            "scs_cutd_exit_time": "2026-01-03 11:00:00", "scs_cutd_sum_dura": "1/0/0",
        }
    ],
}  # fmt: skip
Change = Callable[[dict[str, Any]], Any]


def told(value: dict[str, Any], checks: Checks, infno: str = "4101") -> str:
    transaction = Catalogue.load().get(infno)
    source = read_input(json.dumps(value, ensure_ascii=False), limit_bytes=10**6)
    try:
        found = Examiner(checks).examine(transaction, NodeLayout(transaction).parts(source))
    except MalformedInput as refused:
        return refused.message
    return found.warning() if found else ""


def lists(change: Change) -> dict[str, Any]:
    value = copy.deepcopy(_LIST)
    change(value)
    return value


_STRICT = Checks(mode="refuse")


def test_a_good_list_passes() -> None:
    assert told(_LIST, _STRICT) == ""


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        (lambda v: v["setlinfo"].pop("medcasno"), "setlinfo.medcasno", "fortune-medcasno"),
        (lambda v: v["setlinfo"].update(trt_type="99"), "setlinfo.trt_type", "2006-trt_type"),
        (lambda v: v["setlinfo"].update(poscode="12345"), "setlinfo.poscode", "2130-emp_poscode"),
        (lambda v: v["setlinfo"].update(poscode="A12345"), "setlinfo.poscode", "2129-emp_poscode"),
        (lambda v: v["setlinfo"].update(pwcry_bfadm_coma_dura="1/25/0"), "setlinfo.pwcry_bfadm_coma_dura", "2135-coma"),
        (lambda v: v["setlinfo"].update(dscg_time="2025-12-31 10:00:00"), "setlinfo.dscg_time", "adm-before-dscg"),
        (lambda v: v["setlinfo"].update(setl_end_date="2025-12-31"), "setlinfo.setl_end_date", "2137-setl"),
        (lambda v: v["setlinfo"].update(wm_dise_code="x"), "setlinfo.wm_dise_code", "2138-wm_dise_code"),
        (lambda v: v["setlinfo"].update(emp_name="厂"), "setlinfo.emp_addr", "2005-emp_addr"),
        (lambda v: v["setlinfo"].update(age_days=20), "setlinfo.nwb_adm_type", "fortune-nwb1"),
        (lambda v: v["setlinfo"].update(nwb_adm_type="1", nwb_adm_wt="150", nwb_bir_wt="3000"), "setlinfo.nwb_adm_wt", "2132-nwb_adm_wt"),
        (lambda v: v["setlinfo"].update(refldept_dept="A03→Q99"), "setlinfo.refldept_dept", "2006-refl_caty"),
        (lambda v: v["diseinfo"].pop(0), "diseinfo", "2139-maindiag"),
        (lambda v: v["diseinfo"][1].update(maindiag_flag="1"), "diseinfo", "one-maindiag"),
        (lambda v: v["diseinfo"][0].update(diag_code="R50.900"), "diseinfo[0].diag_code", "js-1"),
        (lambda v: v["diseinfo"][1].update(diag_code="丙"), "diseinfo[1].diag_code", "diag_code"),
        (lambda v: v["diseinfo"][1].update(diag_code="O80.000"), "setlinfo", "fortune-nwb2"),
        (lambda v: v["oprninfo"][0].update(oprn_oprt_code="5122"), "oprninfo[0].oprn_oprt_code", "2133-oprn_oprt_code"),
        (lambda v: v["oprninfo"][0].update(anst_endtime="2026-01-11 10:30:00"), "oprninfo[0].anst_endtime", "2134-anst"),
        (lambda v: v["oprninfo"][0].pop("anst_dr_code"), "oprninfo[0].anst_dr_code", "2005-anst_dr_code"),
        (lambda v: v["oprninfo"].append(v["oprninfo"][0]), "oprninfo[0]", "sd-2"),
        (lambda v: v["setlinfo"].update(vent_used_dura="5/0/0"), "oprninfo", "js-2"),
        (lambda v: v["icuinfo"][0].update(scs_cutd_exit_time="2026-01-02 10:00:00"), "icuinfo[0].scs_cutd_exit_time", "2136-icu_order"),
        (lambda v: v.update(bldinfo=[{"setl_List_bld_Id": "1", "psn_no": "1", "mdtrt_id": "2", "setl_id": "3", "bld_cat": "1"}]), "bldinfo[0].bld_amt", "2005-bld_amt"),
    ],
)  # fmt: skip
def test_a_slip_is_told_at_its_place(change: Change, path: str, rule: str) -> None:
    said = told(lists(change), _STRICT)
    assert f"input.{path}：" in said
    assert f"（规则 {rule}" in said


def test_severities_follow_the_site() -> None:
    slip = lists(lambda value: value["setlinfo"].update(poscode="12345"))
    assert "没有发送" in told(slip, _STRICT)
    assert told(slip, Checks()).startswith("1 处：input.setlinfo.poscode：")
    assert told(slip, Checks(mode="refuse", rules="warn")).startswith("1 处：")
    assert told(slip, Checks(mode="refuse", rules="off")) == ""


def test_a_place_is_told_once() -> None:
    said = told(lists(lambda value: value["setlinfo"].pop("biz_sn")), _STRICT)
    assert "有 1 处错误" in said
    assert "规则" not in said


def test_the_2021_list_has_rules_of_its_own() -> None:
    checks = Checks.model_validate({"mode": "refuse", "interfaces": {"4101": {"layout": "4101@2021"}}})
    said = told(_LIST, checks)
    assert "input.setlinfo.hi_no：【医保编号】未填写（规则 2005-hi_no）" in said
    assert "input.setlinfo.psn_name：必填，缺失（患者姓名）" in said or "psn_name：必填" in said


def test_the_status_of_a_list() -> None:
    said = told({"data": {"stastinfo": [{"psn_no": "1", "setl_id": "2", "stas_type": "2"}]}}, _STRICT, "4102")
    assert "input.data.stastinfo[0].stas_type：【状态】只能提交 0（未提交）或 1（已提交）" in said


def test_every_rule_speaks_of_fields_that_exist() -> None:
    book = RuleBook()
    assert book.look() is not None
    assert book.reading.refused == {}
    for layout, rules in book.all().items():
        known = {(field.node, field.name) for field in read_fields(layout)}
        for rule in rules:
            text = rule.text
            names = {*text.fields, *text.require_any, *text.unique}
            names |= {part.field for part in text.when if part.node is None}
            strange = {name for name in names if (text.node, name) not in known}
            # the name of the one who takes an order is in the table as the doctor's code only
            assert not strange, (layout, text.id, strange)
            assert all((part.node, part.field) in known for part in text.when if part.node is not None), (
                text.id
            )
