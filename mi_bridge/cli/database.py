"""The connections that commands use: made for one command, closed after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mi_bridge.settings import Settings
    from mi_bridge.store.connection import DatabaseConnection
    from mi_bridge.store.his import HisClient


@contextmanager
def connected(settings: Settings) -> Iterator[DatabaseConnection]:
    """Give a connection as the bridge has it.

    Raises:
        ConfigurationError: no ODBC driver is installed.
    """
    from mi_bridge.daemon import connect

    connection = connect(settings)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def as_his(settings: Settings) -> Iterator[HisClient]:
    """Give HIS's procedures over a connection of their own.

    Raises:
        ConfigurationError: no ODBC driver is installed.
    """
    from mi_bridge.store.address import connection_string
    from mi_bridge.store.dialect import Dialect
    from mi_bridge.store.his import HisClient, HisConnection

    database = settings.database
    client = HisClient(
        HisConnection(
            connection_string(database),
            Dialect(database.dialect),
            connect_timeout_s=round(database.connect_timeout_s),
        )
    )
    try:
        yield client
    finally:
        client.close()
