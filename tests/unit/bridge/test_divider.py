"""Dividing a claimed request: what goes in parts, what goes as it is, and what goes not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mi_bridge.bridge.divider import StoredDivider, Undivided
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import ClaimedRequest, Lease
from mi_bridge.errors import MalformedInput

PARTS = (Part(1, 1, 9, "{}"), Part(2, 10, 3, "{}"))


class Database:
    """Notes what it is asked to write, and answers as told."""

    def __init__(self, answer: int) -> None:
        self.answer = answer
        self.written: list[tuple[Lease, Sequence[Part], str | None]] = []

    async def make(self, lease: Lease, parts: Sequence[Part], check_report: str | None) -> int:
        self.written.append((lease, parts, check_report))
        return self.answer


def request(**fields: Any) -> ClaimedRequest:
    return ClaimedRequest(
        Lease(7, 2), "2301", **({"input_data": "{}"} | fields), money_class=MoneyClass.MONEY
    )


async def test_nothing_is_divided_without_rules() -> None:
    assert not await Undivided().divide(request(), None)


async def test_what_fits_goes_as_it_is() -> None:
    database = Database(2)
    assert not await StoredDivider(lambda _: (), database.make).divide(request(), None)
    assert database.written == []


@pytest.mark.parametrize("text", ["{}", f'{{"x": "{"长" * 20_000}"}}'])
async def test_what_is_too_large_is_written_in_parts(text: str) -> None:
    database = Database(2)
    divider = StoredDivider(lambda one: PARTS if one.input_data == text else (), database.make)
    assert await divider.divide(request(input_data=text), "提醒")
    assert database.written == [(Lease(7, 2), PARTS, "提醒")]


@pytest.mark.parametrize(("answer", "gone"), [(0, True), (-1, False)])
async def test_the_database_has_the_last_word(answer: int, gone: bool) -> None:
    assert await StoredDivider(lambda _: PARTS, Database(answer).make).divide(request(), None) is gone


async def test_what_may_have_been_sent_whole_stays_whole() -> None:
    database = Database(2)
    assert not await StoredDivider(lambda _: PARTS, database.make).divide(request(sends=1), None)
    assert database.written == []


async def test_what_cannot_be_divided_is_refused() -> None:
    def plan(_: ClaimedRequest) -> Sequence[Part]:
        raise MalformedInput("第 1 行")

    with pytest.raises(MalformedInput):
        await StoredDivider(plan, Database(2).make).divide(request(), None)
