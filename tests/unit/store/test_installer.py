"""The installer on SQL Server, which cannot be run here; on PostgreSQL the contract tests prove it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from mi_bridge import __version__
from mi_bridge.errors import SchemaError, StoreRejected
from mi_bridge.resources import folder
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer, SchemaStatus
from mi_bridge.store.script import manifest

pytestmark = pytest.mark.skipif(
    not (folder("sql") / "sqlserver" / "install").is_dir(), reason="sql/sqlserver is not in this checkout"
)


class SqlServer:
    """Stands for a connection to SQL Server and keeps what was run."""

    dialect = Dialect.SQLSERVER

    def __init__(self, failure: StoreRejected | None = None, rows: list[Any] | None = None) -> None:
        self.batches: list[str] = []
        self.failure = failure
        self.rows = rows or []
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def run(self, script: str, action: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.batches.append(f"{action}: {script}")

    def call(self, routine: str, *_: Any) -> list[Any]:
        return self.rows


def installer(server: SqlServer) -> Installer:
    return Installer(cast("DatabaseConnection", server))


def test_each_batch_goes_by_itself() -> None:
    server = SqlServer()
    installer(server).install([])
    installer(server).grant()
    installer(server).uninstall(purge=True)
    assert len(server.batches) > 50
    assert {batch.split(":")[0] for batch in server.batches} == {"install", "grants", "uninstall"}
    assert not any(line.strip() == "GO" for batch in server.batches for line in batch.splitlines())


def test_a_guard_that_stops_the_install_is_a_schema_error() -> None:
    refusal = StoreRejected("install failed (42000): objects were not made by mi-bridge.", sqlstate="42000")
    server = SqlServer(refusal)
    with pytest.raises(SchemaError, match="not made by mi-bridge"):
        installer(server).install([])
    assert server.closed, "or NOEXEC would swallow what this connection is asked next"


def test_another_refusal_stays_what_it_is() -> None:
    refusal = StoreRejected("install failed (42000): CREATE TABLE permission denied.", sqlstate="42000")
    with pytest.raises(StoreRejected, match="permission denied"):
        installer(SqlServer(refusal)).install([])


def test_status_of_a_whole_installation() -> None:
    rows = [(item.name, item.kind, __version__, None, 1_790_000_000_000) for item in manifest()]
    status = installer(SqlServer(rows=rows)).status()
    assert status.current
    assert status.database_time_ms == 1_790_000_000_000


def test_no_row_is_no_installation() -> None:
    status = installer(SqlServer()).status()
    assert (status.installed, status.current) == (False, False)
    assert installer(SqlServer()).sync_interfaces([]) == 0
    assert not SchemaStatus(installed=True, missing=("x",)).current
