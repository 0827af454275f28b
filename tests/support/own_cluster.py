"""A PostgreSQL server of a test's own, to be stopped and started at will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mi_bridge.domain.interface import Interface
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.installer import Installer
from mi_bridge.store.private_cluster import PrivateCluster


class OwnCluster:
    """One server with our SQL in each of its databases. Its address outlives a restart.

    Args:
        cluster: the server.
        interfaces: the catalogue its databases know.
    """

    def __init__(self, cluster: PrivateCluster, interfaces: Sequence[Interface]) -> None:
        self._cluster = cluster
        self._interfaces = interfaces
        self._made = 0

    @property
    def log(self) -> str:
        """Everything the server has said."""
        return self._cluster.log_file.read_text(errors="replace")

    def new_database(self) -> str:
        """Return the ODBC connection string of a new database with everything installed."""
        address = self._cluster.start()
        self._made += 1
        name = f"hospital_{self._made}"
        administrator = load_pyodbc().connect(address.connection_string(), autocommit=True)
        administrator.execute(f"CREATE DATABASE {name}")
        administrator.close()
        connection = DatabaseConnection(address.connection_string(name), Dialect.POSTGRESQL)
        Installer(connection).install(self._interfaces)
        Installer(connection).grant()
        connection.close()
        return address.connection_string(name)

    def stop(self) -> None:
        """Stop the server; every connection is lost."""
        self._cluster.stop()

    def start(self) -> None:
        """Start it again, with all it held."""
        self._cluster.start()


@contextmanager
def own_cluster(folder: Path, interfaces: Sequence[Interface]) -> Iterator[OwnCluster]:
    """Run a server within a block; nothing of it stays."""
    cluster = PrivateCluster(folder, durable=False)
    try:
        yield OwnCluster(cluster, interfaces)
    finally:
        cluster.destroy()
