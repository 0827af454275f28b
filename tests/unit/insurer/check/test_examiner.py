from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.errors import MalformedInput, ProfileError
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.check.examiner import Examiner
from mi_bridge.insurer.check.finding import Findings
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.nodes import NodeLayout
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.profile.checks import Checks

_CATALOGUE = Catalogue.load()
_FEE = {
    "feedetl_sn": "1",
    "mdtrt_id": "9",
    "psn_no": "8",
    "chrg_bchno": "7",
    "fee_ocur_time": "2026-01-02 10:00:00",
    "med_list_codg": "X",
    "medins_list_codg": "X",
    "det_item_fee_sumamt": "2.00",
    "cnt": 1,
    "pric": 2.0,
    "bilg_dept_codg": "A50",
    "bilg_dept_name": "中医科",
    "bilg_dr_codg": "D1",
    "bilg_dr_name": "医师",
    "hosp_appr_flag": "1",
    "rx_circ_flag": "0",
}


def examine(infno: str, value: dict[str, Any], **names: str) -> Findings | None:
    return look(Examiner(Checks(mode="refuse", rules="off")), infno, value, **names)


def look(examiner: Examiner, infno: str, value: dict[str, Any], **names: str) -> Findings | None:
    transaction = _CATALOGUE.get(infno)
    source = read_input(json.dumps(value, ensure_ascii=False), limit_bytes=10**7)
    layout = NodeLayout(transaction, names)
    layout.fit(source)
    return examiner.examine(transaction, layout.parts(source))


def refusal(infno: str, value: dict[str, Any], **names: str) -> str:
    with pytest.raises(MalformedInput) as refused:
        examine(infno, value, **names)
    return refused.value.message


def fees(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in (_FEE | change).items() if value != "gone"} for change in changes]


def test_a_good_message_passes() -> None:
    assert examine("2204", {"feedetail": fees({}, {})}) is None


def test_the_path_is_as_his_wrote_it_and_rows_are_counted_from_zero() -> None:
    text = refusal("2204", {"feedetail": fees({}, {}, {}, {"cnt": "gone"})})
    assert text == "交易 2204 的输入有 1 处错误，没有发送：input.feedetail[3].cnt：必填，缺失（数量）。"


def test_bare_fields_a_single_row_and_a_node_in_his_own_spelling() -> None:
    (row,) = fees({"cnt": "many"})
    assert "input.cnt：应为数字" in refusal("2204", row)
    assert "input.feedetail.cnt：应为数字" in refusal("2204", {"feedetail": row})
    assert "input.FeeDetail.cnt：应为数字" in refusal("2204", {"FeeDetail": row})
    assert "input.fees.cnt：应为数字" in refusal("2204", {"fees": row}, feedetail="fees")


def test_all_faults_at_once_and_no_value_of_a_person() -> None:
    text = refusal(
        "2204",
        {"feedetail": fees({"cnt": "x", "psn_no": "9" * 31}, {"fee_ocur_time": "2026-02-30 10:00:00"})},
    )
    assert "有 3 处" in text
    assert "input.feedetail[0].psn_no：有 31 个字符，最多 30 个（人员编号）" in text
    assert "input.feedetail[0].cnt：应为数字（数量）" in text
    assert "input.feedetail[1].fee_ocur_time：日期不存在（费用发生时间）" in text
    assert "999" not in text


def test_too_many_faults_are_counted_and_not_listed() -> None:
    text = refusal("2204", {"feedetail": fees(*[{"cnt": "x"}] * 70)})
    assert text.startswith("交易 2204 的输入有 70 处")
    assert text.endswith("；另有 20 处。")
    assert "[49].cnt" in text
    assert "[50].cnt" not in text


@pytest.mark.parametrize("nothing", ["", None, "null", "NULL"])
def test_a_required_field_that_says_nothing(nothing: Any) -> None:
    assert "input.feedetail[0].cnt：必填，为空（数量）" in refusal(
        "2204", {"feedetail": fees({"cnt": nothing})}
    )
    assert "input.feedetail[0].psn_no：必填，为空" in refusal(
        "2204", {"feedetail": fees({"psn_no": nothing})}
    )


def test_an_optional_field_may_say_nothing() -> None:
    assert (
        examine("2204", {"feedetail": fees({"rxno": "", "etip_flag": None, "tcmdrug_used_way": "null"})})
        is None
    )


def test_a_name_in_the_wrong_case_is_pointed_at() -> None:
    text = refusal("2204", {"feedetail": fees({"cnt": "gone", "Cnt": 1})})
    assert "input.feedetail[0].cnt：必填，缺失，现有 Cnt，大小写不符（数量）" in text


def test_a_missing_node() -> None:
    text = refusal("2203", {"diseinfo": []})
    assert "input.mdtrtinfo：必填，缺失" in text
    assert "input.mdtrtInfo：必填，缺失" in refusal("2203", {"diseinfo": []}, mdtrtinfo="mdtrtInfo")


def test_a_condition_on_a_field_beside_it() -> None:
    person = {
        "mdtrt_cert_type": "03",
        "mdtrt_cert_no": "1",
        "psn_cert_type": "01",
        "certno": "1",
        "psn_name": "甲",
    }
    text = refusal("1101", person)
    assert text.endswith("input.card_sn：必填，缺失（卡识别码），条件为 mdtrt_cert_type=03。")
    assert examine("1101", person | {"card_sn": "C"}) is None


