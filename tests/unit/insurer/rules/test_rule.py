from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.nodes import NodePart
from mi_bridge.insurer.rules.scene import Scene
from rule_desk import broken

_IN = 'in = "a"\nfields = ["x"]\n'


def one(test: str, x: Any, **others: Any) -> bool:
    """Whether a value passes a test."""
    return broken(_IN + test, {"a": {"x": x, **others}}) == []


@pytest.mark.parametrize(
    ("test", "good", "bad"),
    [
        ('one_of = ["1", "2"]', "1", "3"),
        ('not_one_of = ["O83.400"]', "O80.000", "O83.400"),
        ('starts_with = ["96.7", "96.8"]', "96.7201", "51.2200"),
        ('dictionary = "gend"', "1", "7"),
        ('matches = "digits"', "0123", "12a"),
        ("matches = '^[ab]$'", "a", "ab"),
        ("not_matches = '^[VZR]'", "I10.x05", "Z37.000"),
        ("at_least = 200", "200", "199.9"),
        ("at_most = 20000", 20000, 20001),
        ("multiple_of = 10", "2510", "2515"),
        ("hours_over = 96", "4/0/1", "4/0/0"),
        ('split = ","\nat_least = 100', "100,200", "100,99"),
        ('split = "→"\ndictionary = "dept"', "A03→A19", "A03→张三"),
        ('matches = "icd10"', "A02.000x005", "a02"),
        ('matches = "icd9cm3"', "51.2200x004", "5122"),
        ('matches = "duration"', "1/24/60", "1/25/0"),
        ('matches = "fee_serial"', "7", "000"),
    ],
)
def test_tests_of_one_value(test: str, good: Any, bad: Any) -> None:
    assert one(test, good)
    assert not one(test, bad)
    assert one(test, ""), "what says nothing is another rule's matter"
    assert one(test, None)


@pytest.mark.parametrize("code", ["A02.000x005", "K22.301", "I10.x05", "A01", "M00.000+", "Z37", "O83.400"])
def test_diagnosis_codes_in_use(code: str) -> None:
    assert one('matches = "icd10"', code)


@pytest.mark.parametrize("code", ["51.2200x004", "96.0800x005", "85.5300x001", "96.72"])
def test_operation_codes_in_use(code: str) -> None:
    assert one('matches = "icd9cm3"', code)


@pytest.mark.parametrize("value", ["x", "1e999999999999", "NaN", "5 天", {}, [1], True])
def test_what_cannot_be_judged_is_left_to_the_field_tables(value: Any) -> None:
    assert one("at_least = 200", value)
    assert one("multiple_of = 10", value)
    assert one("hours_over = 1", value)
    assert one('before = "y"', value, y="2026-01-01")


@pytest.mark.parametrize(
    ("test", "x", "y", "passes"),
    [
        ("before", "2026-01-01", "2026-01-02", True),
        ("before", "2026-01-01 10:00:00", "2026-01-01 10:00:00", False),
        ("not_before", "2026-01-01", "2026-01-01 10:00:00", True),
        ("not_before", "2025-12-31", "2026-01-01 10:00:00", False),
        ("after", "2026-01-01 10:00:01", "2026-01-01 10:00:00", True),
        ("after", "2026-01-01", "2026-01-01 10:00:00", False),
        ("not_after", "2026-01-01 23:00:00", "2026-01-01", True),
        ("not_after", "2026-01-02", "2026-01-01", False),
        ("not_after", "2026-01-02", "", True),
        ("not_after", "2026-01-02", "昨天", True),
    ],
)
def test_times(test: str, x: str, y: str, *, passes: bool) -> None:
    assert one(f'{test} = "y"', x, y=y) is passes
    assert (
        broken(f'{_IN}{test} = "b.y"', {"a": {"x": x}, "b": [{"y": y}, {"y": "1900-01-01"}]}) == []
    ) is passes
    assert broken(f'{_IN}{test} = "c.y"', {"a": {"x": x}}) == []


def test_presence() -> None:
    assert broken(_IN + "present = true", {"a": [{"x": "1"}, {}, {"x": ""}]}) == [
        "input.a[1].x",
        "input.a[2].x",
    ]
    assert broken(_IN + "present = false", {"a": {"x": "1"}}) == ["input.a.x"]
    assert broken(_IN + "present = true\nmatches = 'digits'".replace("'", '"'), {"a": {"x": "y"}}) == [
        "input.a.x"
    ]


