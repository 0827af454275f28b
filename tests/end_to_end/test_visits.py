"""Visits as a HIS plays them, through the stored procedures."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import visits
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform

PATIENT = visits.citizen(1)
AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay", "inscp_scp_amt", "preselfpay_amt")


@pytest.fixture(autouse=True)
def bridge(start_bridge: Callable[..., BridgeThread]) -> BridgeThread:
    """One node."""
    return start_bridge()


def _money(output: Any) -> dict[str, Decimal]:
    return {name: Decimal(str(output["setlinfo"][name])) for name in AMOUNTS}


def _negated(money: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: -amount for name, amount in money.items()}


def _registered(his: HisDesk, ticket: str = "OP0001") -> str:
    his.good("1101", visits.person(PATIENT))
    return str(his.good("2201", visits.registration(PATIENT, ticket))["data"]["mdtrt_id"])


def test_an_outpatient_visit(his: HisDesk, platform: InsurerPlatform) -> None:
    mdtrt_id = _registered(his)
    his.good("2203", visits.diagnosis(PATIENT, mdtrt_id))
    his.good("2204", visits.fees(PATIENT, mdtrt_id, "20.00", "466.50"))
    bill = visits.bill(PATIENT, mdtrt_id, "486.50")

    tried = _money(his.good("2206", bill))
    settled = his.good("2207", bill)
    twice = his.refused("2207", bill)
    queried = his.good("5203", visits.refund(PATIENT, mdtrt_id, settled["setlinfo"]["setl_id"]))
    taken_back = his.good("2208", visits.refund(PATIENT, mdtrt_id, settled["setlinfo"]["setl_id"]))
    back_twice = his.refused("2208", visits.refund(PATIENT, mdtrt_id, settled["setlinfo"]["setl_id"]))

    assert tried["medfee_sumamt"] == Decimal("486.50")
    assert tried["fund_pay_sumamt"] > 0
    assert tried["fund_pay_sumamt"] + tried["acct_pay"] + tried["psn_cash_pay"] == tried["medfee_sumamt"]
    assert tried == _money(settled)
    assert Decimal(str(queried["setlinfo"]["fund_pay_sumamt"])) == tried["fund_pay_sumamt"]
    assert _money(taken_back) == _negated(tried)
    assert (twice.infcode, twice.err_msg) == ("-1", "门诊患者已结算, 请勿重复结算")
    assert back_twice.infcode == "-1"
    assert "结算信息已撤销" in str(back_twice.err_msg)
    assert [effect["state"] for effect in platform.effects(infno="2207")] == ["cancelled"]
    assert [effect["state"] for effect in platform.effects(infno="2208")] == ["applied"]


def test_the_platform_knows_a_settlement_by_the_msgid_his_sees(
    his: HisDesk, platform: InsurerPlatform
) -> None:
    mdtrt_id = _registered(his)
    his.good("2204", visits.fees(PATIENT, mdtrt_id, "88.80"))

    answer = his.call_v2("2207", visits.bill(PATIENT, mdtrt_id, "88.80"))

    assert answer.request_id is not None
    line = his.line(answer.request_id)
    assert line.answer["output"]["setlinfo"]["medins_setl_id"] == line.msgid
    assert [effect["msgid"] for effect in platform.effects(infno="2207")] == [line.msgid]


def test_a_wrong_total_is_refused_in_the_platforms_words(his: HisDesk, platform: InsurerPlatform) -> None:
    mdtrt_id = _registered(his)
    his.good("2204", visits.fees(PATIENT, mdtrt_id, "88.80"))

    line = his.refused("2207", visits.bill(PATIENT, mdtrt_id, "88.81"))

    assert (line.infcode, line.err_msg) == ("-1", "FSI-医疗总费用与已上传费用不相等")
    assert platform.effects(infno="2207") == []


def test_an_inpatient_visit(his: HisDesk, platform: InsurerPlatform) -> None:
    admitted = his.good("2401", visits.admission(PATIENT, "ZY0001"))
    mdtrt_id = str(admitted["result"]["mdtrt_id"])
    twice = his.refused("2401", visits.admission(PATIENT, "ZY0002"))
    his.good("2301", visits.fees(PATIENT, mdtrt_id, "4800.25", "1199.75"))
    bill = visits.bill(PATIENT, mdtrt_id, "6000.00", med_type="2101")

    tried = _money(his.good("2303", bill))
    too_early = his.refused("2304", bill)
    his.good("2402", visits.discharge(PATIENT, mdtrt_id))
    settled = his.good("2304", bill)
    settled_twice = his.refused("2304", bill)
    taken_back = his.good("2305", visits.refund(PATIENT, mdtrt_id, settled["setlinfo"]["setl_id"]))

    assert tried["medfee_sumamt"] == Decimal("6000.00")
    assert tried == _money(settled)
    assert _money(taken_back) == _negated(tried)
    assert "在院状态不能办理入院" in str(twice.err_msg)
    assert "未办理出院" in str(too_early.err_msg)
    assert "人员已结算" in str(settled_twice.err_msg)
    assert [effect["state"] for effect in platform.effects(infno="2304")] == ["cancelled"]


def test_a_business_key_settles_once(his: HisDesk, platform: InsurerPlatform) -> None:
    mdtrt_id = _registered(his)
    his.good("2204", visits.fees(PATIENT, mdtrt_id, "88.80"))
    bill = visits.bill(PATIENT, mdtrt_id, "88.80")

    first = his.call_v2("2207", bill, business_key="bill-1")
    again = his.call_v2("2207", bill, business_key="bill-1")
    other = his.queue("2207", {**bill, "invono": "1"}, business_key="bill-1")

    assert first.error_code == again.error_code == 0
    assert (first.request_id, first.result) == (again.request_id, again.result)
    assert (other.request_id, other.error_code) == (None, -1008)
    assert len(platform.effects(infno="2207")) == 1
