from __future__ import annotations

import os
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import RuleError
from mi_bridge.insurer.nodes import NodePart
from mi_bridge.insurer.rules import rule_file
from mi_bridge.insurer.rules.rule_book import RuleBook
from mi_bridge.insurer.rules.rule_file import read_rules
from mi_bridge.insurer.rules.rule_text import RuleText
from mi_bridge.insurer.rules.scene import Scene
from mi_bridge.resources import folder

_GOOD = """
title = "本院规则"
interfaces = ["2204"]

[[rule]]
id = "own-1"
message = "数量不能为 0"
severity = "refuse"
in = "feedetail"
fields = ["cnt"]
at_least = 0.0001
"""


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    # two writes within one tick of the file system's clock must count as two
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))


def ids(book: RuleBook, layout: str = "2204") -> list[str]:
    return [rule.text.id for rule in book.rules_of(layout)]


def test_rules_are_read_when_first_needed(tmp_path: Path) -> None:
    write(tmp_path / "own.toml", _GOOD)
    book = RuleBook(tmp_path)
    assert ids(book) == ["own-1"]
    assert ids(book, "2301") == []
    assert book.rules_of("2204")[0].message == "数量不能为 0（规则 own-1）"
    assert list(book.all()) == ["2204"]


def test_a_change_takes_effect_and_no_change_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "own.toml", _GOOD)
    book = RuleBook(tmp_path)
    first = book.look()
    assert first is not None
    assert (first.rules, first.files, first.refused) == (1, ("own.toml",), {})
    assert book.look() is None
    write(tmp_path / "own.toml", _GOOD.replace("own-1", "own-2").replace('["2204"]', '["2204", "2301"]'))
    second = book.look()
    assert second is not None
    assert second.rules == 1
    assert ids(book) == ids(book, "2301") == ["own-2"]
    (tmp_path / "own.toml").unlink()
    assert book.look() is not None
    assert ids(book) == []


def test_a_broken_file_keeps_its_rules_and_the_others_change(tmp_path: Path) -> None:
    write(tmp_path / "own.toml", _GOOD)
    book = RuleBook(tmp_path)
    book.look()
    write(tmp_path / "own.toml", _GOOD + "colour = 'red'\n")
    write(tmp_path / "second.toml", _GOOD.replace("own-1", "two"))
    reading = book.look()
    assert reading is not None
    assert ids(book) == ["own-1", "two"]
    assert list(reading.refused) == ["own.toml"]
    assert "own.toml: rule own-1.colour: is no key" in str(reading.refused["own.toml"])
    write(tmp_path / "own.toml", _GOOD.replace("own-1", "mended"))
    mended = book.look()
    assert mended is not None
    assert mended.refused == {}
    assert ids(book) == ["mended", "two"]


def test_a_file_that_was_never_good_has_no_rules(tmp_path: Path) -> None:
    write(tmp_path / "own.toml", "interfaces = [")
    book = RuleBook(tmp_path)
    assert ids(book) == []
    assert list(book.reading.refused) == ["own.toml"]


