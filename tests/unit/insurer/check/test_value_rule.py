from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.insurer.check.dictionary import Dictionary
from mi_bridge.insurer.check.field import Field, FieldType
from mi_bridge.insurer.check.value_rule import value_rule
from mi_bridge.insurer.input_text import read_input

_GENDER = Dictionary("gend", frozenset({"1", "2"}), closed=True)
_OPEN = Dictionary("med_type", frozenset(str(code) for code in range(20)), closed=False)


def fault(field: Field, text: str, dictionary: Dictionary | None = None) -> tuple[str, bool] | None:
    """What is found when HIS writes this JSON for the field."""
    value: Any = read_input(f'{{"v": {text}}}', limit_bytes=10**6).members["v"]
    rule = value_rule(field, dictionary)
    assert rule is not None
    found = rule(value)
    return (found.text, found.sure) if found else None


def field(kind: str, length: int = 0, scale: int = -1) -> Field:
    return Field("data", "f", type=FieldType(kind), length=length, scale=scale)


@pytest.mark.parametrize("text", ['"甲乙丙"', "123", "1.5"])
def test_a_text_that_fits(text: str) -> None:
    assert fault(field("text", 3), text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"甲乙丙丁"', "有 4 个字符，最多 3 个"),
        ("true", "应为文字，现为布尔值"),
        ("{}", "应为文字，现为对象"),
        ("[1]", "应为文字，现为数组"),
    ],
)
def test_a_text_that_does_not(text: str, expected: str) -> None:
    assert fault(field("text", 3), text) == (expected, True)


def test_a_text_without_a_length_may_be_long() -> None:
    assert fault(field("text"), f'"{"x" * 5000}"') is None


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "12345678901234",
        '"12345678901234.99"',
        "-1.50",
        "0.010000",
        "1e3",
        '"000012.3"',
        "1.20e1",
        "5."[:1],
        "-0",
    ],
)
def test_a_number_that_fits(text: str) -> None:
    assert fault(field("number", 14, 2), text) is None


@pytest.mark.parametrize(
    ("text", "expected", "sure"),
    [
        ("123456789012345", "整数部分有 15 位，最多 14 位", True),
        ("1e14", "整数部分有 15 位，最多 14 位", True),
        ("1.001", "小数有 3 位，最多 2 位", False),
        ("15e-3", "小数有 3 位，最多 2 位", False),
        ('"1.2.3"', "应为数字", True),
        ('"十"', "应为数字", True),
        ('"１２"', "应为数字", True),
        ('" 1"', "应为数字", True),
        ("false", "应为数字，现为布尔值", True),
        ("[]", "应为数字，现为数组", True),
    ],
)
def test_a_number_that_does_not(text: str, expected: str, *, sure: bool) -> None:
    assert fault(field("number", 14, 2), text) == (expected, sure)


def test_a_number_of_some_digits_says_nothing_of_decimals() -> None:
    assert fault(field("number", 3), "120.125") is None
    assert fault(field("number", 3), "1200") == ("整数部分有 4 位，最多 3 位", True)


def test_a_number_without_a_size() -> None:
    assert fault(field("number"), "1" * 40) is None


def test_an_integer() -> None:
    assert fault(field("integer", 3), "12.0") is None
    assert fault(field("integer", 3), "12.5") == ("应为整数", False)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("date", '"2024-02-29"', None),
        ("date", '"2023-02-29"', ("日期不存在", True)),
        ("date", '"2024-02-29 10:00:00"', ("格式应为 yyyy-MM-dd", False)),
        ("date", '"2024-02-29 25:00:00"', ("日期不存在", True)),
        ("date", '"20240229"', ("格式应为 yyyy-MM-dd", True)),
        ("date", "20240229", ("格式应为 yyyy-MM-dd", True)),
        ("date", "{}", ("应为 yyyy-MM-dd 形式的文字，现为对象", True)),
        ("datetime", '"2024-02-29 10:00:00"', None),
        ("datetime", '"2024-02-29"', ("格式应为 yyyy-MM-dd HH:mm:ss", False)),
        ("datetime", '"2024-02-29T10:00:00"', ("格式应为 yyyy-MM-dd HH:mm:ss", True)),
        ("moment", '"2024-02-29"', None),
        ("moment", '"2024-02-29 10:00:00"', None),
        ("moment", '"2024-13-01"', ("日期不存在", True)),
        ("moment", "true", ("应为 yyyy-MM-dd 或 yyyy-MM-dd HH:mm:ss 形式的文字，现为布尔值", True)),
    ],
)
def test_dates(kind: str, text: str, expected: tuple[str, bool] | None) -> None:
    assert fault(field(kind), text) == expected


def test_a_coded_value() -> None:
    assert fault(field("text", 3), '"1"', _GENDER) is None
    assert fault(field("text", 3), "1", _GENDER) is None
    assert fault(field("text", 3), '"7"', _GENDER) == ("值 7 不在字典 gend 中，可用 1、2", True)
    assert fault(field("text", 3), '"7777"', _GENDER) == ("有 4 个字符，最多 3 个", True)
    assert fault(field("text", 3), "{}", _GENDER) == ("应为文字，现为对象", True)


def test_an_open_table_leaves_a_doubt_and_too_many_values_are_not_listed() -> None:
    assert fault(field("text", 6), '"21"', _OPEN) == ("值 21 不在字典 med_type 中", False)


@pytest.mark.parametrize("value", ["990101198001016571", "张三", "1 2", "ZhangSan", "LI", "19800101"])
def test_what_may_be_a_name_or_an_id_number_is_not_repeated(value: str) -> None:
    found = fault(field("text"), f'"{value}"', _GENDER)
    assert found == ("值不在字典 gend 中，可用 1、2", True)


def test_lists_and_objects() -> None:
    assert fault(field("list"), "[]") is None
    assert fault(field("list"), "{}") == ("应为数组，现为对象", False)
    assert fault(field("list"), '"x"') == ("应为数组，现为字符串", True)
    assert fault(field("object"), "{}") is None
    assert fault(field("object"), "[]") == ("应为对象，现为数组", False)


def test_anything_goes_where_nobody_published_what() -> None:
    assert value_rule(field("any"), None) is None
