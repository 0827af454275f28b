from __future__ import annotations

import json
from collections import UserDict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.input_text import MAX_DEPTH, InputText, read_input

LIMIT = 10 * 1024 * 1024

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
numbers = st.integers(-(10**30), 10**30) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**16), max_value=10**16, places=6
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=6)


def read(source: Any) -> InputText:
    return read_input(source, limit_bytes=LIMIT)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":2.00}',
        '{"a":1e5}',
        '{"a":12345678901234567890}',
        '{"a":-0.10,"b":0.1E-7}',
        '{"name":"𠮷野家😀","x":"\\ud842\\udfb7"}',
        '{"sql":"1\'; DROP TABLE x;--"}',
        '{ "a" : [ 1 , 2 ] ,\r\n\t"b" : { } }',
        '{"a":"\\\\ud800","b":"\\\\u0000"}',
        '{"deep":"\\"quoted\\" and \\/ \\b"}',
        "{}",
    ],
)
def test_what_the_platform_can_read_is_kept_byte_for_byte(text: str) -> None:
    assert read(text).text == text


def test_blanks_and_a_byte_order_mark_around_it_are_dropped() -> None:
    assert read('\ufeff \r\n{"a":1}\n').text == '{"a":1}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "输入为空"),
        ("  \n", "输入为空"),
        ('{"a":1', r"不是合法的JSON：第 1 行第 7 列.*缺少逗号"),
        ('{"a":1,\n"b" 2}', r"第 2 行第 5 列.*缺少冒号"),
        ('{"a":}', r"第 6 个字符.*此处应为一个值"),
        ("{'a':1}", "此处应为带双引号的字段名"),
        ('{"a":1}{"b":2}', "还有多余内容"),
        ('{"a":"x}', "没有结束的双引号"),
        ('{"a":"x\ny"}', "未转义的控制字符"),
        ('{"a":"\x00"}', "未转义的控制字符"),
        ('{"a":"\\q"}', "反斜杠转义不合法"),
        ('{"a":01}', "不是合法的JSON"),
        ("[1]", "最外层应为JSON对象，现为数组"),
        ('"x"', "现为字符串"),
        ("7", "现为数字"),
        ("true", "现为布尔值"),
        ("null", "现为null"),
        ('{"a":NaN}', "含有 NaN"),
        ('{"a":-Infinity}', "含有 -Infinity"),
        ('{"a":1,"b":2,"a":3}', "字段 a 在同一个对象中出现两次"),
        ('{"x":[{"金额":1,"金额":2}]}', "字段 金额 在同一个对象中出现两次"),
        ('{"a":1e999999999}', "字段 a 的数字超出范围"),
        ('{"a":[1e-100]}', "^数字超出范围"),
        ('{"a":true,"b":{"c":1e100}}', "字段 c 的数字超出范围"),
        ('{"a":1e100,', "^数字超出范围"),
        ('{"a":"' + '\\"' * 4_000_000 + '","b":1e999}', "字段 b 的数字超出范围"),
        ('{"a":' + "9" * 65 + "}", "字段 a 的数字超出范围"),
        ('{"fine":1,"amt":' + "9" * 100_000 + "}", "字段 amt 的数字超出范围"),
        ('{"a":"\\u0000"}', r"第 7 个字符处有 \\u0000（NUL）"),
        ('{"a":"\\ud800"}', "不成对的代理字符"),
        ('{"a":"\\ud800x"}', "不成对的代理字符"),
        ('{"a":"\\ud800\\n"}', "不成对的代理字符"),
        ('{"a":"\\udc00"}', "不成对的代理字符"),
        ('{"a":"\\ud842\\ud842"}', "不成对的代理字符"),
        ('{"a":"\ud800"}', "第 7 个字符是不成对的代理字符"),
        ('{"a":' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}", "嵌套超过 64 层"),
        ('{"a":' * 100_000, "嵌套超过 64 层|不是合法的JSON"),
        ("[" * 5_000_000, "嵌套超过 64 层|不是合法的JSON"),
    ],
)
def test_what_it_cannot_read_is_refused_in_chinese(text: str, said: str) -> None:
    with pytest.raises(MalformedInput, match=said):
        read(text)


