"""Planted differences of each kind are found, and nothing else."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.domain.reconciliation import Difference, DifferenceKind, PlatformRow, compare
from mi_bridge.domain.settlement import AMOUNTS, Account, Amounts, Settlement, SettlementKind

ACCOUNT = Account("H99010100001", "310", "11", "990101")
NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - the platform's local time
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)


def settled(number: int, amounts: Amounts, *, of: int | None = None) -> Settlement:
    """A settlement, or the refund of one; a refund's number is its own."""
    kind = SettlementKind.SETTLEMENT if of is None else SettlementKind.REFUND
    return Settlement(
        number,
        kind,
        f"m{number}",
        f"s{number}",
        f"v{of or number}",
        f"p{of or number}",
        ACCOUNT,
        NOON,
        amounts,
    )


def shown(
    ours: Settlement, *, agrees: bool = True, amounts: Amounts | None = None, memo: str = ""
) -> PlatformRow:
    """The platform's row of a settlement of ours."""
    refund = ours.kind is SettlementKind.REFUND
    return PlatformRow(
        ours.psn_no,
        ours.mdtrt_id,
        ours.setl_id,
        "",
        agrees,
        refund,
        ours.amounts if amounts is None else amounts,
        memo,
    )


def alien(number: int, amounts: Amounts) -> PlatformRow:
    """A row only the platform has."""
    return PlatformRow(f"p{number}", "", "", f"m{number}", agrees=False, refund=False, amounts=amounts)


def negated(amounts: Amounts) -> Amounts:
    return Amounts(*(-getattr(amounts, name) for name in AMOUNTS))


Planted = tuple[list[Settlement], list[PlatformRow], Counter[tuple[str, str]]]


def _same(row: Settlement, other: Amounts) -> Planted:
    return [row], [shown(row)], Counter()


def _refunded(row: Settlement, other: Amounts) -> Planted:
    back = settled(row.request_id + 1000, negated(row.amounts), of=row.request_id)
    return [row, back], [shown(row), shown(back)], Counter()


def _only_ours(row: Settlement, other: Amounts) -> Planted:
    missing = shown(row, agrees=False, amounts=Amounts(), memo="无此结算")
    return [row], [missing], Counter({("ONLY_OURS", row.setl_id): 1})


def _left_out(row: Settlement, other: Amounts) -> Planted:
    return [row], [], Counter({("ONLY_OURS", row.setl_id): 1})


def _only_theirs(row: Settlement, other: Amounts) -> Planted:
    return [], [alien(row.request_id, row.amounts)], Counter({("ONLY_THEIRS", row.msgid): 1})


def _amount(row: Settlement, other: Amounts) -> Planted:
    return [row], [shown(row, agrees=False, amounts=other)], Counter({("AMOUNTS_DIFFER", row.setl_id): 1})


def _lie(row: Settlement, other: Amounts) -> Planted:
    return [row], [shown(row, agrees=True, amounts=other)], Counter({("AMOUNTS_DIFFER", row.setl_id): 1})


def _unexplained(row: Settlement, other: Amounts) -> Planted:
    return [row], [shown(row, agrees=False)], Counter({("UNEXPLAINED", row.setl_id): 1})


FATES = [_same, _same, _refunded, _only_ours, _left_out, _only_theirs, _amount, _lie, _unexplained]
AGREEING = (_same, _refunded)


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Settlement], list[PlatformRow], Counter[tuple[str, str]], bool]:
    """Both sides of a book, every difference that was planted (its kind and by what it is known), and what is listed."""
    lists_all = draw(st.booleans())
    ours: list[Settlement] = []
    theirs: list[PlatformRow] = []
    planted: Counter[tuple[str, str]] = Counter()
    for number, fate in enumerate(draw(st.lists(st.sampled_from(FATES), max_size=12)), 1):
        amounts = Amounts(draw(MONEY), draw(MONEY), draw(MONEY))
        name = draw(st.sampled_from(AMOUNTS))
        other = dataclasses.replace(amounts, **{name: getattr(amounts, name) + Decimal("0.01")})
        here, there, expected = fate(settled(number, amounts), other)
        ours += here
        theirs += there if lists_all or fate not in AGREEING else []
        planted += expected if lists_all or fate is not _left_out else Counter()
    return ours, draw(st.permutations(theirs)), planted, lists_all


def name_of(difference: Difference) -> tuple[str, str]:
    known = difference.ours.setl_id if difference.ours else difference.theirs and difference.theirs.msgid
    return difference.kind.value, str(known)


@given(books())
def test_every_planted_difference_is_found_and_nothing_else(
    book: tuple[list[Settlement], list[PlatformRow], Counter[tuple[str, str]], bool],
) -> None:
    ours, theirs, planted, lists_all = book

    found = compare(ours, theirs, lists_all=lists_all)

    assert Counter(map(name_of, found)) == planted
    for difference in found:
        assert bool(difference.differing) == (difference.kind is DifferenceKind.AMOUNTS_DIFFER)


@given(books())
def test_no_row_of_either_side_is_lost_or_used_twice(
    book: tuple[list[Settlement], list[PlatformRow], Counter[tuple[str, str]], bool],
) -> None:
    ours, theirs, _, _ = book

    found = compare(ours, theirs)

    assert len({id(one.ours) for one in found if one.ours}) == sum(one.ours is not None for one in found)
    assert len({id(one.theirs) for one in found if one.theirs}) == sum(
        one.theirs is not None for one in found
    )


ONE = Amounts(Decimal(1), Decimal(1), Decimal(0))


def test_which_amounts_differ_is_said() -> None:
    row = settled(1, ONE)

    found = compare(
        [row], [shown(row, agrees=False, amounts=Amounts(Decimal(2), Decimal("1.00"), Decimal(3)))]
    )

    assert [one.differing for one in found] == [("medfee_sumamt", "acct_pay")]


def test_a_row_without_numbers_is_matched_to_ours_by_its_message() -> None:
    row = settled(1, ONE)

    assert [one.kind for one in compare([row], [alien(1, ONE)])] == [DifferenceKind.UNEXPLAINED]
    assert [one.kind for one in compare([row], [alien(1, negated(ONE))])] == [DifferenceKind.AMOUNTS_DIFFER]


def test_a_refund_that_carries_its_settlements_number_is_told_from_it() -> None:
    row = settled(1, ONE)
    back = dataclasses.replace(settled(2, negated(ONE), of=1), setl_id="s1")

    assert compare([row, back], [shown(back), shown(row)]) == []
    assert [one.ours for one in compare([row, back], [shown(row)])] == [back]


def test_no_patient_in_a_repr() -> None:
    assert "p77" not in repr(shown(settled(77, ONE)))
