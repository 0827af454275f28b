"""Databases for tests.

They come from the server that ``MI_BRIDGE_TEST_POSTGRESQL`` names (an ODBC connection string of a superuser), else
from a private one that the first test to need it starts and the last process to use it stops; pytest-xdist's workers
share it.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.private_cluster import PrivateCluster

_PROJECT = Path(__file__).parent.parent
_EMPTY = "template0"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A superuser's ODBC connection string."""
    given = os.environ.get("MI_BRIDGE_TEST_POSTGRESQL")
    if given:
        yield given
        return
    with PrivateCluster(_PROJECT / ".run" / "test-postgresql", durable=False).shared() as address:
        yield address.connection_string()


@pytest.fixture(scope="session")
def new_database(postgresql_server: str) -> Iterator[Callable[..., str]]:
    """Create a database and return its ODBC connection string; dropped when the session ends.

    Called without an argument it gives an empty database; called with the connection string of another one, to
    which nobody is connected, a copy of it.
    """
    administrator = load_pyodbc().connect(postgresql_server, autocommit=True)
    created: list[str] = []

    def create(template: str = "") -> str:
        created.append(f"mi_bridge_test_{uuid.uuid4().hex[:12]}")
        source = _name_of(template) if template else _EMPTY
        administrator.execute(f'CREATE DATABASE "{created[-1]}" TEMPLATE "{source}"')
        return _with_database(postgresql_server, created[-1])

    yield create
    for name in created:
        _drop(administrator, name)
    administrator.close()


@pytest.fixture
def database(new_database: Callable[..., str], postgresql_server: str) -> Iterator[str]:
    """The ODBC connection string of an empty database of the test's own."""
    connection_string = new_database()
    yield connection_string
    administrator = load_pyodbc().connect(postgresql_server, autocommit=True)
    _drop(administrator, _name_of(connection_string))
    administrator.close()


def _with_database(connection_string: str, name: str) -> str:
    return re.sub(r"(?i)\bDatabase=[^;]*", f"Database={name}", connection_string)


def _name_of(connection_string: str) -> str:
    found = re.search(r"(?i)\bDatabase=([^;]*)", connection_string)
    assert found is not None
    return found[1]


def _drop(administrator: Any, name: str) -> None:
    """Drop a database even while a test's leftovers are connected, on PostgreSQL 12 too (no WITH FORCE)."""
    if administrator.execute("SELECT 1 FROM pg_database WHERE datname = ?", name).fetchone() is None:
        return
    administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?", name
    ).fetchall()
    administrator.execute(f'DROP DATABASE "{name}"')


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed must not depend on the window the suite was started in; a test of narrow output sets its own."""
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture(autouse=True, scope="session")
def _forgetful_loggers() -> Iterator[None]:
    """A logger that remembers how it was set up when it was first used would not be seen by the tests that come after."""
    configure = structlog.configure
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            structlog,
            "configure",
            lambda **options: configure(**{**options, "cache_logger_on_first_use": False}),
        )
        yield
