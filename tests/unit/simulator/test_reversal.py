"""2601: takes back what one message did, once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mi_bridge.simulator.ledger import State

_DONE = "冲正的结算信息退费结算标志不为未退费，不能办理冲正交易"
_UNKNOWN = "未查询到原交易信息，不能办理冲正交易"


def _order(msgid: str, oinfno: str, psn_no: str = "990101198001016571") -> dict[str, Any]:
    return {"data": {"psn_no": psn_no, "omsgid": msgid, "oinfno": oinfno}}


def _settled(window: Any, infno: str = "2207") -> tuple[str, dict[str, Any]]:
    mdtrt_id = window.visit_with("500.00")
    info = window.ok(infno, window.bill(mdtrt_id, "500.00"))["setlinfo"]
    return mdtrt_id, info


def _key(info: dict[str, Any]) -> dict[str, Any]:
    return {"data": {name: info[name] for name in ("psn_no", "mdtrt_id", "setl_id")}}


def test_a_reversed_settlement_is_as_if_it_had_never_been(window: Any) -> None:
    before = window.person()["insuinfo"]
    mdtrt_id, info = _settled(window)

    assert window.ok("2601", _order(info["medins_setl_id"], "2207")) is None

    assert window.person()["insuinfo"] == before
    assert "结算信息不存在" in window.refused("5203", _key(info))
    assert (
        window.ok("2207", window.bill(mdtrt_id, "500.00"))["setlinfo"]["psn_cash_pay"] == info["psn_cash_pay"]
    )


def test_the_a_edition_is_reversed_under_either_name(window: Any) -> None:
    _, info = _settled(window, "2207A")

    window.ok("2601", _order(info["medins_setl_id"], "2207"))

    assert [
        window.ledger.state(one.number)
        for one in window.ledger.caused_by("H99010100001", info["medins_setl_id"])
    ] == [State.REVERSED]


def test_a_second_reversal_is_refused_for_good(window: Any) -> None:
    _, info = _settled(window)
    window.ok("2601", _order(info["medins_setl_id"], "2207"))

    assert _DONE in window.refused("2601", _order(info["medins_setl_id"], "2207"))


def test_a_reversal_after_the_cancel_is_refused_in_the_same_words(window: Any) -> None:
    _, info = _settled(window)
    window.ok("2208", _key(info))

    assert _DONE in window.refused("2601", _order(info["medins_setl_id"], "2207"))


def test_a_message_that_never_arrived_is_unknown(window: Any) -> None:
    assert _UNKNOWN in window.refused("2601", _order("H99010100001202603020900009999", "2207"))


def test_a_refused_message_is_unknown_too(window: Any) -> None:
    mdtrt_id, _ = _settled(window)
    window.refused("2207", window.bill(mdtrt_id, "500.00"))

    assert _UNKNOWN in window.refused("2601", _order(window.last["msgid"], "2207"))


def test_another_hospitals_message_is_unknown(window: Any) -> None:
    _, info = _settled(window)

    assert _UNKNOWN in window.other("H99010100002").refused("2601", _order(info["medins_setl_id"], "2207"))


@pytest.mark.parametrize(
    ("oinfno", "psn_no", "words"),
    [
        ("2208", "990101198001016571", "原交易编号与原报文不一致"),
        ("2207", "990101198001016572", "人员编号与原交易不一致"),
        ("2201", "990101198001016571", "交易2201不允许冲正"),
    ],
)
def test_an_order_that_does_not_fit_the_original_is_refused(
    window: Any, oinfno: str, psn_no: str, words: str
) -> None:
    _, info = _settled(window)

    assert words in window.refused("2601", _order(info["medins_setl_id"], oinfno, psn_no))


def test_a_reversed_cancel_lets_the_settlement_stand_again(window: Any) -> None:
    mdtrt_id, info = _settled(window)
    after = window.person()["insuinfo"]
    refund = window.ok("2208", _key(info))["setlinfo"]

    window.ok("2601", _order(refund["medins_setl_id"], "2208"))

    assert window.person()["insuinfo"] == after
    assert window.refused("2207", window.bill(mdtrt_id, "500.00")) == "门诊患者已结算, 请勿重复结算"
    assert window.ok("5203", _key(info))["setlinfo"]["refd_setl_flag"] == "0"
    states = {one.infno: window.ledger.state(one.number) for one in window.ledger.effects}
    assert (states["2207"], states["2208"]) == (State.APPLIED, State.REVERSED)


def test_a_cancel_is_not_reversed_once_work_has_gone_on(window: Any) -> None:
    mdtrt_id, info = _settled(window)
    refund = window.ok("2208", _key(info))["setlinfo"]
    window.ok("2207", window.bill(mdtrt_id, "500.00"))

    assert "已有后续业务" in window.refused("2601", _order(refund["medins_setl_id"], "2208"))


def test_a_cancel_is_not_reversed_once_its_details_are_gone(window: Any) -> None:
    mdtrt_id, info = _settled(window)
    refund = window.ok("2208", _key(info))["setlinfo"]
    window.ok("2205", {"data": {"mdtrt_id": mdtrt_id, "psn_no": info["psn_no"], "chrg_bchno": "0000"}})

    assert "已有后续业务" in window.refused("2601", _order(refund["medins_setl_id"], "2208"))


def test_an_admission_is_reversed_while_it_is_empty(window: Any, write_fee: Any) -> None:
    mdtrt_id = window.admit()
    admission = window.last["msgid"]
    window.ok("2301", {"feedetail": [write_fee(mdtrt_id, 1, "5.00")]})

    assert "已上传费用明细" in window.refused("2601", _order(admission, "2401"))
    window.ok("2302", {"data": {"mdtrt_id": mdtrt_id, "psn_no": "990101198001016571", "feedetl_sn": "0000"}})
    window.ok("2601", _order(admission, "2401"))
    assert "就诊信息已撤销" in window.refused("2303", window.stay_bill(mdtrt_id, "5.00"))
    assert window.admit() != mdtrt_id


def test_an_inpatient_settlement_is_reversed(window: Any) -> None:
    mdtrt_id = window.stay_with("2000.00")
    info = window.ok("2304", window.stay_bill(mdtrt_id, "2000.00"))["setlinfo"]

    window.ok("2601", _order(info["medins_setl_id"], "2304"))

    assert (
        window.ok("2304", window.stay_bill(mdtrt_id, "2000.00"))["setlinfo"]["act_pay_dedc"]
        == info["act_pay_dedc"]
    )


def test_a_transaction_without_a_desk_of_its_own_is_reversed_in_the_ledger(window: Any) -> None:
    content = {"druginfo": {"psn_no": "990101198001016571"}, "drugdetail": [{"psn_no": "990101198001016571"}]}
    window.ok("2102", content)
    msgid = window.last["msgid"]

    window.ok("2601", _order(msgid, "2102"))

    assert [window.ledger.state(one.number) for one in window.ledger.effects] == [
        State.REVERSED,
        State.APPLIED,
    ]


def test_one_reversal_takes_back_one_of_two_executions(window: Any) -> None:
    content = {"druginfo": {"psn_no": "990101198001016571"}, "drugdetail": [{"psn_no": "990101198001016571"}]}
    window.call("2102", content)
    twice = dict(window.last)
    window.send(json.dumps(twice).encode())

    window.ok("2601", _order(twice["msgid"], "2102"))

    states = [
        window.ledger.state(one.number) for one in window.ledger.caused_by("H99010100001", twice["msgid"])
    ]
    assert states == [State.REVERSED, State.APPLIED]
