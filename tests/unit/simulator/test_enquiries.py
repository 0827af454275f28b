"""1101, 1201, 5201, 5203, 5204, 5303: questions, and that they change nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

WORKER = "990101198001016571"
NAMED = "99010100000000000011"
_SPAN = {"begntime": "2026-03-02 00:00:00", "endtime": "2026-03-02 23:59:59"}


def test_the_person_of_the_founding_documents_exists(window: Any) -> None:
    info = window.person(WORKER)

    assert info["baseinfo"]["psn_no"] == WORKER
    assert (info["baseinfo"]["gend"], info["baseinfo"]["brdy"]) == ("1", "1980-01-01")
    assert info["baseinfo"]["age"] == Decimal("46.2")
    assert [one["insutype"] for one in info["insuinfo"]] == ["310"]
    assert info["idetinfo"] == []


@pytest.mark.parametrize(
    "data",
    [
        {"psn_no": NAMED},
        {"psn_no": "990101198503124513"},
        {"mdtrt_cert_type": "02", "mdtrt_cert_no": "990101198503124513"},
        {
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": "990101198503124513",
            "psn_cert_type": "01",
            "psn_name": "程仿真",
        },
        {"mdtrt_cert_type": "03", "mdtrt_cert_no": "A99010001", "card_sn": "SN1"},
        {"mdtrt_cert_type": "01", "mdtrt_cert_no": "SIMECARD0000000000000000000011"},
        {"psn_cert_type": "01", "certno": "990101198503124513"},
    ],
)
def test_a_person_is_found_by_every_number(window: Any, data: dict[str, str]) -> None:
    assert window.ok("1101", {"data": data})["baseinfo"]["psn_no"] == NAMED


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"psn_no": "1"}, "该参保人的基本信息为空null"),
        ({"mdtrt_cert_type": "02", "mdtrt_cert_no": "110101198001016571"}, "该参保人的基本信息为空null"),
        ({"mdtrt_cert_type": "07", "mdtrt_cert_no": WORKER}, "就诊凭证类型07不存在"),
        ({"mdtrt_cert_type": "02", "mdtrt_cert_no": WORKER, "psn_cert_type": "77"}, "人员证件类型77不存在"),
        ({"mdtrt_cert_type": "03", "mdtrt_cert_no": "A99010001"}, "卡识别码不能为空"),
        ({"mdtrt_cert_type": "02"}, "mdtrt_cert_no：必填项校验错误"),
        ({"psn_cert_type": "01"}, "certno：必填项校验错误"),
        ({"begntime": ""}, "mdtrt_cert_type：必填项校验错误"),
        (
            {"mdtrt_cert_type": "02", "mdtrt_cert_no": "990101198503124513", "psn_name": "别人"},
            "姓名与证件号码不一致",
        ),
    ],
)
def test_a_question_nobody_fits_is_refused(window: Any, data: dict[str, str], words: str) -> None:
    assert words in window.refused("1101", {"data": data})


def test_the_balance_follows_the_settlements(window: Any) -> None:
    before = window.person()["insuinfo"][0]["balc"]
    mdtrt_id = window.visit_with("100.00")
    paid = window.ok("2207", window.bill(mdtrt_id, "100.00"))["setlinfo"]["acct_pay"]

    assert window.person()["insuinfo"][0]["balc"] == before - paid


def test_somebody_insured_elsewhere_says_so(window: Any) -> None:
    info = window.person("99010100000000000066")

    assert info["baseinfo"]["psn_name"] == "𠮷仿真"
    assert info["insuinfo"][0]["insuplc_admdvs"] == "990201"


def test_an_institution_is_the_one_asked_for(window: Any) -> None:
    asked = window.ok("1201", {"medinsinfo": {"fixmedins_type": "2", "fixmedins_code": "P99010100009"}})[
        "medinsinfo"
    ]
    own = window.ok("1201", {"medinsinfo": {"fixmedins_type": "1"}})["medinsinfo"]

    assert (asked[0]["fixmedins_code"], asked[0]["fixmedins_type"]) == ("P99010100009", "2")
    assert own[0]["fixmedins_code"] == "H99010100001"


def test_visits_are_found_by_time_kind_and_number(window: Any) -> None:
    first, second = window.register(), window.register(begntime="2026-03-03 08:00:00")
    cancelled = window.register()
    window.ok("2202", {"data": {"mdtrt_id": cancelled, "psn_no": WORKER, "ipt_otp_no": "MZ0001"}})
    window.other("H99010100002").register()

    def found(**fields: str) -> list[str]:
        answer = window.ok("5201", {"data": {"psn_no": WORKER, **_SPAN, **fields}})
        return [one["mdtrt_id"] for one in answer["mdtrtinfo"]]

    assert found() == [first]
    assert found(endtime="2026-03-03") == [first, second]
    assert found(endtime="2026-03-03", mdtrt_id=second) == [second]
    assert found(med_type="21") == []


def test_a_settlement_and_its_refund_are_found(window: Any) -> None:
    mdtrt_id = window.visit_with("100.00")
    settled = window.ok("2207", window.bill(mdtrt_id, "100.00"))["setlinfo"]
    key = {"psn_no": WORKER, "mdtrt_id": mdtrt_id, "setl_id": settled["setl_id"]}
    before = window.ok("5203", {"data": key})
    refund = window.ok("2208", {"data": key})["setlinfo"]

    after = window.ok("5203", {"data": key})["setlinfo"]
    negative = window.ok("5203", {"data": {**key, "setl_id": refund["setl_id"]}})["setlinfo"]

    assert before["setlinfo"]["medins_setl_id"] == settled["medins_setl_id"]
    assert before["setlinfo"]["cash_payamt"] == settled["psn_cash_pay"]
    assert (before["setlinfo"]["refd_setl_flag"], after["refd_setl_flag"]) == ("0", "1")
    assert negative["medfee_sumamt"] == Decimal("-100.00")


def test_the_details_of_a_settlement_are_found(window: Any) -> None:
    mdtrt_id = window.visit_with("60.00", "40.00")
    settled = window.ok("2207", window.bill(mdtrt_id, "100.00"))["setlinfo"]

    rows = window.ok(
        "5204", {"data": {"psn_no": WORKER, "mdtrt_id": mdtrt_id, "setl_id": settled["setl_id"]}}
    )

    assert [(row["feedetl_sn"], row["det_item_fee_sumamt"]) for row in rows] == [("1", 60), ("2", 40)]
    assert {row["setl_id"] for row in rows} == {settled["setl_id"]}


def test_inpatients_are_found_with_and_without_a_name(window: Any) -> None:
    mine = window.admit()
    over = window.admit("990101197501011232")
    window.ok("2402", window.discharged(over, psn_no="990101197501011232"))
    span = {"begntime": "2026-03-01", "endtime": "2026-03-01"}

    def lying(window: Any, **fields: str) -> list[str]:
        return [one["mdtrt_id"] for one in window.ok("5303", {"data": {**span, **fields}})["data"]]

    assert lying(window) == lying(window, psn_no=WORKER) == [mine]
    assert lying(window, begntime="2026-03-02", endtime="2026-03-02") == []
    assert lying(window.other("H99010100002")) == []


def test_questions_leave_no_effect(window: Any) -> None:
    window.person()
    window.ok("1201", {"medinsinfo": {"fixmedins_type": "1"}})
    window.ok("5201", {"data": {"psn_no": WORKER, **_SPAN}})

    assert window.ledger.effects == []
