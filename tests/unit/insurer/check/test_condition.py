from __future__ import annotations

import pytest

from mi_bridge.insurer.check.condition import parse_condition


@pytest.mark.parametrize(
    ("text", "row", "holds"),
    [
        ("mdtrt_cert_type=03", {"mdtrt_cert_type": "03"}, True),
        ("mdtrt_cert_type=03", {"mdtrt_cert_type": "02"}, False),
        ("mdtrt_cert_type=03", {}, False),
        ("a=1|2", {"a": "2"}, True),
        ("coner_name", {"coner_name": "甲"}, True),
        ("coner_name", {"coner_name": ""}, False),
        ("!a&!b", {}, True),
        ("!a&!b", {"b": "1"}, False),
        ("!a", {"a": "null"}, True),
    ],
)
def test_conditions(text: str, row: dict[str, str], *, holds: bool) -> None:
    assert parse_condition(text)(row) is holds


@pytest.mark.parametrize("text", ["", "a=", "!a=1", "a==1", "a b", "&a"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no condition"):
        parse_condition(text)
