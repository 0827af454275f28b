"""A condition is told when it changes."""

from __future__ import annotations

import pytest

from mi_bridge.bridge.condition import Condition
from mi_bridge.errors import StoreUnavailable


class Database:
    """Notes what it is told; away while told so."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.away = False

    async def report(self, kind: str, message: str) -> None:
        if self.away:
            raise StoreUnavailable("gone")
        self.told.append((kind, message))


async def test_it_is_told_when_it_changes_and_not_again() -> None:
    database, condition = Database(), Condition("BREAKER_OPEN")
    for message in ("", "", "open", "open", "wide open", ""):
        await condition.tell(database.report, message)
    assert database.told == [("BREAKER_OPEN", message) for message in ("", "open", "wide open", "")]


async def test_what_the_database_did_not_take_is_told_again() -> None:
    database, condition = Database(), Condition("BREAKER_OPEN")
    database.away = True
    with pytest.raises(StoreUnavailable):
        await condition.tell(database.report, "open")
    database.away = False
    assert condition.is_news("open")
    await condition.tell(database.report, "open")
    assert database.told == [("BREAKER_OPEN", "open")]
