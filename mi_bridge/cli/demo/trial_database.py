"""The demo's database: fresh for every run, with our objects in it and a login for each side."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mi_bridge.daemon import interfaces_of
from mi_bridge.errors import StoreError
from mi_bridge.insurer.profile import load_profile
from mi_bridge.resources import folder
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer
from mi_bridge.store.private_cluster import ClusterAddress
from mi_bridge.store.script import statements

NAME = "mi_bridge_demo"
HIS_LOGIN = "mi_demo_his"
BRIDGE_LOGIN = "mi_demo_bridge"
_IN_USE = "55006"
_LEAVING_S = 10.0
_LOOK_S = 0.02


def make_database(address: ClusterAddress, passwords: Mapping[str, str]) -> None:
    """Make the database anew, the way a DBA would: install, grants, logins.

    Args:
        address: of the server, as its superuser.
        passwords: by login.

    Raises:
        StoreError: the server refused.
    """
    with _superuser(address, "postgres") as server:
        for statement in _statements("new_database", {}):
            run_patiently(server, statement)
    with _superuser(address, NAME) as connection:
        installer = Installer(connection)
        installer.install(interfaces_of(load_profile("demo").catalogue()))
        installer.grant()
        words = {"his_password": passwords[HIS_LOGIN], "bridge_password": passwords[BRIDGE_LOGIN]}
        connection.transaction(_statements("logins", words), "logins")


def run_patiently(server: DatabaseConnection, statement: str) -> None:
    """Run a statement that the last run's connections may still be in the way of: a session sent away takes a moment.

    Raises:
        StoreError: the server refused, or somebody stays.
    """
    give_up = time.monotonic() + _LEAVING_S
    while True:
        try:
            server.run(statement, "new_database")
        except StoreError as error:
            if error.sqlstate != _IN_USE or time.monotonic() > give_up:
                raise
            time.sleep(_LOOK_S)
        else:
            return


@contextmanager
def _superuser(address: ClusterAddress, database: str) -> Iterator[DatabaseConnection]:
    connection = DatabaseConnection(address.connection_string(database), Dialect.POSTGRESQL)
    try:
        yield connection
    finally:
        connection.close()


def _statements(name: str, words: Mapping[str, str]) -> list[str]:
    text = (folder("sql") / "postgresql" / "demo" / f"{name}.sql").read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"{{{{{word}}}}}", value)
    return list(statements(Dialect.POSTGRESQL, text))
