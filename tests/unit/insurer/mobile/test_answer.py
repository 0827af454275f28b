from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mi_bridge.domain import exact_json
from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.mobile.answer import read_answer
from mi_bridge.insurer.mobile.envelope import MobileEnvelope

MANY = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def reading(envelope: MobileEnvelope, body: bytes, **options: Any) -> Answer:
    return read_answer(body, envelope, **({"http_status": 200} | options))


def said(platform: MobileEnvelope, code: Any = "0", content: Any = None, message: str = "成功") -> bytes:
    return platform.seal(content or {}, further={"code": code, "message": message, "success": code == "0"})


@pytest.mark.parametrize("code", ["0", 0])
def test_a_signed_success_is_ok(hospital: MobileEnvelope, platform: MobileEnvelope, code: Any) -> None:
    answer = reading(hospital, said(platform, code, '{"feeSumamt": 10.50}'), duration_ms=12)
    assert (answer.outcome, answer.infcode, answer.err_msg, answer.fault) == (Outcome.OK, "0", "", "")
    assert answer.output == {"feeSumamt": Decimal("10.50")}
    assert (answer.duration_ms, answer.http_status) == (12, 200)


def test_a_signed_failure_is_a_refusal(hospital: MobileEnvelope, platform: MobileEnvelope) -> None:
    answer = reading(hospital, said(platform, "20001", message="订单不存在"))
    assert (answer.outcome, answer.infcode, answer.err_msg) == (Outcome.REFUSED, "20001", "订单不存在")


def test_a_signed_answer_without_a_code_is_unknown(
    hospital: MobileEnvelope, platform: MobileEnvelope
) -> None:
    answer = reading(hospital, platform.seal({"a": 1}))
    assert (answer.outcome, answer.fault) == (Outcome.UNKNOWN, "answer_without_code")


def test_signed_data_in_clear_is_read_too(hospital: MobileEnvelope, make_site: Any) -> None:
    site = make_site(platform=True)
    signature = site.signer.sign(b'code=0&data={"a":1}&key=FAKESECRET000000')
    fields = {"code": "0", "data": {"a": 1}, "signData": base64.b64encode(signature).decode()}
    answer = reading(hospital, exact_json.write(fields).encode())
    assert (answer.outcome, answer.output) == (Outcome.OK, {"a": 1})


def spoiled(body: bytes, **changes: Any) -> bytes:
    return exact_json.write({**exact_json.read(body.decode()), **changes}).encode()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"message": "别的"}, "answer_signature_wrong"),
        ({"signData": "AAAA"}, "answer_signature_wrong"),
        ({"signData": "不是 base64"}, "answer_signature_wrong"),
        ({"signData": 1}, "answer_signature_wrong"),
        ({"signData": ""}, "answer_unsigned"),
        ({"signData": None}, "answer_unsigned"),
        ({"encData": "00"}, "answer_undecryptable"),
        ({"encData": "zz"}, "answer_undecryptable"),
        ({"encData": {}}, "answer_undecryptable"),
        ({"encData": ""}, "answer_signature_wrong"),
        ({"code": "0"}, "answer_signature_wrong"),
    ],
)
def test_what_is_not_proved_is_unknown(
    hospital: MobileEnvelope, platform: MobileEnvelope, changes: Any, fault: str
) -> None:
    answer = reading(hospital, spoiled(said(platform, "20001", {"a": 1}, "订单不存在"), **changes))
    assert (answer.outcome, answer.fault) == (Outcome.UNKNOWN, fault)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "answer_empty"),
        (b" \n", "answer_empty"),
        (b"<html>", "answer_unreadable"),
        (b"[1]", "answer_unreadable"),
        (b"{" * 5000, "answer_unreadable"),
        (b'{"code":"20001","message":"no"}', "answer_unsigned"),
        (b'{"a":' * 800 + b"1" + b"}" * 800, "answer_unreadable"),
        (b'{"signData":"AAAA","data":' + b'{"a":' * 800 + b"1" + b"}" * 801, "answer_unreadable"),
    ],
)
def test_what_cannot_be_read_is_unknown(hospital: MobileEnvelope, body: bytes, fault: str) -> None:
    answer = reading(hospital, body)
    assert (answer.outcome, answer.fault) == (Outcome.UNKNOWN, fault)


def test_an_unsigned_refusal_counts_only_where_the_site_says_so(hospital: MobileEnvelope) -> None:
    body = '{"code":"20001","message":"订单不存在"}'.encode()
    assert reading(hospital, body, trusts_unsigned_refusals=True).outcome is Outcome.REFUSED
    assert reading(hospital, body).err_msg == "订单不存在"
    assert reading(hospital, b'{"code":"0"}', trusts_unsigned_refusals=True).outcome is Outcome.UNKNOWN
    forged = b'{"code":"20001","signData":"AAAA"}'
    assert reading(hospital, forged, trusts_unsigned_refusals=True).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "outcome", "fault"),
    [
        (401, Outcome.GATEWAY_REFUSED, "gateway_401"),
        (500, Outcome.UNKNOWN, "http_500"),
        (302, Outcome.UNKNOWN, "http_302"),
        (404, Outcome.UNKNOWN, "http_404"),
    ],
)
def test_the_http_status_counts_first(
    hospital: MobileEnvelope, platform: MobileEnvelope, status: int, outcome: Outcome, fault: str
) -> None:
    answer = reading(hospital, said(platform, "20001"), http_status=status)
    assert (answer.outcome, answer.fault) == (outcome, fault)


def test_an_error_text_is_fit_for_a_database(hospital: MobileEnvelope) -> None:
    answer = reading(hospital, b'{"code":"1","message":"a\\u0000b\\ud800"}')
    assert answer.err_msg == "a\ufffdb?"


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from(["0", "-1", "x", None, 0, 1.5, True, []]),
        "encData": st.text(max_size=40) | st.binary(max_size=48).map(bytes.hex) | st.integers(),
        "signData": st.text(max_size=40)
        | st.binary(max_size=70).map(lambda raw: base64.b64encode(raw).decode()),
        "data": st.dictionaries(st.text(max_size=4), st.none() | st.text(max_size=4) | st.floats()),
        "message": st.text(max_size=10) | st.none() | st.lists(st.integers()),
    },
)


@MANY
@given(st.one_of(st.binary(max_size=200), FIELDS.map(lambda fields: str(fields).encode("utf-8", "replace"))))
def test_no_bytes_raise_and_none_is_a_refusal(hospital: MobileEnvelope, body: bytes) -> None:
    assert reading(hospital, body).outcome is Outcome.UNKNOWN


@MANY
@given(FIELDS)
def test_no_fields_raise_and_none_is_a_refusal(hospital: MobileEnvelope, fields: Any) -> None:
    body = json.dumps(fields, allow_nan=True).encode()
    assert reading(hospital, body).outcome is Outcome.UNKNOWN
