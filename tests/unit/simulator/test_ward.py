"""2401 to 2405: a stay and its undoing."""

from __future__ import annotations

from typing import Any

WORKER = "990101198001016571"


def _key(mdtrt_id: str) -> dict[str, Any]:
    return {"data": {"mdtrt_id": mdtrt_id, "psn_no": WORKER}}


def _change(mdtrt_id: str, diagnosis: Any, **fields: Any) -> dict[str, Any]:
    stay = {"mdtrt_id": mdtrt_id, "psn_no": WORKER, "begntime": "2026-03-01 09:00:00", **fields}
    return {"adminfo": stay, "diseinfo": [diagnosis()]}


def test_nobody_lies_in_two_beds(window: Any) -> None:
    window.admit()

    words = window.other("H99010100002").refused("2401", window.admission())

    assert words.startswith("FSI-FMI返回：该人员是在院状态不能办理入院，在院信息：机构编号：H99010100001")
    assert window.other("H99010100002").admit("990101197501011232")


def test_who_is_discharged_or_was_never_admitted_may_come_again(window: Any) -> None:
    window.ok("2404", _key(window.admit()))
    window.ok("2402", window.discharged(window.admit()))

    assert window.admit()


def test_a_stay_has_exactly_one_main_diagnosis(window: Any, write_diagnosis: Any) -> None:
    admission = window.admission()
    admission["diseinfo"].append(write_diagnosis(diag_srt_no=2))

    assert window.refused("2401", admission) == "FSI-入院主诊断数量只能有一条"


def test_an_admission_with_details_cannot_be_cancelled(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.admit()
    window.ok("2301", {"feedetail": [write_fee(mdtrt_id, 1, "5.00")]})

    assert window.refused("2404", _key(mdtrt_id)) == "FSI-住院号ZY0001该次入院登记已上传费用明细"


def test_an_admission_cannot_be_cancelled_after_the_discharge_or_twice(window: Any) -> None:
    over = window.admit()
    window.ok("2402", window.discharged(over))
    assert "已办理出院" in window.refused("2404", _key(over))

    window.ok("2405", _key(over))
    window.ok("2404", _key(over))
    assert "就诊信息已撤销" in window.refused("2404", _key(over))


def test_a_discharge_happens_once_and_not_before_the_admission(window: Any) -> None:
    mdtrt_id = window.admit()

    assert "早于入院时间" in window.refused(
        "2402", window.discharged(mdtrt_id, endtime="2026-02-01 00:00:00")
    )
    assert "时间格式不正确" in window.refused("2402", window.discharged(mdtrt_id, endtime="tomorrow"))
    window.ok("2402", window.discharged(mdtrt_id))
    assert "已办理出院" in window.refused("2402", window.discharged(mdtrt_id))


def test_a_discharge_is_undone_while_nothing_else_has_happened(window: Any) -> None:
    mdtrt_id = window.admit()
    assert "未办理出院" in window.refused("2405", _key(mdtrt_id))
    window.ok("2402", window.discharged(mdtrt_id))
    elsewhere = window.other("H99010100002")
    second = elsewhere.admit()

    assert "在院状态" in window.refused("2405", _key(mdtrt_id))
    elsewhere.ok("2404", _key(second))
    window.ok("2405", _key(mdtrt_id))
    assert "在院状态" in window.refused("2401", window.admission())


def test_a_settled_stay_is_left_alone(window: Any, write_diagnosis: Any) -> None:
    mdtrt_id = window.stay_with("700.00")
    window.ok("2304", window.stay_bill(mdtrt_id, "700.00"))

    assert "人员已结算" in window.refused("2405", _key(mdtrt_id))
    assert "人员已结算" in window.refused("2403", _change(mdtrt_id, write_diagnosis))


def test_a_change_shows_in_the_list_of_inpatients(window: Any, write_diagnosis: Any) -> None:
    mdtrt_id = window.admit()

    window.ok("2403", _change(mdtrt_id, write_diagnosis, ipt_otp_no="ZY0002", med_type="2102"))

    span = {"begntime": "2026-03-01", "endtime": "2026-03-01"}
    lying = window.ok("5303", {"data": span})["data"]
    assert [(one["mdtrt_id"], one["ipt_otp_no"], one["med_type"]) for one in lying] == [
        (mdtrt_id, "ZY0002", "2102")
    ]


def test_a_stay_that_is_over_is_not_changed(window: Any, write_diagnosis: Any) -> None:
    mdtrt_id = window.admit()
    window.ok("2402", window.discharged(mdtrt_id))

    assert "已办理出院" in window.refused("2403", _change(mdtrt_id, write_diagnosis))


def test_an_outpatient_visit_is_no_stay(window: Any) -> None:
    mdtrt_id = window.register()

    assert "医疗类别与交易不符" in window.refused("2404", _key(mdtrt_id))
