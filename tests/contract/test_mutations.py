"""Every shortcut of the model, taken in our own code or SQL, is caught: our tests would not let it pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hospitals import OdbcHospital
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from request_world import BrokenPromise, World
from shortcuts import SHORTCUTS, Shortcut

HISTORIES = tuple(dict.fromkeys(shortcut.history for shortcut in SHORTCUTS))
NAMES = [shortcut.name for shortcut in SHORTCUTS]


@pytest.fixture
def hospital_on(own_copy: str) -> Iterator[Callable[..., OdbcHospital]]:
    """A hospital on a database nobody else uses, with some routines replaced."""
    made: list[OdbcHospital] = []

    def make(*scripts: str) -> OdbcHospital:
        connection = DatabaseConnection(own_copy, Dialect.POSTGRESQL)
        for script in scripts:
            connection.run(script, "mutate")
        connection.close()
        made.append(OdbcHospital(own_copy))
        return made[-1]

    yield make
    for hospital in made:
        hospital.close()


def play(history: Callable[[World], None], hospital: Any) -> None:
    world = World([hospital])
    try:
        history(world)
    finally:
        world.close()


@pytest.mark.parametrize("history", HISTORIES, ids=[history.__name__ for history in HISTORIES])
def test_the_promises_hold_in_every_history(history: Callable[[World], None], installed: str) -> None:
    hospital = OdbcHospital(installed)
    play(history, hospital)
    assert hospital.everything()
    hospital.close()


@pytest.mark.parametrize("shortcut", SHORTCUTS, ids=NAMES)
def test_every_shortcut_is_caught(
    shortcut: Shortcut, hospital_on: Callable[..., OdbcHospital], monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital = hospital_on(*shortcut.scripts())
    shortcut.patch(monkeypatch)
    with pytest.raises(BrokenPromise, match=shortcut.breaks):
        play(shortcut.history, hospital)
