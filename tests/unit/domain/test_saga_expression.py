"""The language of a saga's templates, expression by expression."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.domain.exact_json import Number, read
from mi_bridge.domain.saga_expression import ABSENT, ExpressionError, fill, parse

SCOPE: dict[str, Any] = {
    "input": read(
        '{"psn_no":"P1","sum":100.50,"none":null,"rows":[{"no":"7","id":"A"},{"no":"8","id":"B"}],"flag":true,"n":7}'
    ),
    "steps": {"register": {"output": {"data": {"mdtrt_id": "V1"}}}},
    "saga": {"id": "12"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${input.psn_no}", "P1"),
        ("${ input.psn_no }", "P1"),
        ("${steps.register.output.data.mdtrt_id}", "V1"),
        ("${input.rows.1.id}", "B"),
        ("${input.rows[no='8'].id}", None),
        ("${input.rows[no=input.n].id}", "A"),
        ("${input.none | input.psn_no}", "P1"),
        ("${input.missing|'310'}", "310"),
        ("${input.missing | 'a|b}c'}", "a|b}c"),
        ("${input.missing | 0.00}", Number("0.00")),
        ("${input.missing | false}", False),
        ("${input.flag}", True),
        ("F${saga.id}-${input.sum}", "F12-100.50"),
        ("[${input.missing?}]", "[]"),
        ("$$5 ${input.psn_no}$", "$5 P1$"),
        ("$${input.psn_no}", "${input.psn_no}"),
        ("{x}", "{x}"),
    ],
)
def test_an_expression_gives_its_value(text: str, value: Any) -> None:
    if value is None:
        with pytest.raises(ExpressionError):
            parse(text)
        return
    assert fill(text, SCOPE) == value


def test_a_number_keeps_its_type_and_digits() -> None:
    value = fill("${input.sum}", SCOPE)
    assert isinstance(value, Number)
    assert value == "100.50"


def test_what_is_optional_is_left_out() -> None:
    assert fill("${input.missing?}", SCOPE) is ABSENT
    assert fill("${input.missing | input.none ?}", SCOPE) is ABSENT


@pytest.mark.parametrize(
    "text",
    ["${input.missing}", "${input.none}", "${input.rows.2.id}", "${input.psn_no.0}", "${item.x}",
     "${input.rows[id=input.psn_no].no}", "${input.rows[no=input.rows].id}", "${input.psn_no.x}"],
)  # fmt: skip
def test_what_is_not_there_is_told_by_its_path(text: str) -> None:
    with pytest.raises(ExpressionError, match="没有值") as fault:
        fill(text, SCOPE)
    assert text in str(fault.value)


def test_two_entries_that_match_are_none() -> None:
    scope = {"input": {"rows": [{"no": "1", "id": "A"}, {"no": "1", "id": "B"}], "no": "1"}}
    with pytest.raises(ExpressionError):
        fill("${input.rows[no=input.no].id}", scope)


def test_one_object_matches_as_a_list_of_one() -> None:
    assert fill("${input.row[no=input.no].id}", {"input": {"row": {"no": "1", "id": "A"}, "no": "1"}}) == "A"


def test_an_object_is_no_part_of_a_text() -> None:
    with pytest.raises(ExpressionError, match="不能拼入文字"):
        fill("x${input.rows}", SCOPE)


@pytest.mark.parametrize(
    "text",
    ["${", "${input.a", "x ${input.a ${y}", "${}", "${?}", "${input.a |}", "${| input.a}", "${outcome.x}", "${input..a}",
     "${input.a b}", "${input.a[0]}", "${input.a[x=]}", "${INPUT.a}", "${'open}", "${input.a + 1}", "${__import__('os')}"],
)  # fmt: skip
def test_a_wrong_form_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)
