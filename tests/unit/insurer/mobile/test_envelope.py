from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mi_bridge.domain import exact_json
from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.mobile.envelope import MobileEnvelope

FAST = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_message_has_the_fields_of_the_protocol(hospital: MobileEnvelope) -> None:
    fields = json.loads(hospital.seal({"payOrdId": "ORD0001", "orgId": "H99990100002"}))
    assert list(fields) == ["appId", "encType", "signType", "timestamp", "version", "encData", "signData"]
    assert (fields["encType"], fields["signType"], fields["version"]) == ("SM4", "SM2", "2.0.1")
    assert fields["timestamp"] == "1642730400123"


def test_the_other_edition_names_its_function(make_site: Any) -> None:
    site = make_site(version="1.0.0", enc_type="sm4", sign_type="sm2", timestamp="digits")
    fields = json.loads(MobileEnvelope(site, clock=lambda: 1642730400).seal("{}", trans_type="ec.query"))
    assert (fields["transType"], fields["version"], fields["encType"]) == ("ec.query", "1.0.0", "sm4")
    assert fields["timestamp"] == "20220121100000"


def test_numbers_travel_as_they_were_written(hospital: MobileEnvelope, platform: MobileEnvelope) -> None:
    opened = platform.open(exact_json.read(hospital.seal('{"a": 2.00, "b": [1e3]}').decode()))
    assert (opened.fault, opened.text) == ("", '{"a":2.00,"b":[1e3]}')
    opened = platform.open(exact_json.read(hospital.seal({"a": Decimal("2.00")}).decode()))
    assert opened.text == '{"a":2.00}'


@FAST
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_what_one_seals_the_other_opens(
    hospital: MobileEnvelope, platform: MobileEnvelope, content: dict[str, Any]
) -> None:
    opened = platform.open(exact_json.read(hospital.seal(content).decode()))
    assert opened.fault == ""
    assert exact_json.read(opened.text) == exact_json.read(exact_json.write(content))


@FAST
@given(st.data())
def test_nothing_can_be_changed_unnoticed(
    hospital: MobileEnvelope, platform: MobileEnvelope, data: st.DataObject
) -> None:
    fields = exact_json.read(
        platform.seal({"payOrdId": "1"}, further={"code": "0", "message": "ok"}).decode()
    )
    name = data.draw(st.sampled_from(sorted(fields)))
    fields[name] = data.draw(JSON.filter(lambda value: value != fields[name]))
    opened = hospital.open(fields)
    assert opened.fault in ("answer_undecryptable", "answer_signature_wrong", "answer_unsigned")


def test_our_own_message_does_not_pass_for_the_platforms(hospital: MobileEnvelope) -> None:
    assert hospital.open(exact_json.read(hospital.seal("{}").decode())).fault == "answer_signature_wrong"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "不是合法的 JSON（第 1 行第 2 列）"),
        ("[" * 100_000, "不是合法的 JSON。"),
        ("[]", "应为 JSON 对象"),
        ({"a": {1, 2}}, "不是合法的 JSON"),
        ({"a": float("nan")}, "不是合法的 JSON"),
        ('{"a": "\\ud800"}', "不成对的代理字符"),
    ],
)
def test_refuses_what_cannot_be_sent(hospital: MobileEnvelope, data: Any, words: str) -> None:
    with pytest.raises(MalformedInput) as raised:
        hospital.seal(data)
    assert words in raised.value.message


def test_refuses_what_nests_beyond_reason(hospital: MobileEnvelope) -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": deep}
    with pytest.raises(MalformedInput, match="嵌套过深"):
        hospital.seal(deep)
    with pytest.raises(MalformedInput, match=r"嵌套过深|JSON"):
        hospital.seal('{"a":' * 600 + "1" + "}" * 600)
