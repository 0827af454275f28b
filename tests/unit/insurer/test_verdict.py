from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.profile import AnswerTexts
from mi_bridge.insurer.verdict import Message, Verdict, as_text, judge, normal_code

SETTLED = {"setlinfo": {"setl_id": "990000000000009"}}


def verdict(value: Any, *, infno: str = "2207", status: int = 200, text: str = "x", **texts: Any) -> Verdict:
    return judge(Message.of(value), text, status, Catalogue.load().get(infno), AnswerTexts(**texts))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "0"),
        (-1, "-1"),
        ("0", "0"),
        (" -1 ", "-1"),
        ("00", "0"),
        (Decimal("0.0"), "0"),
        (Decimal("1E+999999"), None),
        (10**30, None),
        ("9" * 30, None),
        (True, None),
        (None, None),
        ("", None),
        ("ok", None),
        ({}, None),
    ],
)
def test_a_code_is_an_integer_however_written(value: object, code: str | None) -> None:
    assert normal_code(value) == code


def test_a_field_becomes_text() -> None:
    assert as_text(None) == ""
    assert as_text("文") == "文"
    assert as_text({"a": Decimal("1.0")}) == '{"a": "1.0"}'


def test_a_field_too_deep_to_write_is_dropped() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    assert as_text(deep) == ""


@pytest.mark.parametrize(
    ("value", "outcome", "fault"),
    [
        ({"infcode": 0, "err_msg": None, "output": SETTLED}, "OK", ""),
        ({"infcode": "0", "err_msg": "", "output": SETTLED}, "OK", ""),
        ({"infcode": 0, "err_msg": "success", "output": SETTLED}, "OK", ""),
        ({"infcode": 0, "err_msg": "操作成功", "output": SETTLED}, "OK", ""),
        ({"infcode": 0, "message": "", "output": SETTLED}, "OK", ""),
        ({"infcode": 0, "output": {"SETLINFO": {"a": 1}}}, "OK", ""),
        ({"infcode": 0, "output": "3q2+7w=="}, "OK", ""),
        ({"infcode": 0, "err_msg": "结算未成功", "output": SETTLED}, "SUSPICIOUS", "success_with_error"),
        (
            {"infcode": "0", "err_msg": "FSI-文件查询号不能为空[fileBO_156]"},
            "SUSPICIOUS",
            "success_with_error",
        ),
        ({"infcode": 0, "err_msg": None, "output": None}, "SUSPICIOUS", "output_missing"),
        ({"infcode": 0, "output": ""}, "SUSPICIOUS", "output_missing"),
        ({"infcode": 0, "output": []}, "SUSPICIOUS", "output_missing"),
        ({"infcode": 0, "output": {}}, "SUSPICIOUS", "output_missing"),
        ({"infcode": 0, "output": {"setlinfo": None}}, "SUSPICIOUS", "output_missing"),
        ({"infcode": 0, "output": {"setlinfo": {}}}, "SUSPICIOUS", "output_missing"),
        ({"infcode": -1, "err_msg": "FSI-门诊患者已结算"}, "REFUSED", ""),
        ({"infcode": -1, "err_msg": ""}, "REFUSED", ""),
        ({"infcode": "-1", "err_msg": None, "output": SETTLED}, "REFUSED", ""),
        ({"type": "error", "infcode": -1, "err_msg": "未知交易编号！"}, "REFUSED", ""),
        ({"infcode": -1, "err_msg": "结算撤销正在进行，请稍后处理"}, "BUSY", "busy"),
        ({"infcode": -1, "err_msg": "FSI-调用超时"}, "UNKNOWN", "answer_lost_below"),
        ({"infcode": "-1", "err_msg": "java.net.SocketTimeoutException"}, "UNKNOWN", "answer_lost_below"),
        ({"infcode": -1, "err_msg": "无法访问统一支付平台"}, "UNKNOWN", "answer_lost_below"),
        ({"infcode": "1", "err_msg": "", "output": SETTLED}, "SUSPICIOUS", "strange_infcode"),
        ({"infcode": 5, "err_msg": "业务拒绝"}, "REFUSED", ""),
        ({"infcode": 5, "err_msg": " "}, "UNKNOWN", "strange_infcode"),
        ({"infcode": None, "output": SETTLED}, "UNKNOWN", "answer_without_infcode"),
        ({"infcode": True, "output": SETTLED}, "UNKNOWN", "answer_without_infcode"),
        ({"code": 401, "message": "签名不一致!"}, "GATEWAY_REFUSED", "gateway_401"),
        ({"code": "401", "message": "非法用户!"}, "GATEWAY_REFUSED", "gateway_401"),
        ({"code": 401, "type": "error", "message": "x"}, "UNKNOWN", "answer_without_infcode"),
        ({"code": -1, "type": "error", "message": "x,异常流水号:1"}, "UNKNOWN", "answer_without_infcode"),
        ({"code": "999", "msg": "x"}, "UNKNOWN", "answer_without_infcode"),
        ({"success": False, "code": 500159}, "UNKNOWN", "answer_without_infcode"),
        ({"code": 0, "type": "success", "data": SETTLED}, "UNKNOWN", "answer_without_infcode"),
        ({"code": 0, "type": "success", "data": {"infcode": 0, "output": SETTLED}}, "OK", ""),
        ({"code": 0, "data": {"infcode": -1, "err_msg": "x"}}, "REFUSED", ""),
        ({}, "UNKNOWN", "answer_unreadable"),
        ([], "UNKNOWN", "answer_unreadable"),
        (None, "UNKNOWN", "answer_unreadable"),
    ],
)
def test_an_answer_to_a_settlement(value: Any, outcome: str, fault: str) -> None:
    assert verdict(value) == Verdict(outcome, fault)  # type: ignore[arg-type]  # the enum equals its text


