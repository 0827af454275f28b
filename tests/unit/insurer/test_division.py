"""Dividing an input: nothing lost, nothing reordered, nothing rewritten, no limit passed."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings
from pydantic import ValidationError

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.division import divide, fits_at_a_glance
from mi_bridge.insurer.input_text import read_input
from mi_bridge.insurer.profile import Division, Profile, load_profile

NODE = "feedetail"
# what no input may hold is refused before anything is divided
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
NUMBERS = ("2.00", "1e5", "12345678901234567890", "0", "-3.50")


def parts(text: str, **rule: Any) -> list[tuple[int, int, str]]:
    found = divide(read_input(text, limit_bytes=10**7), NODE, Division(node=NODE, **rule))
    return [(part.first_row, part.row_count, part.input_data) for part in found]


@st.composite
def inputs(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """An input in HIS's own hand, its rows, and the batch of each."""
    batches = draw(st.lists(st.sampled_from(["", "A", "B", "C"]), min_size=1, max_size=25))
    if draw(st.booleans()):
        batches.sort()
    gap = draw(st.sampled_from(["", " ", "\n\t"]))
    rows = [
        f'{{{gap}"chrg_bchno":"{batch}",{gap}"cnt":{draw(st.sampled_from(NUMBERS))}, "名":{json.dumps(draw(TEXTS))}}}'
        for batch in batches
    ]
    before, after = draw(st.sampled_from([('"a": 1.0, ', ""), ("", ', "z": {"n": 2.00}'), ("", "")]))
    return f'{{{before}"{NODE}":{gap}[{gap}{f",{gap}".join(rows)}{gap}]{after}}}', rows, batches


@given(
    made=inputs(),
    limit=st.integers(0, 8),
    size=st.sampled_from([0, 200, 400, 1000]),
    together=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_parts_are_the_rows_in_their_order_whole_and_within_the_limits(
    made: tuple[str, list[str], list[str]], limit: int, size: int, together: bool
) -> None:
    assume(limit or size)
    text, rows, batches = made
    rule = {"rows": limit, "bytes": size, "keep_together": "chrg_bchno" if together else ""}
    try:
        found = parts(text, **rule)
    except MalformedInput:
        assert together or size  # a row limit alone never stands in one row's way
        return
    if not found:
        assert not limit or len(rows) <= limit
        assert not size or len(text.encode()) <= size
        return
    assert [first for first, _, _ in found] == [
        1 + sum(count for _, count, _ in found[:place]) for place in range(len(found))
    ]
    seen: list[str] = []
    for first, count, part in found:
        assert not limit or count <= limit
        assert not size or len(part.encode()) <= size
        source = read_input(part, limit_bytes=10**7)
        assert source.rows(NODE) == tuple(rows[first - 1 : first - 1 + count])
        others = {name: piece for name, piece in source.slices().items() if name != NODE}
        whole = read_input(text, limit_bytes=10**7).slices()
        assert others == {name: piece for name, piece in whole.items() if name != NODE}
        seen += source.rows(NODE)
    assert seen == rows
    if together:
        edges = {first - 1 for first, _, _ in found[1:]}
        for batch in set(batches) - {""}:
            places = [place for place, name in enumerate(batches) if name == batch]
            assert not edges & set(range(places[0] + 1, places[-1] + 1)), "a batch was parted"


def test_what_fits_is_not_divided() -> None:
    assert parts('{"feedetail":[{"a":1},{"a":2}]}', rows=2) == []
    assert parts('{"feedetail":null}', rows=2) == []
    assert parts('{"other":[{"a":1},{"a":2},{"a":3}]}', rows=2) == []


def test_as_many_rows_as_go_into_a_call() -> None:
    text = json.dumps({"feedetail": [{"n": n} for n in range(250)]})
    assert [(first, count) for first, count, _ in parts(text, rows=99)] == [(1, 99), (100, 99), (199, 52)]


def test_batches_stay_whole_and_share_a_call() -> None:
    rows = [{"chrg_bchno": batch} for batch in ("A", "A", "B", "C", "C", "C")]
    found = parts(json.dumps({"feedetail": rows}), rows=3, keep_together="chrg_bchno")
    assert [(first, count) for first, count, _ in found] == [(1, 3), (4, 3)]


def test_a_number_is_kept_together_by_its_text() -> None:
    found = parts('{"feedetail":[{"b":7},{"b":7},{"b":8},{"b":null},{}]}', rows=2, keep_together="b")
    assert [(first, count) for first, count, _ in found] == [(1, 2), (3, 2), (5, 1)]


@pytest.mark.parametrize(
    ("rows", "rule", "words"),
    [
        (
            [{"x": "a" * 300}, {"x": "b"}],
            {"bytes": 200},
            ["feedetail 的第 1 行", "字节", "上限（200 字节）", "没有发送", "减少该行内容"],
        ),
        (
            [{"x": 1}, *[{"chrg_bchno": "B7"}] * 4],
            {"rows": 3, "keep_together": "chrg_bchno"},
            ["第 2 至 5 行", "4 行", "chrg_bchno B7", "上限（3 行）", "拆成多个批次"],
        ),
        (
            [{"chrg_bchno": name} for name in ("A", "B", "A", "B")],
            {"rows": 3, "bytes": 4000, "keep_together": "chrg_bchno"},
            ["第 1 至 4 行", "A、B", "交错", "上限（3 行、4000 字节）", "排在一起"],
        ),
    ],
)
def test_what_cannot_be_divided_is_named(rows: list[Any], rule: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(MalformedInput) as refused:
        parts(json.dumps({"feedetail": rows}), **rule)
    for word in words:
        assert word in refused.value.message


@given(text=st.text(alphabet='{"a药𠮷', max_size=60), rows=st.integers(1, 5), size=st.integers(1, 100))
def test_a_glance_never_lets_too_much_pass(text: str, rows: int, size: int) -> None:
    if fits_at_a_glance(text, Division(node=NODE, rows=rows, bytes=size)):
        assert text.count("{") <= rows
        assert len(text.encode()) <= size


def test_stop_is_written_on_every_part() -> None:
    source = read_input('{"feedetail":[{},{}]}', limit_bytes=1000)
    for word, stops in (("stop", True), ("continue", False)):
        rule = Division.model_validate({"node": NODE, "rows": 1, "on_refusal": word})
        assert [part.stop_on_refusal for part in divide(source, NODE, rule)] == [stops] * 2


def site(infno: str, division: dict[str, Any]) -> dict[str, Any]:
    values = load_profile("demo").model_dump(exclude_unset=True)
    return values | {"interfaces": {infno: {"division": {"rows": 99} | division}}}


def test_a_rule_needs_a_limit() -> None:
    with pytest.raises(ValueError, match="needs rows, bytes or both"):
        Division(node=NODE)


@pytest.mark.parametrize(("infno", "node"), [("2301", "feedetial"), ("2207", "data"), ("4401", "baseinfo")])
def test_a_rule_names_a_list_of_the_transaction(infno: str, node: str) -> None:
    with pytest.raises(ValidationError, match=f"'{node}', which is no list of this transaction"):
        Profile.model_validate(site(infno, {"node": node}))


def test_a_rule_for_a_list_is_taken() -> None:
    profile = Profile.model_validate(site("4401", {"node": "diseinfo"}))
    assert profile.division("4401") is not None
    assert profile.division("2304") is None
    assert profile.catalogue().get("4401").infno == "4401"
