"""Whom the doctor examines, and what a probe says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mi_bridge.cli.choice import SettingsChoice

if TYPE_CHECKING:
    from mi_bridge.insurer.profile import Profile
    from mi_bridge.settings import Settings
    from mi_bridge.store.connection import DatabaseConnection


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """It works, and somebody should look."""
    FAIL = "fail"
    """It does not work."""
    SKIP = "skip"
    """It could not be looked at; another finding says why, or it does not matter here."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding.

    Args:
        level: how bad it is.
        message: what was found.
        remedy: what to do about it; empty where there is nothing to do.
    """

    level: Level
    message: str
    remedy: str = ""


@dataclass(slots=True)
class Patient:
    """An installation.

    Args:
        choice: its settings, as named on the command line.
        settings: once they are read; None when they are wrong.
        profile: the site's, once it is read.
        connection: to its database, once made; None when there is none.
        schema: the rows of ``sp_mi_schema``, once they are read.
        clock_off_s: how far this host's clock is ahead of the database's, once both are read.
    """

    choice: SettingsChoice
    settings: Settings | None = None
    profile: Profile | None = None
    connection: DatabaseConnection | None = None
    schema: list[Any] = field(default_factory=list)
    clock_off_s: float | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self.connection is not None:
            self.connection.close()


Probe = Callable[[Patient], Iterator[Verdict]]
