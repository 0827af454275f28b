"""No text is made twice, whichever layouts share the counter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.insurer.msgid_layout import MsgidLayout

NOON = 1642730400  # 2022-01-21 10:00:00 in China


def counter(lengths: list[tuple[MsgidLayout, int]], now: int) -> list[tuple[MsgidLayout, int]]:
    """What ``sp_mi_take_msgids`` hands out: the same rule, in the same words."""
    value, given_out = 0, []
    for layout, count in lengths:
        first = -(-max(value, now * 10_000) // layout.step) * layout.step
        value = first + count * layout.step
        given_out += [(layout, first + place * layout.step) for place in range(count)]
    return given_out


@given(st.lists(st.tuples(st.sampled_from(MsgidLayout), st.integers(1, 40)), max_size=20))
def test_sites_of_every_layout_on_one_counter_never_write_the_same(
    lengths: list[tuple[MsgidLayout, int]],
) -> None:
    texts = [layout.write(number) for layout, number in counter(lengths, NOON)]

    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("layout", "number", "text"),
    [
        (MsgidLayout.SEQUENCE, NOON * 10_000 + 9999, "202201211000009999"),
        (MsgidLayout.SECOND, NOON * 10_000, "20220121100000"),
        (MsgidLayout.MILLISECOND, NOON * 10_000 + 9990, "202201211000009991"),
    ],
)
def test_how_each_layout_writes(layout: MsgidLayout, number: int, text: str) -> None:
    assert layout.write(number) == text


@pytest.mark.parametrize(
    ("layout", "number"), [(MsgidLayout.SECOND, 10_001), (MsgidLayout.MILLISECOND, 10_001)]
)
def test_a_number_of_another_layout_is_never_written(layout: MsgidLayout, number: int) -> None:
    with pytest.raises(ValueError, match="no number of the layout"):
        layout.write(number)