def test_a_rule_applies_when_its_conditions_hold() -> None:
    rule = 'in = "a"\nwhen = [{ field = "k", one_of = ["1"] }, { field = "m", present = true, not = true }]\nfields = ["x", "y"]\npresent = true'
    assert broken(rule, {"a": {"k": "1", "y": "1"}}) == ["input.a.x"]
    assert broken(rule, {"a": {"k": "1", "m": "1"}}) == []
    assert broken(rule, {"a": {"k": "2"}}) == []
    assert broken(rule, {"a": {}}) == []


def test_a_condition_on_any_row_of_another_node() -> None:
    rule = """in = "a"
when = [{ in = "d", field = "code", matches = '^(O8[0-4]|Z37)', not_one_of = ["O83.400"] }]
require_any = ["w", "mw"]"""
    born = {"d": [{"code": "I10.x05"}, {"code": "O80.000"}]}
    assert broken(rule, {"a": {}, **born}) == ["input.a"]
    assert broken(rule, {"a": {"mw": "2500,2600"}, **born}) == []
    assert broken(rule, {"a": {}, "d": [{"code": "O83.400"}]}) == []
    assert broken(rule, {"a": {}}) == []


def test_how_many_rows() -> None:
    rule = 'in = "d"\ncount = { where = [{ field = "main", one_of = ["1"] }], at_least = 1, at_most = 1 }'
    assert broken(rule, {"d": [{"main": "1"}, {"main": "0"}]}) == []
    assert broken(rule, {"d": [{"main": "0"}]}) == ["input.d"]
    assert broken(rule, {"d": [{"main": "1"}, {"main": "1"}]}) == ["input.d"]
    assert broken(rule, {"other": {}}) == ["input.d"]
    conditional = 'in = "o"\nwhen = [{ in = "a", field = "v", hours_over = 96 }]\ncount = { at_least = 1 }'
    assert broken(conditional, {"a": {"v": "5/0/0"}, "o": []}) == ["input.o"]
    assert broken(conditional, {"a": {"v": "1/0/0"}, "o": []}) == []


def test_what_no_two_rows_share() -> None:
    rule = 'in = "o"\nunique = ["code", "time"]'
    rows = [{"code": "1", "time": "a"}, {"code": "1", "time": "b"}, {"code": "1", "time": "a"}, {}, {}]
    assert broken(rule, {"o": rows}) == ["input.o[0]", "input.o[2]"]
    assert broken(rule + '\nwhen = [{ in = "k", field = "x", present = true }]', {"o": rows}) == []


def test_a_table_beside_the_rules(tmp_path: Path) -> None:
    (tmp_path / "icd.csv").write_text("code,name\nI10.x05,高血压3级\n", encoding="utf-8")
    rule = 'in = "d"\nfields = ["c"]\nlookup = { table = "icd.csv", key = "code", same = { n = "name" } }'
    assert broken(rule, {"d": [{"c": "I10.x05", "n": "高血压3级"}, {"c": "I10.x05"}]}, tmp_path) == []
    assert broken(rule, {"d": [{"c": "I10.x05", "n": "高血压"}]}, tmp_path) == ["input.d[0].c"]
    assert broken(rule, {"d": {"c": "X"}}, tmp_path) == ["input.d.c"]


@pytest.mark.parametrize(
    ("rule", "fault", "said"),
    [
        ('matches = "idc10"', ValueError, "is no named pattern"),
        ("matches = '^['", ValueError, "is no regular expression"),
        ('dictionary = "gender"', CatalogueError, "gender"),
        ('lookup = { table = "none.csv", key = "code" }', ValueError, "cannot be read"),
        (
            'lookup = { table = "icd.csv", key = "kode", same = { n = "name" } }',
            ValueError,
            "has no column kode",
        ),
    ],
)
def test_what_a_rule_names_must_exist(rule: str, fault: type[Exception], said: str, tmp_path: Path) -> None:
    (tmp_path / "icd.csv").write_text("code,name\n", encoding="utf-8")
    with pytest.raises(fault, match=said):
        broken(_IN + rule, {}, tmp_path)


def test_nested_nodes_and_inputs_without_nodes() -> None:
    nested = Scene(
        [NodePart("data", "input.data", {"rows": [{"x": "1"}, 7], "one": {"x": "2"}}, single=True)]
    )
    assert nested.rows("data.rows") == [("input.data.rows[0]", {"x": "1"})]
    assert nested.rows("data.one") == [("input.data.one", {"x": "2"})]
    assert nested.rows("data.none") == []
    assert nested.rows("other.rows") == []
    assert nested.rows("") == []
    assert nested.path("data.rows") == "input.data.rows"
    bare = Scene([NodePart("", "input", {"docs": [{"x": "1"}]}, single=True)])
    assert bare.rows("docs") == [("input.docs[0]", {"x": "1"})]
    assert bare.rows("") == [("input", {"docs": [{"x": "1"}]})]
    assert bare.path("") == "input"
