from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.insurer.answer_text import clean, parsed, readable


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"a":"医保𠮷"}'.encode(), '{"a":"医保𠮷"}'),
        ('\ufeff{"a":1}'.encode(), '{"a":1}'),
        ('{"message":"签名不一致!"}'.encode("gb18030"), '{"message":"签名不一致!"}'),
        (b'{"a":"\x00"}', '{"a":"\ufffd"}'),
        (b"\xff\xfe\xff", "\ufffd\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_bytes_become_text(body: bytes, text: str) -> None:
    assert readable(body) == text


def test_decimals_are_kept_and_integers_stay() -> None:
    value = parsed('{"pric":2.00,"cnt":3,"big":12345678901234567890}')

    assert value == {"pric": Decimal("2.00"), "cnt": 3, "big": 12345678901234567890}
    assert str(value["pric"]) == "2.00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>502</html>",
        '{"a":1,}',
        '{"a":NaN}',
        '{"a":1e99999999999999999999}',
        "[" * 100_000,
        '{"a":' * 3000,
    ],
)
def test_what_is_no_json_is_none(text: str) -> None:
    assert parsed(text) is None


def test_a_raw_line_break_in_an_error_text_does_not_hide_it() -> None:
    assert parsed('{"infcode":-1,"err_msg":"第一行\n第二行","v":1.10}') == {
        "infcode": -1,
        "err_msg": "第一行\n第二行",
        "v": Decimal("1.10"),
    }


@pytest.mark.parametrize("text", ['{"a\\u0000":["\\u0000"]}', '{"a\\ud800":["\\udc00"]}'])
def test_escaped_rubbish_is_replaced(text: str) -> None:
    value = parsed(text)

    assert value
    assert json.dumps(value, ensure_ascii=False).encode().decode().count("\x00") == 0


def test_a_deep_answer_with_rubbish_is_none() -> None:
    assert parsed('{"a":"\\u0000","b":' + "[" * 900 + "]" * 900 + "}") is None


def test_clean_keeps_everything_else() -> None:
    value = {"a": [1, Decimal("2.0"), None, True, "文"]}

    assert clean(value) == value


@given(st.binary())
def test_any_bytes_become_clean_text(body: bytes) -> None:
    text = readable(body)

    assert "\x00" not in text
    assert text.encode().decode() == text
