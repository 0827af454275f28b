"""HIS's input as a text: checked whole, kept as it was written.

The text is parsed once, to find out whether the platform could read it and where its nodes are. What is sent are HIS's own
characters, so that 2.00, 1e5 and 12345678901234567890 arrive as they left.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NoReturn

import msgspec

from mi_bridge.errors import MalformedInput

# a site's JSON library may give up far earlier than ours; real inputs are five levels deep
MAX_DEPTH = 64
# amounts have 16 digits and identifiers 30; more makes a reader of numbers slow or wrong
MAX_NUMBER_LENGTH = 64
MAX_EXPONENT = 99

_BLANKS = " \t\r\n"
_NEXT_TOKEN = re.compile(r"[ \t\r\n]*")
_ESCAPES_IN_DOUBT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_NUMBER_ENCODER = msgspec.json.Encoder(decimal_format="number")

_FAULTS = {
    "Expecting value": "此处应为一个值",
    "Expecting property name": "此处应为带双引号的字段名",
    "Expecting ','": "缺少逗号，或括号没有配对",
    "Expecting ':'": "字段名之后缺少冒号",
    "Extra data": "对象结束之后还有多余内容",
    "Illegal trailing comma": "最后一项之后多了逗号",
    "Unterminated string": "字符串没有结束的双引号",
    "Invalid control character": "字符串中有未转义的控制字符（如换行、制表符）",
    "Invalid \\": "反斜杠转义不合法",
}


@dataclass(frozen=True, slots=True)
class InputText:
    """A JSON object, checked.

    Args:
        text: as HIS wrote it, without blanks around it.
        members: the object's members, parsed; good for looking at shapes only, numbers stay texts.
    """

    text: str
    members: dict[str, Any]

    def slices(self) -> dict[str, str]:
        """Return each member's value as HIS wrote it."""
        return {name: self.text[start:end] for name, (start, end) in self.places().items()}

    def places(self) -> dict[str, tuple[int, int]]:
        """Return where each member's value begins and ends."""
        found: dict[str, tuple[int, int]] = {}
        place = self._skip(1)
        while self.text[place] != "}":
            name, place = _DECODER.raw_decode(self.text, place)
            start = self._skip(self._skip(place) + 1)
            _, end = _DECODER.raw_decode(self.text, start)
            found[name] = (start, end)
            place = self._after_comma(end)
        return found

    def rows(self, name: str) -> tuple[str, ...]:
        """Return the elements of a member that is a list, each as HIS wrote it."""
        found = []
        place = self._skip(self.places()[name][0] + 1)
        while self.text[place] != "]":
            _, end = _DECODER.raw_decode(self.text, place)
            found.append(self.text[place:end])
            place = self._after_comma(end)
        return tuple(found)

    def _after_comma(self, end: int) -> int:
        place = self._skip(end)
        return self._skip(place + 1) if self.text[place] == "," else place

    def _skip(self, place: int) -> int:
        blanks = _NEXT_TOKEN.match(self.text, place)
        return blanks.end() if blanks else place


def is_hollow(value: Any) -> bool:
    """Tell whether a parsed value says nothing: empty, or made of nothing but nulls and empty texts."""
    if isinstance(value, dict):
        return all(is_hollow(member) for member in value.values())
    if isinstance(value, list):
        return all(is_hollow(row) for row in value)
    return value is None or value == ""


def read_input(source: str | Mapping[str, Any], *, limit_bytes: int) -> InputText:
    """Check an input and keep its text.

    Args:
        source: a JSON object as text, or as a mapping (decimals are written as numbers, digit for digit).
        limit_bytes: the longest text allowed, in bytes of UTF-8.

    Raises:
        MalformedInput: the platform could not read it; the Chinese message names field, fault and remedy.
    """
    text = source if isinstance(source, str) else _written(source)
    text = text.strip(_BLANKS + "\ufeff")
    if not text:
        raise MalformedInput("输入为空。请传入JSON对象，没有查询条件时传 {}。")
    _check_size(text, limit_bytes)
    value = _parsed(text)
    if not isinstance(value, dict):
        raise MalformedInput(
            f'输入的最外层应为JSON对象，现为{kind_of(value)}。请写成 {{"字段": 值}} 的形式。'
        )
    _check_depth(text, value)
    _check_escapes(text)
    return InputText(text, value)


def kind_of(value: object) -> str:
    """Return what a parsed value is, in Chinese."""
    if value is None:
        return "null"
    kinds: dict[type, str] = {dict: "对象", list: "数组", bool: "布尔值", _Number: "数字"}
    return kinds.get(type(value), "字符串")


class _Number(str):
    """A number, as it was written."""

    __slots__ = ()


class _NumberError(ValueError):
    """A number nobody means; its place is looked up afterwards."""


