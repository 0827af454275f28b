from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer import Answer, parse_answer
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.profile import AnswerTexts

CATALOGUE = Catalogue.load()


def parse(body: bytes | str, *, infno: str = "2207", status: int = 200) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return parse_answer(raw, http_status=status, transaction=CATALOGUE.get(infno), duration_ms=7)


def test_a_settlement_is_read_whole() -> None:
    body = (
        '{"output":{"setlinfo":{"setl_id":"990000000000009","medfee_sumamt":110.50,"psn_part_amt":0}},"infcode":0,'
        '"warn_msg":null,"err_msg":null,"refmsg_time":"20220121121847653","respond_time":"20220121121847816",'
        '"inf_refmsgid":"990100202201211218470284447971"}'
    )
    answer = parse(body)

    assert answer.outcome is Outcome.OK
    assert (answer.infcode, answer.err_msg, answer.warn_msg) == ("0", "", "")
    assert answer.inf_refmsgid == "990100202201211218470284447971"
    assert (answer.refmsg_time, answer.respond_time) == ("20220121121847653", "20220121121847816")
    assert answer.output["setlinfo"]["medfee_sumamt"] == Decimal("110.50")  # type: ignore[index]  # an object, as sent
    assert str(answer.output["setlinfo"]["medfee_sumamt"]) == "110.50"  # type: ignore[index]  # an object, as sent
    assert (answer.text, answer.http_status, answer.duration_ms, answer.fault) == (body, 200, 7, "")


def test_the_serial_number_is_taken_out_and_the_text_kept_whole() -> None:
    text = "FSI-FSI-交易报文不正确：未知交易编号！,异常流水号:1972450481"
    answer = parse(json.dumps({"type": "error", "infcode": -1, "err_msg": text}))

    assert (answer.outcome, answer.serial_no, answer.err_msg) == (Outcome.REFUSED, "1972450481", text)


def test_a_framework_error_keeps_its_message_and_serial() -> None:
    answer = parse('{"code":-1,"type":"error","message":"空指针,异常流水号：88"}')

    assert answer.outcome is Outcome.UNKNOWN
    assert (answer.infcode, answer.err_msg, answer.serial_no) == (None, "空指针,异常流水号：88", "88")


def test_a_gateways_answer_in_gb18030() -> None:
    answer = parse('{"code":401,"message":"签名时间戳超时!"}'.encode("gb18030"))

    assert (answer.outcome, answer.err_msg) == (Outcome.GATEWAY_REFUSED, "签名时间戳超时!")


def test_a_wrapped_envelope_is_taken_out() -> None:
    answer = parse(
        '{"code":0,"type":"success","message":"ok","data":{"infcode":"0","inf_refmsgid":"1","err_msg":null,'
        '"output":{"setlinfo":{"a":1}}}}'
    )

    assert (answer.outcome, answer.inf_refmsgid, answer.output) == (Outcome.OK, "1", {"setlinfo": {"a": 1}})


def test_the_text_of_a_wrapped_envelope_is_the_envelopes() -> None:
    inner = '{ "infcode": 0, "output": {"setlinfo": {"setl_id": "1", "x": 2.00}} }'

    assert parse(f'{{"code":0, "type":"success","message":"","data":{inner} }}').text == inner


def test_a_wrapper_that_says_otherwise_is_kept_whole() -> None:
    body = '{"code":-1,"type":"error","data":{"infcode":0,"output":{"setlinfo":{"setl_id":"1"}}}}'
    answer = parse(body)

    assert (answer.outcome, answer.fault, answer.text) == (Outcome.SUSPICIOUS, "wrapper_says_error", body)


def test_a_wrapper_only_a_lenient_reader_understands_is_kept_whole() -> None:
    body = '{"code":0,"data":{"infcode":-1,"err_msg":"两\n行"}}'

    assert (parse(body).outcome, parse(body).text) == (Outcome.REFUSED, body)


def test_a_local_services_data_is_the_output() -> None:
    answer = parse('{"code":0,"type":"success","message":"成功","data":{"ecToken":"x"}}', infno="1162")

    assert (answer.outcome, answer.output) == (Outcome.OK, {"ecToken": "x"})


