from __future__ import annotations

from decimal import Decimal

import pytest

from mi_bridge.cli.demo.facts import Facts, find, read_answer, same
from mi_bridge.errors import ConfigurationError


def test_facts_fill_texts_and_json() -> None:
    facts = Facts({"name": 'a"b'})
    facts.keep("sum", Decimal("86.50"))
    assert facts.fill("${name} ${sum}") == 'a"b 86.50'
    assert facts.fill_json('{"n": "${name}", "s": ${sum}}') == '{"n": "a\\"b", "s": 86.50}'


def test_an_unknown_fact_is_named() -> None:
    with pytest.raises(ConfigurationError, match="mdtrt_id"):
        Facts({}).fill("${mdtrt_id}")


def test_answers_keep_their_decimals_and_nonsense_is_none() -> None:
    assert read_answer('{"a": 0.10}') == {"a": Decimal("0.10")}
    assert read_answer("<html>") is None
    assert read_answer(None) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("l.1.c", 2),
        ("l.5.c", None),
        ("l.x", None),
        ("a.b.c", None),
        ("nothing", None),
        ("a.*", 1),
        ("l.1.*", 2),
        ("*.b", None),
    ],
)
def test_paths(path: str, value: object) -> None:
    assert find({"a": {"b": 1}, "l": [{}, {"c": 2}]}, path) == value


def test_numbers_are_the_same_by_their_worth() -> None:
    assert same(Decimal("86.5"), "86.50")
    assert same(0, "-0.00")
    assert same("abc", "abc")
    assert not same(None, "0")
    assert not same("abc", "1")
