"""2201, 2202, 2203: opening an outpatient visit and taking it back."""

from __future__ import annotations

from typing import Any

import pytest

WORKER = "990101198001016571"


def _cancel(mdtrt_id: str, **fields: Any) -> dict[str, Any]:
    return {"data": {"mdtrt_id": mdtrt_id, "psn_no": WORKER, "ipt_otp_no": "MZ0001", **fields}}


@pytest.mark.parametrize(
    ("psn_no", "fields", "words"),
    [
        ("110101198001016571", {}, "该参保人的基本信息为空"),
        (WORKER, {"insutype": "390"}, "没有险种390的有效参保信息"),
        ("99010100000000000055", {}, "没有险种310的有效参保信息"),
        (WORKER, {"begntime": "2026/03/02"}, "begntime：时间格式不正确"),
        (WORKER, {"ipt_otp_no": ""}, "ipt_otp_no：必填项校验错误"),
    ],
)
def test_a_registration_that_cannot_be_is_refused(window: Any, psn_no: str, fields: Any, words: str) -> None:
    data = {
        "psn_no": psn_no,
        "insutype": "310",
        "begntime": "2026-03-02 08:00:00",
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": psn_no,
        "ipt_otp_no": "MZ0001",
    }

    assert words in window.refused("2201", {"data": {**data, **fields}})


def test_a_registration_is_cancelled_once(window: Any) -> None:
    mdtrt_id = window.register()

    assert window.ok("2202", _cancel(mdtrt_id)) is None
    assert "就诊信息已撤销" in window.refused("2202", _cancel(mdtrt_id))


def test_a_registration_with_details_stays(window: Any) -> None:
    mdtrt_id = window.visit_with("5.00")

    assert "存在未撤销的费用明细" in window.refused("2202", _cancel(mdtrt_id))


def test_a_settled_registration_stays(window: Any) -> None:
    mdtrt_id = window.visit_with("5.00")
    window.ok("2207", window.bill(mdtrt_id, "5.00"))

    assert "人员已结算" in window.refused("2202", _cancel(mdtrt_id))


def test_a_cancel_names_the_right_number(window: Any) -> None:
    mdtrt_id = window.register()

    assert "住院/门诊号与就诊信息不一致" in window.refused("2202", _cancel(mdtrt_id, ipt_otp_no="MZ0002"))


@pytest.mark.parametrize("infno", ["2203", "2203A"])
def test_what_the_doctor_found_shows_in_the_visit(window: Any, write_diagnosis: Any, infno: str) -> None:
    mdtrt_id = window.register()
    info = {"mdtrt_id": mdtrt_id, "psn_no": WORKER, "med_type": "14", "begntime": "2026-03-02 08:10:00"}

    # a single object in place of the list is taken, as Zhejiang's platform does
    assert window.ok(infno, {"mdtrtinfo": info, "diseinfo": write_diagnosis()}) is None

    span = {"psn_no": WORKER, "begntime": "2026-03-02 00:00:00", "endtime": "2026-03-02 23:59:59"}
    visits = window.ok("5201", {"data": span})["mdtrtinfo"]
    assert [(one["mdtrt_id"], one["med_type"]) for one in visits] == [(mdtrt_id, "14")]


def test_the_doctors_findings_need_a_diagnosis(window: Any) -> None:
    mdtrt_id = window.register()
    info = {"mdtrt_id": mdtrt_id, "psn_no": WORKER, "med_type": "11", "begntime": "2026-03-02 08:10:00"}

    assert window.refused("2203", {"mdtrtinfo": info, "diseinfo": []}) == "FSI-交易输入节点diseinfo不能为空"
