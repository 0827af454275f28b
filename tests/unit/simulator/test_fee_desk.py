"""2204, 2205, 2301, 2302: details, all of a message or none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mi_bridge.simulator.ledger import State

WORKER = "990101198001016571"


def _delete(mdtrt_id: str, **fields: str) -> dict[str, Any]:
    return {"data": {"mdtrt_id": mdtrt_id, "psn_no": WORKER, **fields}}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    total=st.decimals("0.00", "100000", places=2),
    price=st.decimals("0.01", "50000", places=4),
    code=st.sampled_from(["X01", "Z02", "T03", "C04", "001101", "330100"]) | st.text(min_size=1, max_size=20),
    approval=st.sampled_from(["0", "1", "2", ""]),
)
def test_the_parts_of_a_detail_are_its_total(
    window: Any, write_fee: Any, total: Decimal, price: Decimal, code: str, approval: str
) -> None:
    mdtrt_id = window.register()
    row = write_fee(mdtrt_id, 1, total, pric=str(price), med_list_codg=code, hosp_appr_flag=approval)

    result = window.ok("2204", {"feedetail": row})["result"][0]

    parts = ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")
    assert result["det_item_fee_sumamt"] == total == sum(result[name] for name in parts)
    assert min(result[name] for name in parts) >= 0
    assert approval != "2" or result["inscp_scp_amt"] == 0


def test_a_dear_consumable_is_covered_up_to_its_limit(window: Any, write_fee: Any) -> None:
    row = write_fee(window.register(), 1, "5000.00", med_list_codg="C0001", pric="2500", cnt="2")

    result = window.ok("2204", {"feedetail": [row]})["result"][0]

    assert (result["pric_uplmt_amt"], result["overlmt_amt"]) == (2000, Decimal("1000.00"))


def test_one_bad_detail_keeps_all_out(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.register()
    rows = [write_fee(mdtrt_id, 1, "5.00"), write_fee(mdtrt_id, 1, "6.00")]

    assert "费用明细流水号重复：1" in window.refused("2204", {"feedetail": rows})
    assert window.ok("2204", {"feedetail": rows[:1]})["result"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"det_item_fee_sumamt": "-5"}, "金额或数量不能为负"),
        ({"cnt": "-1"}, "金额或数量不能为负"),
        ({"pric": "1e5000"}, "pric：数值格式不正确"),
        ({"pric": "Infinity"}, "pric：数值格式不正确"),
        ({"pric": "1_0"}, "pric：数值格式不正确"),
        ({"cnt": 10**20}, "cnt：数值格式不正确"),
        ({"cnt": ""}, "cnt：必填项校验错误"),
        ({"feedetl_sn": None}, "feedetl_sn：必填项校验错误"),
        ({"mdtrt_id": "1"}, "就诊信息不存在"),
    ],
)
def test_a_detail_that_cannot_be_is_refused(window: Any, write_fee: Any, fields: Any, words: str) -> None:
    row = write_fee(window.register(), 1, "5.00", **fields)

    assert words in window.refused("2204", {"feedetail": [row]})


def test_details_of_two_visits_do_not_travel_together(window: Any, write_fee: Any) -> None:
    rows = [write_fee(window.register(), 1, "5.00"), write_fee(window.register(), 2, "5.00")]

    assert "同一就诊" in window.refused("2204", {"feedetail": rows})


def test_a_batch_is_deleted_once(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.visit_with("5.00")
    window.ok("2204", {"feedetail": [write_fee(mdtrt_id, 9, "7.00", chrg_bchno="B2")]})

    window.ok("2205", _delete(mdtrt_id, chrg_bchno="B1"))

    assert "没有可撤销的费用明细：B1" in window.refused("2205", _delete(mdtrt_id, chrg_bchno="B1"))
    assert window.ok("2206", window.bill(mdtrt_id, "7.00", chrg_bchno="B2"))
    states = [window.ledger.state(one.number) for one in window.ledger.effects if one.infno == "2204"]
    assert states == [State.CANCELLED, State.APPLIED]


def test_0000_deletes_all_that_is_not_settled(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.visit_with("5.00", "6.00")
    window.ok("2204", {"feedetail": [write_fee(mdtrt_id, 9, "7.00", chrg_bchno="B2")]})
    window.ok("2207", window.bill(mdtrt_id, "11.00"))

    assert "费用明细已结算" in window.refused("2205", _delete(mdtrt_id, chrg_bchno="B1"))
    window.ok("2205", _delete(mdtrt_id, chrg_bchno="0000"))

    assert window.ledger.effects[-1].amounts == {"det_item_fee_sumamt": Decimal("-7.00")}
    assert window.ok("2205", _delete(mdtrt_id, chrg_bchno="0000")) is None


def test_a_settled_visit_takes_no_more_details(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.visit_with("5.00")
    window.ok("2207", window.bill(mdtrt_id, "5.00"))

    assert "人员已结算" in window.refused("2204", {"feedetail": [write_fee(mdtrt_id, 2, "1.00")]})


def test_a_negative_detail_takes_back_no_more_than_there_was(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.admit()
    back = {"init_feedetl_sn": "1", "cnt": "-1", "pric": "10.00"}
    window.ok("2301", {"feedetail": [write_fee(mdtrt_id, 1, "10.00")]})

    half = write_fee(mdtrt_id, 2, "-6.00", **back)
    rest = write_fee(mdtrt_id, 3, "-6.00", **back)
    other = write_fee(mdtrt_id, 4, "-1.00", **{**back, "med_list_codg": "X0002"})

    assert "不能为负" in window.refused("2301", {"feedetail": [half, rest]})
    assert "不能为负" in window.refused("2301", {"feedetail": [other]})
    window.ok("2301", {"feedetail": [half]})
    assert window.ok("2303", window.stay_bill(mdtrt_id, "4.00"))["setlinfo"]["medfee_sumamt"] == 4


def test_deleting_a_detail_deletes_what_took_it_back(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.admit()
    first = write_fee(mdtrt_id, 1, "10.00")
    back = write_fee(mdtrt_id, 2, "-6.00", init_feedetl_sn="1", cnt="-1", pric="6.00")
    window.ok("2301", {"feedetail": [first, back, write_fee(mdtrt_id, 3, "2.00")]})

    window.ok("2302", _delete(mdtrt_id, feedetl_sn="1"))

    assert window.ok("2303", window.stay_bill(mdtrt_id, "2.00"))
    assert window.ledger.state(2) is State.APPLIED
    window.ok("2302", _delete(mdtrt_id, feedetl_sn="0000"))
    assert window.ledger.state(2) is State.CANCELLED


def test_outpatients_take_nothing_back_that_way(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.visit_with("10.00")
    back = write_fee(mdtrt_id, 2, "-6.00", init_feedetl_sn="1", cnt="-1", pric="6.00")

    assert "不能为负" in window.refused("2204", {"feedetail": [back]})
