"""What HIS submits to the double."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.errors import MalformedInput
from mi_bridge.store.memory_submit import Submission, order_key


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[]",
        "null",
        '"a"',
        "{} {}",
        '{"a": "\\u0000"}',
        '{"a": "\\ud840"}',
        '{"a":' * 100_000,
        "NaN",
    ],
)
def test_bad_json(text: str) -> None:
    with pytest.raises(MalformedInput, match="input_data"):
        Submission("1101", text).parsed()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": 86401}, "timeout"),
        ({"retry_count": -1}, "retry_count"),
        ({"retry_count": 21}, "retry_count"),
        ({"priority": -1}, "priority"),
        ({"priority": 10}, "priority"),
    ],
)
def test_numbers_beyond_range(fields: dict[str, Any], name: str) -> None:
    with pytest.raises(MalformedInput, match=name):
        Submission("1101", "{}", **fields).parsed()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ({"psn_no": "1"}, "P:1"),
        ({"psn_no": 1}, "P:1"),
        ({"data": {"psn_no": "1", "mdtrt_id": "V"}}, "P:1"),
        ({"list": [{"psn_no": "1"}, {"psn_no": "2"}]}, "P:1"),
        ({"a": {"psn_no": "1"}, "b": {"psn_no": "2"}}, "P:2"),
        ({"mdtrt_id": "V"}, "V:V"),
        ({"mdtrt_id": "V", "data": {"x": 1}}, "V:V"),
        ({"data": {"mdtrt_id": "V"}}, "V:V"),
        ({"psn_no": None, "mdtrt_id": "V"}, "V:V"),
        ({"psn_no": "", "data": {"psn_no": "1"}}, "P:1"),
        ({"psn_no": "1" * 99}, "P:" + "1" * 70),
        ({"data": [], "other": "text"}, None),
        ({}, None),
    ],
)
def test_the_patient_else_the_visit_is_the_key(value: dict[str, Any], key: str | None) -> None:
    assert order_key(value, "") == key


def test_the_callers_own_key_comes_first() -> None:
    assert order_key({"psn_no": "1"}, "counter 3") == "S:counter 3"