@pytest.mark.parametrize(
    ("value", "outcome", "fault"),
    [
        ({"code": 0, "type": "success", "data": {"ecToken": "x"}}, "OK", ""),
        ({"code": 0, "success": True, "data": {}}, "OK", ""),
        ({"success": False, "code": 500159, "message": "请使用医保电子凭证二维码"}, "REFUSED", ""),
        ({"code": -1, "type": "error", "message": "x"}, "UNKNOWN", "answer_without_infcode"),
        ({"success": False, "type": "error", "code": -1}, "UNKNOWN", "answer_without_infcode"),
    ],
)
def test_a_local_service_answers_in_its_own_words(value: Any, outcome: str, fault: str) -> None:
    assert verdict(value, infno="1162") == Verdict(outcome, fault)  # type: ignore[arg-type]  # the enum equals its text


def test_a_wrapped_query_needs_its_output_too() -> None:
    wrapper = {"code": 0, "type": "success", "data": {"baseinfo": {"psn_no": "9"}}}

    assert verdict(wrapper, infno="1101").outcome == "OK"
    assert verdict({**wrapper, "data": {"x": 1}}, infno="1101") == Verdict("SUSPICIOUS", "output_missing")  # type: ignore[arg-type]  # the enum equals its text


@pytest.mark.parametrize("output", [None, {}, {"mdtrtinfo": []}, {"mdtrtinfo": [{"mdtrt_id": "1"}]}])
def test_a_search_may_find_nothing(output: Any) -> None:
    assert verdict({"infcode": 0, "output": output}, infno="5201").outcome == "OK"


@pytest.mark.parametrize("infno", ["2202", "2203", "9002"])
def test_some_transactions_have_no_output(infno: str) -> None:
    assert verdict({"infcode": 0, "output": None}, infno=infno).outcome == "OK"


@pytest.mark.parametrize(
    ("status", "value", "outcome", "fault"),
    [
        (500, {"infcode": -1, "err_msg": "x"}, "UNKNOWN", "http_500"),
        (503, None, "UNKNOWN", "http_503"),
        (200, None, "UNKNOWN", "answer_unreadable"),
        (201, {"infcode": -1}, "REFUSED", ""),
        (400, {"infcode": -1, "err_msg": "x"}, "REFUSED", ""),
        (400, {"infcode": 0, "output": SETTLED}, "UNKNOWN", "http_400"),
        (401, None, "GATEWAY_REFUSED", "gateway_401"),
        (401, {"message": "x"}, "GATEWAY_REFUSED", "gateway_401"),
        (401, {"infcode": -1, "err_msg": "x"}, "REFUSED", ""),
        (401, {"infcode": 0}, "UNKNOWN", "http_401"),
        (403, {"code": 401}, "UNKNOWN", "http_403"),
        (404, None, "UNKNOWN", "http_404"),
        (302, None, "UNKNOWN", "http_302"),
    ],
)
def test_the_http_status_counts(status: int, value: Any, outcome: str, fault: str) -> None:
    assert verdict(value, status=status) == Verdict(outcome, fault)  # type: ignore[arg-type]  # the enum equals its text


def test_an_empty_answer_says_so() -> None:
    assert verdict(None, text=" \n").fault == "answer_empty"


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_site_may_know_its_gateways_words(status: int) -> None:
    assert verdict(None, status=status, text="<p>限流，请求未转发</p>", not_executed=("限流",)) == Verdict(
        "GATEWAY_REFUSED",  # type: ignore[arg-type]  # the enum equals its text
        "gateway_refused",
    )


def test_a_gateways_words_inside_an_envelope_mean_nothing() -> None:
    answer = {"infcode": 0, "err_msg": None, "output": SETTLED}

    assert verdict(answer, text="限流", not_executed=("限流",)).outcome == "OK"


def test_a_site_may_have_its_own_busy_words() -> None:
    answer = {"infcode": -1, "err_msg": "系统忙"}

    assert verdict(answer).outcome == "REFUSED"
    assert verdict(answer, busy=("系统忙",)).outcome == "BUSY"
