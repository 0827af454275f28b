"""Installs, upgrades and removes our objects, and tells what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mi_bridge import __version__
from mi_bridge.domain.interface import Interface
from mi_bridge.errors import SchemaError, StoreError, StoreRejected
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.script import (
    grants_script,
    install_script,
    interfaces_json,
    manifest,
    statements,
    uninstall_script,
)


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """What of ours a database holds.

    Args:
        installed: whether anything is.
        missing: names of the manifest that are not registered.
        outdated: name and version of what another release installed.
        database_time_ms: the database's clock, in milliseconds since 1970.
    """

    installed: bool
    missing: tuple[str, ...] = ()
    outdated: tuple[tuple[str, str], ...] = ()
    database_time_ms: int = 0

    @property
    def current(self) -> bool:
        """Whether everything is there in this release's version."""
        return self.installed and not self.missing and not self.outdated


class Installer:
    """Works on one database.

    Args:
        connection: with the right to create objects.
    """

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    def install(self, interfaces: Sequence[Interface]) -> None:
        """Install or upgrade; run again, it changes nothing.

        Raises:
            SchemaError: an object of one of our names exists and is not ours.
            StoreError: the database refused.
        """
        self._apply(install_script(self._connection.dialect, interfaces), "install")

    def uninstall(self, *, purge: bool) -> None:
        """Remove routines and views; with ``purge`` the tables and all they hold.

        Raises:
            SchemaError: mi-bridge is not installed here.
        """
        self._apply(uninstall_script(self._connection.dialect, purge=purge), "uninstall")

    def grant(self) -> None:
        """Make the roles and give each the least it needs."""
        self._apply(grants_script(self._connection.dialect), "grants")

    def sync_interfaces(self, interfaces: Sequence[Interface]) -> int:
        """Bring the table of interfaces up to date; return how many rows changed."""
        rows = self._connection.call("sp_mi_sync_interfaces", interfaces_json(interfaces))
        return int(rows[0][0]) if rows else 0

    def sync_msgid_step(self, step: int) -> bool:
        """Tell the database how far apart the site's message numbers are; return whether that is news to it."""
        rows = self._connection.call("sp_mi_sync_msgid_step", step)
        return bool(rows and rows[0][0])

    def status(self) -> SchemaStatus:
        """Tell what is installed.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        try:
            rows = self._connection.call("sp_mi_schema")
        except StoreRejected:
            return SchemaStatus(installed=False)
        found = {row[0]: row[2] for row in rows}
        missing = tuple(item.name for item in manifest() if item.name not in found)
        outdated = tuple((name, version) for name, version in found.items() if version != __version__)
        return SchemaStatus(bool(rows), missing, outdated, int(rows[0][4]) if rows else 0)

    def _apply(self, script: str, action: str) -> None:
        dialect = self._connection.dialect
        parts = list(statements(dialect, script))
        try:
            self._run(dialect, parts, action)
        except StoreError as error:
            # what the script set for its session (T-SQL's NOEXEC) must not be inherited
            self._connection.close()
            if error.sqlstate in ("MI900", "MI901") or "mi-bridge" in error.message:
                raise SchemaError(error.message, sqlstate=error.sqlstate) from None
            raise

    def _run(self, dialect: Dialect, parts: list[str], action: str) -> None:
        if dialect is Dialect.POSTGRESQL:
            self._connection.transaction(parts, action)
            return
        # T-SQL cannot create procedures in one batch with others; each batch of ours may run again
        for part in parts:
            self._connection.run(part, action)
