"""The platform's front: envelopes, unknown transactions, numbers and times of answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

WORKER = "990101198001016571"
_ASK = {"data": {"psn_no": WORKER}}


def test_an_answer_has_the_platforms_envelope(window: Any) -> None:
    answer = window.call("1101", _ASK)

    assert list(answer) == [
        "output",
        "infcode",
        "warn_msg",
        "cainfo",
        "err_msg",
        "refmsg_time",
        "signtype",
        "respond_time",
        "inf_refmsgid",
    ]
    assert answer["refmsg_time"] == "20260302090000123"
    assert re.fullmatch(r"99000020260302090000\d{10}", answer["inf_refmsgid"])


def test_a_refusal_has_no_receivers_number(window: Any) -> None:
    answer = window.call("1101", {"data": {"psn_no": "1"}})

    assert (answer["infcode"], answer["output"], answer["inf_refmsgid"]) == (-1, None, None)


@pytest.mark.parametrize("infno", ["7777", "", "6302", "2207; DROP TABLE x"])
def test_an_unknown_transaction_never_reaches_the_platform(window: Any, infno: str) -> None:
    answer = window.call(infno, _ASK)

    assert set(answer) == {"type", "infcode", "err_msg"}
    assert re.fullmatch(r"FSI-FSI-交易报文不正确：未知交易编号！,异常流水号:\d{10}", answer["err_msg"])


def test_a_wrong_path_is_an_unknown_transaction(window: Any) -> None:
    body = json.dumps(window.sender.envelope("1101", _ASK)).encode()

    assert "未知交易编号" in window.send(body, "/fsi/api/elsewhere")["err_msg"]


def test_a_path_nobody_checks_does_not_matter(open_window: Any) -> None:
    window = open_window(check_url=False)
    body = json.dumps(window.sender.envelope("1101", _ASK)).encode()

    assert window.send(body, "/")["infcode"] == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b'"x"',
        b"\xff\xfe",
        '{"infno":"1101"'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":NaN}',
    ],
)
def test_what_is_no_json_object_is_refused_by_the_front(window: Any, body: bytes) -> None:
    assert "不是合法的JSON" in window.send(body)["err_msg"]


@pytest.mark.parametrize(
    "field",
    [
        "msgid",
        "mdtrtarea_admvs",
        "recer_sys_code",
        "infver",
        "opter_type",
        "opter",
        "opter_name",
        "inf_time",
        "fixmedins_code",
        "fixmedins_name",
    ],
)
def test_an_envelope_lacks_nothing(window: Any, field: str) -> None:
    assert window.refused("1101", _ASK, **{field: ""}) == f"FSI-消息头参数{field}不能为空"
    assert window.refused("1101", _ASK, **{field: None}) == f"FSI-消息头参数{field}不能为空"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("msgid", "H" * 31, "消息头参数msgid长度超过30"),
        ("opter_type", "9", "消息头参数opter_type格式不正确"),
        ("inf_time", "2026-03-02T09:00:00", "消息头参数inf_time格式不正确"),
    ],
)
def test_an_envelope_is_well_formed(window: Any, field: str, value: str, words: str) -> None:
    assert words in window.refused("1101", _ASK, **{field: value})


@pytest.mark.parametrize("content", [None, [], 5, "not json", "[1]", [_ASK]])
def test_an_input_is_an_object(window: Any, content: Any) -> None:
    assert window.refused("1101", content) == "FSI-交易输入input格式不正确"


def test_an_input_may_be_the_text_of_an_object(window: Any) -> None:
    assert window.ok("1101", json.dumps(_ASK))["baseinfo"]["psn_no"] == WORKER


def test_an_input_may_be_an_empty_text_where_nothing_is_asked_for(window: Any) -> None:
    assert window.ok("5101", "") == window.ok("5101", {})


@pytest.mark.parametrize("node", [None, "text", [], [1], [{"psn_no": WORKER}, {"psn_no": WORKER}]])
def test_a_node_is_one_object(window: Any, node: Any) -> None:
    assert window.refused("1101", {"data": node}) == "FSI-交易输入节点data不能为空"


def test_every_field_of_the_edition_is_asked_for_on_request(open_window: Any) -> None:
    window = open_window(strict_fields=True)
    data = {
        "psn_no": WORKER,
        "insutype": "310",
        "begntime": "2026-03-02 08:00:00",
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": WORKER,
        "ipt_otp_no": "MZ0001",
    }

    assert "psn_cert_type：必填项校验错误" in window.refused("2201", {"data": data})
    assert "insuplc_admdvs不能为空" in window.refused("2201", {"data": data}, insuplc_admdvs="")


def test_a_number_of_a_message_may_come_twice_where_nobody_minds(window: Any) -> None:
    window.register()
    again = json.dumps(window.last).encode()

    assert window.send(again)["infcode"] == 0
    assert len({one.mdtrt_id for one in window.ledger.caused_by("H99010100001", window.last["msgid"])}) == 2


def test_a_number_of_a_message_comes_once_where_the_platform_minds(open_window: Any) -> None:
    window = open_window(duplicate_msgid="refuse")
    window.register()

    answer = window.send(json.dumps(window.last).encode())

    assert answer["err_msg"] == f"FSI-发送方报文ID重复：{window.last['msgid']}"
    assert len(window.ledger.effects) == 1
    assert window.other("H99010100002").register()


def test_the_same_seed_and_requests_give_the_same_answers(open_window: Any) -> None:
    def story(seed: int) -> list[Any]:
        window = open_window(seed=seed)
        mdtrt_id = window.visit_with("123.45", "6.78")
        bill = window.bill(mdtrt_id, "130.23")
        return [window.person(), window.ok("2206", bill), window.call("2207", bill), window.call("7777", {})]

    assert story(7) == story(7)
    assert story(7) != story(8)


def test_rare_characters_and_sql_are_only_text(window: Any) -> None:
    mdtrt_id = window.register(ipt_otp_no="𠮷'; DROP TABLE x;--😀")

    span = {"psn_no": WORKER, "begntime": "2026-03-02", "endtime": "2026-03-02"}
    found = window.ok("5201", {"data": span})["mdtrtinfo"]
    assert [(one["mdtrt_id"], one["ipt_otp_no"]) for one in found] == [(mdtrt_id, "𠮷'; DROP TABLE x;--😀")]


def test_the_ledger_keeps_every_message_and_what_became_of_it(window: Any) -> None:
    window.register()
    window.call("1101", {"data": {"psn_no": "1"}})
    window.send(b"{")

    kept = [(one.infno, one.psn_no, one.executions) for one in window.ledger.messages]
    assert kept == [("2201", WORKER, 1), ("1101", "1", 1), ("", "", 1)]


def test_the_ledger_keeps_so_many_messages_and_counts_them_all(open_window: Any) -> None:
    window = open_window(message_limit=2)
    for _ in range(3):
        window.person()

    assert (len(window.ledger.messages), window.ledger.received) == (2, 3)