def test_a_table_that_changes_counts_as_a_change(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", "code\nA\n")
    write(
        tmp_path / "own.toml",
        _GOOD.replace("at_least = 0.0001", 'lookup = { table = "t.csv", key = "code" }'),
    )
    book = RuleBook(tmp_path)
    assert book.look() is not None
    write(tmp_path / "t.csv", "code\nA\nB\n")
    assert book.look() is not None


def test_a_folder_that_is_gone_keeps_what_was_in_force(tmp_path: Path) -> None:
    place = tmp_path / "rules"
    place.mkdir()
    write(place / "own.toml", _GOOD)
    book = RuleBook(place)
    book.look()
    (place / "own.toml").rename(tmp_path / "away.toml")
    place.rmdir()
    with pytest.raises(RuleError, match="cannot be read"):
        book.look()
    assert ids(book) == ["own-1"]
    assert ids(RuleBook(place)) == [], (
        "a message goes without rules; the watch and `check` tell of the folder"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "at_least = 0.0001",
            "at_lest = 1",
            r"rule own-1\.at_lest: is no key that is known here.* Remove the key",
        ),
        ("at_least = 0.0001", "", r"rule own-1: is wrong: fields and a test belong together"),
        ('fields = ["cnt"]', "", "exactly one of fields, require_any, count and unique"),
        ('id = "own-1"', "", r"rule number 1\.id: is missing\. Add the key"),
        ('severity = "refuse"', 'severity = "stop"', r"rule own-1\.severity: is wrong"),
        ("at_least = 0.0001", "multiple_of = 0", "multiple_of must be above 0"),
        ("at_least = 0.0001", 'at_least = "viel"', r"rule own-1\.at_least: is wrong"),
        ("at_least = 0.0001", 'matches = "idc10"', r"rule own-1: 'idc10' is no named pattern"),
        ("at_least = 0.0001", 'dictionary = "gender"', r"rule own-1: dictionaries\.gender"),
        (
            "at_least = 0.0001",
            'when = [{ field = "x" }]\nat_least = 1',
            r"rule own-1\.when\[0\]: is wrong: tests nothing",
        ),
        ('interfaces = ["2204"]', "", r"toml: interfaces: is missing"),
        ("[[rule]]", "[[rules]]", r"toml: rules: is no key"),
        ('fields = ["cnt"]\nat_least = 0.0001', "count = {}", r"rule own-1\.count: is wrong: has no bound"),
        (
            'fields = ["cnt"]\nat_least = 0.0001',
            'unique = ["cnt"]\nwhen = [{ field = "x", present = true }]',
            r"rule own-1: is wrong: looks at all rows together",
        ),
        ("title", "title = [", "is not TOML in UTF-8"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "own.toml"
    write(file, _GOOD.replace(old, new, 1))
    with pytest.raises(RuleError, match=said) as fault:
        read_rules(file)
    assert str(file) in str(fault.value)


def test_two_rules_of_one_name_and_files_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    write(file, _GOOD + _GOOD.partition("\n\n")[2])
    with pytest.raises(RuleError, match="rule own-1: stands there twice"):
        read_rules(file)
    with pytest.raises(RuleError, match="cannot be read"):
        read_rules(tmp_path / "none.toml")
    file.write_bytes(b"title = '\xb9\xe6\xd4\xf2'")
    with pytest.raises(RuleError, match="is not TOML in UTF-8"):
        read_rules(file)


def test_a_rule_that_is_switched_off_or_has_interfaces_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    write(file, _GOOD.replace("[[rule]]", '[[rule]]\ninterfaces = ["4101"]'))
    assert list(read_rules(file)) == ["4101"]
    write(file, _GOOD.replace("[[rule]]", "[[rule]]\nenabled = false"))
    assert read_rules(file) == {}


_SHIPPED = tomllib.loads((folder("config") / "rules" / "settlement_list.toml").read_text(encoding="utf-8"))[
    "rule"
]
_KEYS = sorted({*RuleText.__struct_fields__, "in", "where", "key", "same", "table", "nonsense"})
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["^[", "icd10", "a.b", "t.csv"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3),
    max_leaves=8,
)


@given(rule=st.sampled_from(_SHIPPED), key=st.sampled_from(_KEYS), value=_VALUES)
def test_no_rule_however_it_is_spoilt_is_an_accident(rule: dict[str, Any], key: str, value: Any) -> None:
    spoilt = {"interfaces": ["4101"], "rule": [rule | {key: value}]}
    file = Path("rules/own.toml")
    with suppress(RuleError):
        (text,) = rule_file._parsed(file, spoilt).rule
        made = rule_file._compiled(file, text)
        list(made.look(Scene([NodePart("setlinfo", "input.setlinfo", {"psn_no": "1"}, single=True)])))
