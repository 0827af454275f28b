"""Walks that nobody shows where to go, through our own code with one shortcut of the model taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis.errors import Flaky

from hospitals import INTERFACES, OdbcHospital
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer
from request_world import BrokenPromise
from shortcuts import SHORTCUTS, Shortcut
from walk import Explored, Walk, explore

_WALKS = 25


@pytest.fixture
def installed(new_database: Callable[..., str]) -> str:
    """A database with our SQL in it, to which nobody is connected."""
    connection_string = new_database()
    connection = DatabaseConnection(connection_string, Dialect.POSTGRESQL)
    Installer(connection).install(INTERFACES)
    connection.close()
    return connection_string


def _caught(shortcut: Shortcut, database: str) -> bool:
    connection = DatabaseConnection(database, Dialect.POSTGRESQL)
    for script in shortcut.scripts():
        connection.run(script, "mutate")
    connection.close()
    hospital = OdbcHospital(database)

    walks: list[Explored] = []

    def begin(explored: Explored) -> Walk:
        walks.append(explored)
        hospital.forget()
        return Walk((hospital,), explored)

    # a walk that is walked again may go otherwise: the database's clock has gone on
    with suppress(BrokenPromise, Flaky):
        explore(begin, walks=_WALKS, length=100, same_each_time=False)
    hospital.close()
    return any(explored.broken for explored in walks)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_chance_finds_shortcuts_too(
    installed: str, new_database: Callable[..., str], figures: Callable[[str], None]
) -> None:
    """Each is found for certain by its own history; how many chance finds, in so few walks, shows how far the walks come."""
    missed = []
    for shortcut in SHORTCUTS:
        with pytest.MonkeyPatch.context() as patch:
            shortcut.patch(patch)
            if not _caught(shortcut, new_database(installed)):
                missed.append(shortcut.name)

    figures(
        f"{len(SHORTCUTS) - len(missed)} of {len(SHORTCUTS)} found in {_WALKS} walks each; not: {'; '.join(missed)}"
    )
    assert len(SHORTCUTS) - len(missed) >= len(SHORTCUTS) // 4