def _number(text: str) -> _Number:
    if len(text) > MAX_NUMBER_LENGTH:
        raise _NumberError
    exponent = text.lower().partition("e")[2]
    if exponent and abs(int(exponent)) > MAX_EXPONENT:
        raise _NumberError
    return _Number(text)


def _constant(text: str) -> NoReturn:
    raise MalformedInput(f"输入含有 {text}，JSON没有这种数值。请改为具体数字，或去掉该字段。")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    raise MalformedInput(f"字段 {shown(twice)} 在同一个对象中出现两次。请只保留一个。")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_number, parse_int=_number, parse_constant=_constant
)


def shown(name: str) -> str:
    """Return a field's name as a message may carry it: short, and free of control characters."""
    short = name[:40]
    return short if short.isprintable() else "".join(c if c.isprintable() else "?" for c in short)


def _check_size(text: str, limit_bytes: int) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as fault:
        raise MalformedInput(
            f"输入第 {fault.start + 1} 个字符是不成对的代理字符，不是合法文字。请检查该处文字的来源。"
        ) from None
    if size > limit_bytes:
        raise MalformedInput(f"输入共 {size} 字节，超过本站上限 {limit_bytes} 字节。请分批上传。")


def _parsed(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as fault:
        raise _not_json(fault) from None
    except _NumberError:
        raise _bad_number(text) from None
    except RecursionError:
        raise _too_deep() from None


def _not_json(fault: json.JSONDecodeError) -> MalformedInput:
    what = next((zh for start, zh in _FAULTS.items() if fault.msg.startswith(start)), "格式有误")
    return MalformedInput(
        f"输入不是合法的JSON：第 {fault.lineno} 行第 {fault.colno} 列（第 {fault.pos + 1} 个字符），{what}。"
        "请用JSON库生成，不要拼接字符串。"
    )


def _bad_number(text: str) -> MalformedInput:
    name = _field_of_bad_number(text)
    where = f"字段 {shown(name)} 的" if name else ""
    return MalformedInput(
        f"{where}数字超出范围（最多 {MAX_NUMBER_LENGTH} 个字符，指数绝对值最大 {MAX_EXPONENT}）。请核对该数值。"
    )


def _field_of_bad_number(text: str) -> str:
    """Parse once more, to name the field; empty where the number stands in a list or the rest is no JSON."""
    try:
        _NUMBER_FINDER.decode(text)
    except _NumberFoundError as found:
        return str(found)
    except (ValueError, RecursionError):
        return ""
    return ""


_TOO_LARGE = object()


def _judged(text: str) -> object:
    try:
        return _number(text)
    except _NumberError:
        return _TOO_LARGE


def _find_too_large(pairs: list[tuple[str, Any]]) -> None:
    for name, value in pairs:
        if value is _TOO_LARGE:
            raise _NumberFoundError(name)


class _NumberFoundError(Exception):
    """The field that holds a number nobody means."""


_NUMBER_FINDER = json.JSONDecoder(object_pairs_hook=_find_too_large, parse_float=_judged, parse_int=_judged)


def _too_deep() -> MalformedInput:
    return MalformedInput(f"输入的嵌套超过 {MAX_DEPTH} 层。请检查JSON结构。")


def _check_depth(text: str, value: Any) -> None:
    # so few brackets cannot nest too deep; the walk is for the others
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise _too_deep()


def _children(node: Any) -> list[Any]:
    values = node.values() if isinstance(node, dict) else node
    return [value for value in values if type(value) in (dict, list)]


def _check_escapes(text: str) -> None:
    if not _ESCAPES_IN_DOUBT.search(text):
        return
    high_end = -1
    for escape in _ESCAPE.finditer(text):
        code = int(escape[1] or "20", 16)
        paired = high_end == escape.start()
        if code == 0:
            raise MalformedInput(f"输入第 {escape.start() + 1} 个字符处有 \\u0000（NUL）。请去掉后重试。")
        if paired != (0xDC00 <= code < 0xE000):
            raise _lone(escape.start())
        high_end = escape.end() if 0xD800 <= code < 0xDC00 else -1
        if high_end > 0 and text[high_end] != "\\":
            raise _lone(escape.start())


def _lone(place: int) -> MalformedInput:
    return MalformedInput(f"输入第 {place + 1} 个字符处的 \\u 转义是不成对的代理字符。请检查该处文字的来源。")


def _written(source: Mapping[str, Any]) -> str:
    try:
        return _NUMBER_ENCODER.encode(_plain(source)).decode()
    except RecursionError:
        raise _too_deep() from None
    except (TypeError, UnicodeError) as fault:
        raise MalformedInput(
            f"输入无法写成JSON：{type(fault).__name__}。请只使用文字、数字、日期、列表和字典。"
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, float) and not math.isfinite(value):
        _constant(str(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value.isoformat() if isinstance(value, date) else value


def _key(name: Any) -> str:
    if isinstance(name, str):
        return name
    raise MalformedInput(f"字段名应为文字，现为 {type(name).__name__}。请改为文字。")
