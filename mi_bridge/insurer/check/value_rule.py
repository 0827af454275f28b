"""What a value must look like, by its field's type: one small function per field, made once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from mi_bridge.insurer.check.dictionary import Dictionary
from mi_bridge.insurer.check.field import Field, FieldType
from mi_bridge.insurer.check.finding import Fault
from mi_bridge.insurer.input_text import kind_of

Rule = Callable[[Any], Fault | None]

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_DATE_FORM, _DATETIME_FORM = "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss"
# a code is a few digits, seldom with a letter or two before; anything else may be a name, a birthday or an ID number that got into
# the field
_SHOWN = re.compile(r"[A-Z]{0,2}[0-9][0-9.]{0,5}", re.ASCII)


def value_rule(field: Field, dictionary: Dictionary | None) -> Rule | None:
    """Return how this field's value is checked; None where anything goes.

    Args:
        field: its facts.
        dictionary: its code table, where it has one.
    """
    makers: dict[FieldType, Callable[[Field], Rule]] = {
        FieldType.NUMBER: _number,
        FieldType.INTEGER: _number,
        FieldType.DATE: lambda _: _date,
        FieldType.DATETIME: lambda _: _datetime,
        FieldType.MOMENT: lambda _: _moment,
        FieldType.LIST: lambda _: _list,
        FieldType.OBJECT: lambda _: _object,
    }
    if field.type is FieldType.ANY:
        return None
    if field.type is FieldType.TEXT:
        return _coded(field, dictionary) if dictionary else _text(field)
    return makers[field.type](field)


def _text(field: Field) -> Rule:
    limit = field.length

    def rule(value: Any) -> Fault | None:
        if not isinstance(value, str):
            return Fault(f"应为文字，现为{kind_of(value)}")
        return _too_long(value, limit) if limit and len(value) > limit else None

    return rule


def _too_long(value: str, limit: int) -> Fault:
    return Fault(f"有 {len(value)} 个字符，最多 {limit} 个")


def _coded(field: Field, dictionary: Dictionary) -> Rule:
    plain = _text(field)

    def rule(value: Any) -> Fault | None:
        if isinstance(value, str) and value in dictionary.values:
            return None
        return plain(value) or Fault(_not_in(dictionary, value), sure=dictionary.closed)

    return rule


def _not_in(dictionary: Dictionary, value: str) -> str:
    shown = f"值 {value} " if _SHOWN.fullmatch(value) else "值"
    choice = dictionary.choice()
    return f"{shown}不在字典 {dictionary.code} 中" + (f"，可用 {choice}" if choice else "")


def _number(field: Field) -> Rule:
    whole = field.length
    decimals = 0 if field.type is FieldType.INTEGER else field.scale
    fits = re.compile(
        rf"[+-]?0*\d{{1,{whole or 64}}}"
        + ("" if decimals == 0 else rf"(?:\.\d{{0,{decimals}}}0*)?" if decimals > 0 else r"(?:\.0*)?"),
        re.ASCII,
    ).fullmatch

    def rule(value: Any) -> Fault | None:
        if isinstance(value, str) and fits(value):
            return None
        if not isinstance(value, str):
            return Fault(f"应为数字，现为{kind_of(value)}")
        if not _NUMBER.fullmatch(value):
            return Fault("应为数字")
        return _misfit(value, whole, decimals)

    return rule


def _misfit(value: str, whole: int, decimals: int) -> Fault | None:
    before, behind = _digits(value)
    if whole and before > whole:
        return Fault(f"整数部分有 {before} 位，最多 {whole} 位")
    if decimals >= 0 and behind > decimals:
        # platforms are seen to round: a doubt, not a certainty
        return Fault(f"小数有 {behind} 位，最多 {decimals} 位" if decimals else "应为整数", sure=False)
    return None


def _digits(value: str) -> tuple[int, int]:
    """Return how many digits stand before and behind the point once the exponent is worked in and idle zeros are gone."""
    mantissa, _, exponent = value.lower().lstrip("+-").partition("e")
    whole, _, decimals = mantissa.partition(".")
    shift = int(exponent or 0)
    digits = (whole + decimals).strip("0")
    if not digits:
        return 1, 0
    leading = len(whole + decimals) - len((whole + decimals).lstrip("0"))
    before = len(whole) + shift - leading
    return max(before, 1), max(len(digits) - before, 0)


def _date(value: Any) -> Fault | None:
    return _in_form(value, _DATE_FORM, _valid_date, _valid_datetime)


def _datetime(value: Any) -> Fault | None:
    return _in_form(value, _DATETIME_FORM, _valid_datetime, _valid_date)


def _moment(value: Any) -> Fault | None:
    if isinstance(value, str) and (_valid_datetime(value) or _valid_date(value)):
        return None
    return _in_form(value, f"{_DATE_FORM} 或 {_DATETIME_FORM}", _valid_date, _valid_datetime)


def _in_form(
    value: Any, form: str, valid: Callable[[str], bool], other: Callable[[str], bool]
) -> Fault | None:
    if not isinstance(value, str):
        return Fault(f"应为 {form} 形式的文字，现为{kind_of(value)}")
    if valid(value):
        return None
    if other(value):
        # the tables take date for time in places, and platforms are seen to accept either
        return Fault(f"格式应为 {form}", sure=False)
    known = _DATE.fullmatch(value) or _DATETIME.fullmatch(value)
    return Fault("日期不存在" if known else f"格式应为 {form}")


@lru_cache(maxsize=4096)
def _valid_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) and _exists(date.fromisoformat, text)


@lru_cache(maxsize=4096)
def _valid_datetime(text: str) -> bool:
    return bool(_DATETIME.fullmatch(text)) and _exists(datetime.fromisoformat, text)


def _exists(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _list(value: Any) -> Fault | None:
    if isinstance(value, list):
        return None
    # one province is known to take a single object where a list belongs
    return Fault(f"应为数组，现为{kind_of(value)}", sure=not isinstance(value, dict))


def _object(value: Any) -> Fault | None:
    return None if isinstance(value, dict) else Fault(f"应为对象，现为{kind_of(value)}", sure=False)