def test_an_empty_output_is_none() -> None:
    assert parse('{"infcode":0,"output":""}', infno="2202").output is None


@pytest.mark.parametrize(
    "body", ["", " ", "null", "[]", "7", "<html>", '{"infcode":0', '{"infcode":-1,"err_msg":"x"']
)
def test_whatever_cannot_be_read_is_unknown(body: str) -> None:
    answer = parse(body)

    assert (answer.outcome, answer.infcode) == (Outcome.UNKNOWN, None)
    assert answer.fault


def test_a_very_long_error_text_is_kept() -> None:
    text = "FSI-" + "错" * 100_000

    assert parse(json.dumps({"infcode": -1, "err_msg": text})).err_msg == text


@pytest.mark.parametrize("content", [b"PK\x03\x04rest\x00\xff", b"%PDF-1.7 rest"])
def test_a_downloaded_file_is_handed_over(content: bytes) -> None:
    answer = parse(content, infno="9102")

    assert (answer.outcome, answer.content, answer.text) == (Outcome.OK, content, "")


def test_a_file_nobody_asked_for_is_unknown() -> None:
    assert parse(b"PK\x03\x04rest").outcome is Outcome.UNKNOWN
    assert parse(b"PK\x03\x04rest", infno="9102", status=500).outcome is Outcome.UNKNOWN


def test_the_sites_texts_are_used() -> None:
    answer = parse_answer(
        '{"infcode":-1,"err_msg":"系统忙"}'.encode(),
        http_status=200,
        transaction=CATALOGUE.get("2207"),
        texts=AnswerTexts(busy=("系统忙",)),
    )

    assert answer.outcome is Outcome.BUSY


def test_no_output_and_no_text_is_in_its_repr() -> None:
    assert "CANARY" not in repr(parse('{"infcode":0,"output":{"setlinfo":{"psn_name":"CANARY"}}}'))


def _sound(answer: Answer) -> None:
    assert isinstance(answer.outcome, Outcome)
    words = (answer.err_msg, answer.warn_msg, answer.inf_refmsgid, answer.refmsg_time, answer.respond_time)
    for text in (answer.text, answer.serial_no, *words):
        assert "\x00" not in text
        text.encode()


@given(st.binary(), st.integers(100, 599), st.sampled_from(["2207", "1101", "5201", "9102", "1162"]))
def test_any_bytes_give_an_answer(body: bytes, status: int, infno: str) -> None:
    answer = parse(body, status=status, infno=infno)

    _sound(answer)
    assert answer.outcome is not Outcome.REFUSED or answer.text


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["0", "-1", "success"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["infcode", "data", "output", "setlinfo", "code", "type"]) | st.text(), inner
        )
    ),
    max_leaves=8,
)
envelopes = st.dictionaries(
    st.sampled_from(
        [
            "infcode",
            "err_msg",
            "message",
            "msg",
            "output",
            "code",
            "type",
            "data",
            "success",
            "inf_refmsgid",
            "warn_msg",
        ]
    ),
    json_values,
)


@given(
    envelopes,
    st.sampled_from([200, 401, 404, 500]),
    st.sampled_from(["2207", "1101", "5201", "9102", "1162"]),
)
def test_any_envelope_gives_one_outcome(envelope: dict[str, object], status: int, infno: str) -> None:
    answer = parse(json.dumps(envelope), status=status, infno=infno)

    _sound(answer)
    if answer.outcome is Outcome.OK and infno == "2207":
        assert answer.infcode == "0"
    if status >= 500:
        assert answer.outcome is Outcome.UNKNOWN


@given(st.binary(max_size=40), st.integers(0, 200))
def test_half_an_answer_never_refuses(noise: bytes, cut: int) -> None:
    whole = '{"infcode":-1,"err_msg":"FSI-该人员是在院状态不能办理入院","inf_refmsgid":null}'.encode()
    half = whole[: min(cut, len(whole) - 1)]

    assert parse(half + noise).outcome is not Outcome.OK
    assert parse(half).outcome is Outcome.UNKNOWN
