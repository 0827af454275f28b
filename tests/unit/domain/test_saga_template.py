"""Templates: tables, lists, ``*`` and ``for_each``."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.domain.exact_json import Number, read, write
from mi_bridge.domain.saga_expression import ABSENT, ExpressionError
from mi_bridge.domain.saga_template import expressions, render

SCOPE: dict[str, Any] = {
    "input": read(
        '{"psn_no":"P1","more":{"a":1.0,"psn_no":"no"},"rows":[{"sn":"1","cnt":2.50},{"sn":"2","cnt":1}],"text":"x"}'
    )
}


def test_a_table_is_filled_field_by_field() -> None:
    made = render(
        {"data": {"psn_no": "${input.psn_no}", "none": "${input.none?}", "fix": Number("1.50"), "n": 3}},
        SCOPE,
    )
    assert write(made) == '{"data":{"psn_no":"P1","fix":1.50,"n":3}}'


def test_star_takes_over_an_object_and_later_keys_come_on_top() -> None:
    assert (
        write(render({"*": "${input.more}", "psn_no": "${input.psn_no}"}, SCOPE)) == '{"a":1.0,"psn_no":"P1"}'
    )
    assert render({"psn_no": "x", "*": "${input.more}"}, SCOPE)["psn_no"] == "no"
    assert render({"*": "${input.none?}", "b": "y"}, SCOPE) == {"b": "y"}


def test_for_each_makes_one_entry_a_row() -> None:
    template = {"for_each": "${input.rows}", "item": {"*": "${item}", "psn_no": "${input.psn_no}"}}
    assert (
        write(render(template, SCOPE))
        == '[{"sn":"1","cnt":2.50,"psn_no":"P1"},{"sn":"2","cnt":1,"psn_no":"P1"}]'
    )
    assert render({"for_each": "${input.rows}", "item": "${item.none?}"}, SCOPE) == []


def test_what_is_optional_is_left_out_of_tables_and_lists() -> None:
    assert render(["${input.none?}", "${input.text}"], SCOPE) == ["x"]
    assert render({"rows": {"for_each": "${input.none?}", "item": "${item}"}}, SCOPE) == {}
    assert render("${input.none?}", SCOPE) is ABSENT


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ({"data": {"a": "${input.none}"}}, "data.a"),
        ({"rows": ["x", "${input.none}"]}, "rows.1"),
        ({"rows": {"for_each": "${input.rows}", "item": {"a": "${item.none}"}}}, "rows.0.a"),
        ({"rows": {"for_each": "${input.text}", "item": "x"}}, "rows"),
        ({"data": {"*": "${input.text}"}}, "data"),
    ],
)
def test_what_cannot_be_made_is_told_with_its_place(template: Any, place: str) -> None:
    with pytest.raises(ExpressionError) as fault:
        render(template, SCOPE)
    assert str(fault.value).startswith(f"{place}：")


def test_every_path_is_listed_with_its_place() -> None:
    template = {
        "a": ["${input.x | steps.s.output}"],
        "b": {"for_each": "${input.rows}", "item": "${item.y[k=input.z]}"},
        "c": Number("1"),
    }
    found = [(place, path.text, inside) for place, path, inside in expressions(template, place="input")]
    assert found == [
        ("input.a.0", "input.x", False),
        ("input.a.0", "steps.s.output", False),
        ("input.b.for_each", "input.rows", False),
        ("input.b.item", "item.y[k=input.z]", True),
        ("input.b.item", "input.z", True),
    ]


@pytest.mark.parametrize(
    "template", [{"for_each": "${input.x}"}, {"for_each": "${input.x}", "item": 1, "more": 2}]
)
def test_a_for_each_has_two_keys(template: Any) -> None:
    with pytest.raises(ExpressionError, match="for_each 和 item"):
        list(expressions(template))


def test_a_wrong_expression_is_told_with_its_place() -> None:
    with pytest.raises(ExpressionError, match=r"^input\.a："):
        list(expressions({"a": "${input"}, place="input"))