def test_what_is_doubtful_warns_where_the_site_refuses() -> None:
    findings = examine("1101", {"mdtrt_cert_type": "04", "mdtrt_cert_no": "1"})
    assert findings is not None
    assert findings.warned_count == 4
    assert "1、值" not in findings.warning()
    assert (
        "input.mdtrt_cert_type：值 04 不在字典 mdtrt_cert_type 中，可用 01、02、03（就诊凭证类型）"
        in findings.warning()
    )


def test_a_refusal_mentions_the_doubts_too() -> None:
    text = refusal("1101", {"mdtrt_cert_type": "04", "mdtrt_cert_no": "1" * 60})
    assert "有 1 处错误" in text
    assert "另有提醒 4 处" in text


def test_nested_nodes() -> None:
    warnings = {"warn_type": "1", "warns": [{"warn_rslt_id": "1", "dspo_way": "1"}, 7]}
    with pytest.raises(MalformedInput, match=r"input\.data\.warns\[0\]\.dspo_way_rea：必填，缺失"):
        examine("3103", {"data": warnings})


def test_an_input_without_nodes() -> None:
    assert "input.ssn：必填，缺失" in refusal("2161", {"insuplc": "430100", "fixmedins_code": "1"})


def test_a_site_that_says_nothing_is_warned_of_what_is_sure() -> None:
    examiner = Examiner(Checks())
    findings = look(examiner, "2204", {"feedetail": fees({"cnt": "x"})})
    assert findings is not None
    assert findings.warning() == "1 处：input.feedetail[0].cnt：应为数字（数量）。"
    assert look(examiner, "1101", {"mdtrt_cert_type": "04", "mdtrt_cert_no": "1"}) is None


def test_a_node_of_another_edition_is_checked_by_that_editions_table() -> None:
    examiner = Examiner(
        Checks.model_validate({"interfaces": {"4101": {"layout": "4101@2021"}}, "rules": "off"})
    )
    findings = look(
        examiner, "4101", {"setlinfo": {}, "iteminfo": [{"med_chrgitm": "01", "amt": "x"}], "other": {}}
    )
    assert findings is not None
    assert "input.iteminfo[0].amt：应为数字" in findings.warning()


def test_modes_by_interface() -> None:
    examiner = Examiner(Checks.model_validate({"mode": "off", "interfaces": {"2204": {"mode": "refuse"}}}))
    assert look(examiner, "1101", {"mdtrt_cert_type": "9" * 50}) is None
    with pytest.raises(MalformedInput):
        look(examiner, "2204", {"feedetail": fees({"cnt": "x"})})


def site(**interface: Any) -> Examiner:
    return Examiner(Checks.model_validate({"mode": "refuse", "interfaces": {"2204": interface}}))


def test_a_site_changes_single_fields() -> None:
    changes = {
        "feedetail.cnt": {"required": False},
        "feedetail.rxno": {"required": True},
        "feedetail.psn_no": {"length": 40},
        "feedetail.pric": {"length": "4,1"},
        "feedetail.bilg_dept_codg": {"values": ["A50", "A51"]},
        "feedetail.local_flag": {"type": "text", "required": True},
    }
    examiner = site(fields=changes)
    good = fees({"cnt": "gone", "rxno": "1", "psn_no": "9" * 40, "local_flag": "1"})
    assert look(examiner, "2204", {"feedetail": good}) is None
    with pytest.raises(MalformedInput) as refused:
        look(
            examiner, "2204", {"feedetail": fees({"bilg_dept_codg": "B50", "pric": 1234.5, "local_flag": ""})}
        )
    for part in (
        "rxno：必填，缺失",
        "bilg_dept_codg：值 B50 不在字典 bilg_dept_codg 中，可用 A50、A51",
        "pric：整数部分有 4 位，最多 3 位",
        "local_flag：必填，为空。",
    ):
        assert part in refused.value.message


def test_a_site_has_a_code_table_of_its_own() -> None:
    examiner = Examiner(
        Checks.model_validate({"mode": "refuse", "dictionaries": {"mdtrt_cert_type": ["04"]}})
    )
    assert (
        look(
            examiner,
            "1101",
            {
                "mdtrt_cert_type": "04",
                "mdtrt_cert_no": "1",
                "psn_cert_type": "01",
                "certno": "1",
                "psn_name": "甲",
            },
        )
        is None
    )
    with pytest.raises(MalformedInput, match="可用 04"):
        look(examiner, "1101", {"mdtrt_cert_type": "02", "mdtrt_cert_no": "1"})


def test_an_interface_read_by_anothers_table_is_only_doubted() -> None:
    findings = examine("2207A", {"psn_no": "1"})
    assert findings is not None
    assert "input.mdtrt_id：必填，缺失" in findings.warning()


@pytest.mark.parametrize(
    ("interface", "key"),
    [
        ({"fields": {"feedetail.cmt": {"required": True}}}, "feedetail.cmt"),
        ({"fields": {"feedetail.psn_no": {"length": "16,2"}}}, "feedetail.psn_no"),
        ({"layout": "9999"}, "layout"),
    ],
)
def test_a_change_that_fits_no_table_is_refused_at_once(interface: dict[str, Any], key: str) -> None:
    with pytest.raises(ProfileError, match=f"checks.interfaces.2204.*{key}"):
        site(**interface)


def test_the_profile_names_a_wrong_key(make_profile: Callable[[str], Profile]) -> None:
    assert make_profile('[checks]\nmode = "refuse"\n').checks.mode == "refuse"
    with pytest.raises(ProfileError, match=r"checks\.mode"):
        make_profile('[checks]\nmode = "strict"\n')
    with pytest.raises(ProfileError, match=r"checks\.interfaces\.2204\.fields"):
        make_profile('[checks.interfaces.2204.fields."feedetail.cnt"]\nlength = "x"\n')
