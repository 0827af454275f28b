"""Settling: amounts, refusals, refunds."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_AMOUNTS = (
    "medfee_sumamt",
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
    "act_pay_dedc",
)
_PAID = (
    "hifp_pay",
    "hifob_pay",
    "cvlserv_pay",
    "fund_pay_sumamt",
    "psn_part_amt",
    "acct_pay",
    "psn_cash_pay",
)
_NOT_MONEY = {"setl_id", "setl_time", "medins_setl_id"}
_TOTALS = st.lists(st.decimals("0.01", "20000", places=2), min_size=1, max_size=4)
_ANY_TEST = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _money(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement["setlinfo"].items() if name not in _NOT_MONEY}


def _assert_adds_up(info: dict[str, Any]) -> None:
    total = info["medfee_sumamt"]
    parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    assert total == sum(info[name] for name in parts)
    assert total == info["fund_pay_sumamt"] + info["acct_pay"] + info["psn_cash_pay"]
    assert info["psn_part_amt"] == info["acct_pay"] + info["psn_cash_pay"]


@_ANY_TEST
@given(totals=_TOTALS, account=st.sampled_from(["0", "1"]))
def test_a_settlement_is_its_pre_settlement_to_the_cent(open_window: Any, totals: Any, account: str) -> None:
    window = open_window()
    mdtrt_id = window.visit_with(*totals)
    bill = window.bill(mdtrt_id, sum(totals), acct_used_flag=account)

    trial, settled = window.ok("2206", bill), window.ok("2207", bill)

    assert _money(trial) == _money(settled)
    assert trial["setldetail"] == settled["setldetail"]
    _assert_adds_up(settled["setlinfo"])
    assert min(settled["setlinfo"][name] for name in (*_AMOUNTS, *_PAID)) >= 0


@_ANY_TEST
@given(totals=_TOTALS)
def test_a_cancel_negates_every_amount_and_gives_the_account_back(open_window: Any, totals: Any) -> None:
    window = open_window()
    before = window.person()["insuinfo"]
    mdtrt_id = window.visit_with(*totals)
    settled = window.ok("2207", window.bill(mdtrt_id, sum(totals)))["setlinfo"]

    refund = window.ok("2208", {"data": _key(settled)})["setlinfo"]

    assert {name: refund[name] for name in (*_AMOUNTS, *_PAID)} == {
        name: -settled[name] for name in (*_AMOUNTS, *_PAID)
    }
    assert refund["setl_id"] != settled["setl_id"]
    assert refund["medins_setl_id"] == window.last["msgid"]
    assert window.person()["insuinfo"] == before


@_ANY_TEST
@given(totals=_TOTALS)
def test_an_inpatient_settlement_follows_the_same_laws(open_window: Any, totals: Any) -> None:
    window = open_window()
    mdtrt_id = window.stay_with(*totals)
    bill = window.stay_bill(mdtrt_id, sum(totals))

    trial, settled = window.ok("2303", bill), window.ok("2304", bill)
    refund = window.ok("2305", {"data": _key(settled["setlinfo"])})["setlinfo"]

    assert _money(trial) == _money(settled)
    _assert_adds_up(settled["setlinfo"])
    for name in (*_AMOUNTS, "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay"):
        assert refund[name] == -settled["setlinfo"][name]


_STEPS = (
    "2204",
    "2205",
    "2206",
    "2207",
    "2208",
    "5203",
    "2601 of 2207",
    "2601 of 2208",
    "2202",
    "2207 again",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(_STEPS), max_size=25))
def test_no_order_of_calls_leaves_two_live_settlements_of_one_visit(
    open_window: Any, write_fee: Any, steps: Any
) -> None:
    window = open_window()
    mdtrt_id = window.visit_with("120.50")
    opening = window.person()["insuinfo"][0]["balc"]
    story = _Story(window, mdtrt_id, write_fee)
    for step in steps:
        story.play(step)

        live = Counter(one.mdtrt_id for one in _live(window))
        assert max(live.values(), default=0) <= 1
        taken = sum((one.amounts["acct_pay"] for one in _live(window)), Decimal(0))
        assert window.person()["insuinfo"][0]["balc"] == opening - taken


class _Story:
    """Plays steps whether or not they are sensible; refusals are answers too."""

    def __init__(self, window: Any, mdtrt_id: str, write_fee: Any) -> None:
        self.window, self.mdtrt_id, self.write_fee = window, mdtrt_id, write_fee
        self.last: dict[str, dict[str, Any]] = {"2207": {}, "2208": {}}
        self.details = 1

    def play(self, step: str) -> None:
        answer = self.window.call(step[:4], self._input(step))
        if step[:4] in self.last and answer["infcode"] == 0:
            self.last[step[:4]] = answer["output"]["setlinfo"]

    def _input(self, step: str) -> dict[str, Any]:
        psn_no = self.window.person()["baseinfo"]["psn_no"]
        data = {"psn_no": psn_no, "mdtrt_id": self.mdtrt_id, "ipt_otp_no": "MZ0001", "chrg_bchno": "0000"}
        if step == "2204":
            self.details += 1
            return {"feedetail": [self.write_fee(self.mdtrt_id, self.details, "10.00")]}
        if step.startswith("2601"):
            code = step[-4:]
            msgid = self.last[code].get("medins_setl_id", "H990101000010000")
            return {"data": {"psn_no": psn_no, "omsgid": msgid, "oinfno": code}}
        if step in ("2208", "5203"):
            return {"data": {**data, "setl_id": self.last["2207"].get("setl_id", "0")}}
        if step in ("2202", "2205"):
            return {"data": data}
        total = sum(one.grading.costs.medfee_sumamt for one in self._visit().details.values())
        return dict(self.window.bill(self.mdtrt_id, total))

    def _visit(self) -> Any:
        visits = self.window.simulator.platform.centre.visits
        return next(visit for visit in visits if visit.mdtrt_id == self.mdtrt_id)


def _live(window: Any) -> list[Any]:
    ledger = window.ledger
    return [one for one in ledger.effects if one.infno == "2207" and ledger.state(one.number) == "applied"]


def _key(info: dict[str, Any]) -> dict[str, Any]:
    return {name: info[name] for name in ("psn_no", "mdtrt_id", "setl_id")}


def test_the_second_settlement_is_refused_with_the_platforms_words(window: Any) -> None:
    mdtrt_id = window.visit_with("50.00")
    window.ok("2207", window.bill(mdtrt_id, "50.00"))

    assert window.refused("2207", window.bill(mdtrt_id, "50.00")) == "门诊患者已结算, 请勿重复结算"
    assert window.refused("2206", window.bill(mdtrt_id, "50.00")) == "门诊患者已结算, 请勿重复结算"


def test_a_refunded_visit_can_be_settled_again(window: Any) -> None:
    mdtrt_id = window.visit_with("50.00")
    first = window.ok("2207", window.bill(mdtrt_id, "50.00"))["setlinfo"]
    window.ok("2208", {"data": _key(first)})

    second = window.ok("2207A", window.bill(mdtrt_id, "50.00"))["setlinfo"]

    assert second["setl_id"] != first["setl_id"]
    assert second["psn_cash_pay"] == first["psn_cash_pay"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"medfee_sumamt": "49.99"}, "医疗总费用与已上传费用不相等"),
        ({"medfee_sumamt": "abc"}, "medfee_sumamt：数值格式不正确"),
        ({"chrg_bchno": "B2"}, "还未上传费用"),
        ({"mdtrt_id": "1"}, "就诊信息不存在：1"),
        ({"psn_no": "990101198001016572"}, "就诊信息与人员编号不一致"),
        ({"insutype": "390"}, "险种类型390与就诊信息不一致"),
        ({"medfee_sumamt": ""}, "medfee_sumamt：必填项校验错误"),
    ],
)
def test_a_settlement_that_does_not_fit_is_refused(window: Any, change: dict[str, str], words: str) -> None:
    mdtrt_id = window.visit_with("50.00")

    assert words in window.refused("2207", window.bill(mdtrt_id, "50.00", **change))


def test_another_hospital_cannot_settle_the_visit(window: Any) -> None:
    mdtrt_id = window.visit_with("50.00")

    assert "就诊信息不存在" in window.other("H99010100002").refused("2207", window.bill(mdtrt_id, "50.00"))


def test_an_insurance_without_a_rule_cannot_settle(window: Any) -> None:
    mdtrt_id = window.register("99010100000000000011", insutype="510")

    words = window.refused("2206", window.bill(mdtrt_id, "1", psn_no="99010100000000000011", insutype="510"))

    assert "还未上传费用" in words


def test_maternity_insurance_has_no_outpatient_rule(window: Any, write_fee: Any) -> None:
    person = "99010100000000000011"
    mdtrt_id = window.register(person, insutype="510")
    window.ok("2204", {"feedetail": [write_fee(mdtrt_id, 1, "9.00", psn_no=person)]})

    words = window.refused("2206", window.bill(mdtrt_id, "9.00", psn_no=person, insutype="510"))

    assert "险种510不能在outpatient结算" in words


def test_a_civil_servant_gets_the_supplement(window: Any, write_fee: Any) -> None:
    person = "99010100000000000044"
    mdtrt_id = window.visit_with("1000.00", psn_no=person)

    statement = window.ok("2206", window.bill(mdtrt_id, "1000.00", psn_no=person))

    assert statement["setlinfo"]["cvlserv_pay"] > 0
    assert "320100" in {row["fund_pay_type"] for row in statement["setldetail"]}
    _assert_adds_up(statement["setlinfo"])


def test_an_empty_account_leaves_cash(window: Any) -> None:
    person = "99010100000000000022"
    mdtrt_id = window.visit_with("100.00", psn_no=person)

    info = window.ok("2207", window.bill(mdtrt_id, "100.00", psn_no=person))["setlinfo"]

    assert info["acct_pay"] == Decimal("12.30")
    assert info["balc"] == 0
    assert info["psn_cash_pay"] == Decimal("87.70")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"setl_id": "9"}, "结算信息不存在：9"),
        ({"mdtrt_id": "9"}, "就诊信息不存在：9"),
        ({"psn_no": "9"}, "就诊信息与人员编号不一致"),
    ],
)
def test_a_cancel_of_something_else_is_refused(window: Any, change: dict[str, str], words: str) -> None:
    mdtrt_id = window.visit_with("50.00")
    settled = window.ok("2207", window.bill(mdtrt_id, "50.00"))["setlinfo"]

    assert words in window.refused("2208", {"data": {**_key(settled), **change}})


def test_a_cancel_is_not_done_twice_and_a_refund_is_not_cancelled(window: Any) -> None:
    mdtrt_id = window.visit_with("50.00")
    settled = window.ok("2207", window.bill(mdtrt_id, "50.00"))["setlinfo"]
    refund = window.ok("2208", {"data": _key(settled)})["setlinfo"]

    assert "不能重复撤销" in window.refused("2208", {"data": _key(settled)})
    assert "为退费结算" in window.refused("2208", {"data": {**_key(settled), "setl_id": refund["setl_id"]}})


def test_a_stay_is_settled_after_the_discharge_only(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.admit()
    window.ok("2301", {"feedetail": [write_fee(mdtrt_id, 1, "900.00")]})
    bill = window.stay_bill(mdtrt_id, "900.00")

    assert window.ok("2303", bill)["setlinfo"]["medfee_sumamt"] == 900
    assert "未办理出院" in window.refused("2304", bill)


def test_a_stay_is_settled_once_and_not_halfway(window: Any) -> None:
    mdtrt_id = window.stay_with("900.00")
    bill = window.stay_bill(mdtrt_id, "900.00")
    halfway = window.stay_bill(mdtrt_id, "900.00", mid_setl_flag="1")

    assert "不支持中途结算" in window.refused("2304", halfway)
    window.ok("2304", bill)
    assert "人员已结算" in window.refused("2304", bill)


def test_the_ledger_keeps_what_was_settled_and_that_it_was_cancelled(window: Any) -> None:
    mdtrt_id = window.visit_with("50.00")
    settled = window.ok("2207", window.bill(mdtrt_id, "50.00"))["setlinfo"]
    settling = window.last["msgid"]
    window.ok("2208", {"data": _key(settled)})

    view = window.ledger.view(lambda effect: effect.infno in ("2207", "2208"))

    assert [(one["infno"], one["state"]) for one in view["effects"]] == [
        ("2207", "cancelled"),
        ("2208", "applied"),
    ]
    assert view["effects"][0]["msgid"] == settling == settled["medins_setl_id"]
    assert view["effects"][0]["ended_by"] == window.last["msgid"]
    assert view["effects"][0]["amounts"]["medfee_sumamt"] == "50.00"
    assert view["effects"][1]["amounts"]["medfee_sumamt"] == "-50.00"
