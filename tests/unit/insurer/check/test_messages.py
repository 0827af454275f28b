"""A message made from the table passes; one changed in one way gives that one fault, at its path."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.catalogue import Catalogue, Transaction
from mi_bridge.insurer.check.dictionary import find_dictionary
from mi_bridge.insurer.check.examiner import Examiner
from mi_bridge.insurer.check.field import Field, FieldType, Need
from mi_bridge.insurer.check.field_table import read_fields
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.nodes import NodeLayout
from mi_bridge.insurer.profile.checks import Checks

_TRANSACTIONS = {transaction.infno: transaction for transaction in Catalogue.load()}
_CODES = [code for code in _TRANSACTIONS if read_fields(code)]
_EXAMINER = Examiner(Checks(mode="refuse", rules="off"))
_WITH_RULES = Examiner(Checks(mode="refuse"))


def sample(field: Field) -> Any:
    """A value that fits."""
    if field.dictionary:
        return min(find_dictionary(field.dictionary).values)
    values: dict[FieldType, Any] = {
        FieldType.TEXT: "甲" * min(field.length or 3, 3),
        FieldType.NUMBER: 1,
        FieldType.INTEGER: 1,
        FieldType.DATE: "2026-01-02",
        FieldType.DATETIME: "2026-01-02 10:11:12",
        FieldType.MOMENT: "2026-01-02",
        FieldType.LIST: [],
        FieldType.OBJECT: {"x": "y"},
        FieldType.ANY: "x",
    }
    return values[field.type]


def message(transaction: Transaction, fields: tuple[Field, ...]) -> dict[str, Any]:
    """One row of every node."""
    tree: dict[str, Any] = {}
    for field in fields:
        row = tree
        parts = field.node.split(".") if field.node else []
        for part in parts:
            inner = row.get(part)
            if not isinstance(inner, (dict, list)) or not inner:
                inner = row[part] = [{}] if part in transaction.list_nodes or _is_list(fields, part) else {}
            row = inner[0] if isinstance(inner, list) else inner
        if not (isinstance(row.get(field.name), (dict, list)) and row[field.name]):
            row[field.name] = sample(field)
    for field in fields:  # a list without fields of its own needs a row all the same
        if field.type is FieldType.LIST and field.need and not _row(tree, field)[0][field.name]:
            _row(tree, field)[0][field.name] = [{"x": "y"}]
    return tree


def _is_list(fields: tuple[Field, ...], name: str) -> bool:
    return any(field.name == name and field.type is FieldType.LIST for field in fields)


def _row(tree: dict[str, Any], field: Field) -> tuple[dict[str, Any], str]:
    row, path = tree, "input"
    for part in field.node.split(".") if field.node else []:
        path += f".{part}"
        inner = row[part]
        if isinstance(inner, list):
            row, path = inner[0], f"{path}[0]"
        else:
            row = inner
    return row, path


@dataclass(frozen=True)
class Change:
    """One way to spoil a field: what to write, and what is found."""

    value: Any
    text: str


_GONE = object()


def changes(field: Field) -> list[Change]:
    found = []
    if field.need and not field.when:
        found += [Change(_GONE, "必填，缺失"), Change("", "必填，为空"), Change(None, "必填，为空")]
    if field.type in (FieldType.TEXT, FieldType.NUMBER, FieldType.INTEGER):
        found.append(Change(True, "应为"))
    if field.type is FieldType.TEXT and field.length and not field.dictionary:
        found.append(Change("x" * (field.length + 1), f"有 {field.length + 1} 个字符"))
    if field.type is FieldType.NUMBER and field.length:
        found.append(Change("9" * (field.length + 1), "整数部分有"))
    if field.type is FieldType.NUMBER and field.scale > 0:
        found.append(Change("0." + "1" * (field.scale + 1), "小数有"))
    if field.type in (FieldType.DATE, FieldType.DATETIME, FieldType.MOMENT):
        found += [Change("2026-02-30", "日期不存在"), Change("昨天", "格式应为")]
    if field.dictionary:
        found.append(Change("~", "值不在字典"))
    return found


def findings(transaction: Transaction, value: dict[str, Any]) -> str:
    source = read_input(json.dumps(value, ensure_ascii=False), limit_bytes=10**7)
    try:
        found = _EXAMINER.examine(transaction, NodeLayout(transaction).parts(source))
    except MalformedInput as refused:
        return refused.message.partition("没有发送：")[2]
    return found.warning().partition("处：")[2] if found else ""


@given(code=st.sampled_from(_CODES), data=st.data())
def test_one_change_one_fault(code: str, data: st.DataObject) -> None:
    transaction, fields = _TRANSACTIONS[code], read_fields(code)
    value = message(transaction, fields)
    assert findings(transaction, value) == ""

    spoilt = [(field, change) for field in fields for change in changes(field)]
    field, change = data.draw(st.sampled_from(spoilt))
    row, path = _row(value, field)
    if change.value is _GONE:
        del row[field.name]
    else:
        row[field.name] = change.value
    told = findings(transaction, value)
    assert told.startswith(f"{path}.{field.name}：{change.text}"), (told, change)
    assert "；" not in told
    assert field.need is not Need.NO or "必填" not in told


_NAMES = sorted(
    {
        name
        for code in ("4101", "2301", "3101")
        for field in read_fields(code)
        for name in (field.name, *field.node.split("."))
    }
    - {""}
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=20),
    st.sampled_from(["1e60", "-0", "2026-02-30", "1/2/3", "→", ",", "٣"]),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=6),
    max_leaves=25,
)


@given(
    code=st.sampled_from(["4101", "2301", "3101", "2161", "2203", "2402", "4102"]),
    value=st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=8), _VALUES, max_size=8),
)
def test_whatever_his_writes_is_looked_at_and_never_an_accident(code: str, value: dict[str, Any]) -> None:
    transaction = _TRANSACTIONS[code]
    with suppress(MalformedInput):
        source = read_input(json.dumps(value, ensure_ascii=False), limit_bytes=10**7)
        found = _WITH_RULES.examine(transaction, NodeLayout(transaction).parts(source))
        assert found is None or found.warning()