def test_many_brackets_side_by_side_are_not_deep() -> None:
    text = json.dumps({"rows": [{"x": [[]]}] * 200})

    assert read(text).text == text


def test_the_limit_counts_bytes_and_names_both_sizes() -> None:
    text = '{"a":"' + "医" * 10 + '"}'

    assert read_input(text, limit_bytes=38).text == text
    with pytest.raises(MalformedInput, match="共 38 字节，超过本站上限 37 字节"):
        read_input(text, limit_bytes=37)


@pytest.mark.parametrize(
    "text",
    ['{"CANARY":1,', '{"a":"CANARY"', '{"a":"CANARY\\ud800"}', '{"n":"CANARY","a":NaN}', '["CANARY"]'],
)
def test_no_payload_is_in_the_message(text: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        read(text)

    assert "CANARY" not in str(refused.value)


def test_a_long_field_name_is_cut_and_cleaned() -> None:
    name = "\\u0007" + "x" * 100
    with pytest.raises(MalformedInput) as refused:
        read(f'{{"{name}":1,"{name}":2}}')

    assert "?" + "x" * 39 + " " in str(refused.value)


def test_members_are_cut_out_as_they_were_written() -> None:
    source = read('{ "a" : 2.00 , "b":{"c" :[1, 2 ]},"\\u0063" : "x,}" }')

    assert source.slices() == {"a": "2.00", "b": '{"c" :[1, 2 ]}', "c": '"x,}"'}
    assert read("{ }").slices() == {}


def test_a_mapping_is_written_digit_for_digit() -> None:
    source = read(
        {
            "amt": Decimal("2.00"),
            "big": 12345678901234567890,
            "at": datetime(2022, 1, 21, 10),  # noqa: DTZ001 - the platform's times carry no zone
            "on": date(2022, 1, 21),
        }
    )

    assert (
        source.text == '{"amt":2.00,"big":12345678901234567890,"at":"2022-01-21 10:00:00","on":"2022-01-21"}'
    )


def test_lists_tuples_and_other_mappings_are_written() -> None:
    assert read(UserDict({"a": (1, [None, True]), "b": 1.5})).text == '{"a":[1,[null,true]],"b":1.5}'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"a": float("nan")}, "含有 nan"),
        ({"a": [float("inf")]}, "含有 inf"),
        ({"a": Decimal("NaN")}, "NaN|不是合法"),
        ({1: "x"}, "字段名应为文字，现为 int"),
        ({"a": object()}, "无法写成JSON：TypeError"),
        ({"a": "\ud800"}, "无法写成JSON|代理字符"),
        ({"a": "\x00"}, "NUL"),
    ],
)
def test_a_mapping_that_is_no_json_is_refused(source: dict[Any, Any], said: str) -> None:
    with pytest.raises(MalformedInput, match=said):
        read(source)


def test_a_mapping_that_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["self"] = endless

    with pytest.raises(MalformedInput, match="嵌套超过"):
        read(endless)


@given(objects)
def test_any_mapping_comes_back_the_same(source: dict[str, Any]) -> None:
    text = read(source).text

    assert json.loads(text, parse_float=Decimal) == source


@given(objects, st.booleans())
def test_slices_put_together_are_the_object(source: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(source, ensure_ascii=ascii_only, default=float, indent=1)
    cut = read(text)

    assert {name: json.loads(part) for name, part in cut.slices().items()} == json.loads(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        source = read(text)
    except MalformedInput:
        return
    assert isinstance(json.loads(source.text), dict)


@given(st.text(alphabet='{}[]",:\\u0dD89aA eE+-.1'))
def test_whatever_passes_is_sendable_json(text: str) -> None:
    try:
        source = read('{"k":"' + text + '"}')
    except MalformedInput:
        return
    assert json.dumps(json.loads(source.text), ensure_ascii=False).encode()
