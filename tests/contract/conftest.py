"""The hospital's side of the contract, played on a real database over ODBC and on the store in memory alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hospitals import INTERFACES, MemoryHospital, OdbcHospital
from mi_bridge.domain.interface import Interface
from mi_bridge.domain.request import Attempt, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.installer import Installer


@pytest.fixture(scope="session")
def interfaces() -> tuple[Interface, ...]:
    """The catalogue the template database holds."""
    return INTERFACES


@pytest.fixture(scope="session")
def template(new_database: Callable[..., str]) -> str:
    """A database with our SQL in it, to which nobody is connected."""
    connection_string: str = new_database()
    connection = DatabaseConnection(connection_string, Dialect.POSTGRESQL)
    Installer(connection).install(INTERFACES)
    connection.close()
    return connection_string


@pytest.fixture
def own_copy(
    new_database: Callable[..., str], template: str, drop_database: Callable[[str], None]
) -> Iterator[str]:
    """The connection string of a copy of the template, for a test that changes more than rows."""
    connection_string = new_database(template)
    yield connection_string
    drop_database(connection_string)


@pytest.fixture(scope="session")
def shared_copy(
    new_database: Callable[..., str], template: str, drop_database: Callable[[str], None]
) -> Iterator[tuple[str, Any]]:
    """A copy of the template that tests share one after another, and a connection that empties it."""
    connection_string = new_database(template)
    administrator = load_pyodbc().connect(connection_string, autocommit=True)
    yield connection_string, administrator
    administrator.close()
    drop_database(connection_string)


@pytest.fixture
def installed(shared_copy: tuple[str, Any]) -> str:
    """The connection string of a database with our SQL and no rows; a module that changes more uses ``own_copy``."""
    connection_string, administrator = shared_copy
    administrator.execute(
        "TRUNCATE medical_insurance_requests, medical_insurance_responses, medical_insurance_attempts, "
        "medical_insurance_error_log, medical_insurance_limits, medical_insurance_limit_usage, "
        "medical_insurance_conditions, medical_insurance_decisions, medical_insurance_terms, medical_insurance_sign_ins, sdk_heartbeat, medical_insurance_sagas, medical_insurance_saga_steps, "
        "medical_insurance_job_runs, medical_insurance_catalogue_syncs, medical_insurance_catalogue_items, "
        "medical_insurance_saga_definitions, medical_insurance_saga_decisions, medical_insurance_settlements, "
        "medical_insurance_reconciliation_runs, medical_insurance_reconciliation_totals, medical_insurance_reconciliation_cases "
        "RESTART IDENTITY"
    )
    administrator.execute("UPDATE medical_insurance_counters SET counter_value = 0")
    return connection_string


@pytest.fixture(scope="session")
def drop_database(postgresql_server: str) -> Iterator[Callable[[str], None]]:
    """Drop a database at once, so that hundreds of copies never lie around together."""
    administrator = load_pyodbc().connect(postgresql_server, autocommit=True)

    def drop(connection_string: str) -> None:
        name = connection_string.split("Database=")[1].split(";", maxsplit=1)[0]
        administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?", name
        ).fetchall()
        administrator.execute(f'DROP DATABASE "{name}"')

    yield drop
    administrator.close()


@pytest.fixture
def his(installed: str) -> Iterator[Any]:
    """A connection as HIS has one, in autocommit."""
    connection = load_pyodbc().connect(installed, autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def connect(installed: str) -> Iterator[Callable[..., DatabaseConnection]]:
    """Make connections as the bridge has them."""
    made: list[DatabaseConnection] = []

    def make(**options: Any) -> DatabaseConnection:
        made.append(DatabaseConnection(installed, Dialect.POSTGRESQL, **options))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture(params=["memory", "postgresql"])
def hospital(request: pytest.FixtureRequest) -> Iterator[Any]:
    """HIS's verbs, the clock, and stores: on the double and on PostgreSQL."""
    played: Any = MemoryHospital()
    if request.param == "postgresql":
        played = OdbcHospital(request.getfixturevalue("installed"))
    yield played
    played.close()


@pytest.fixture
def both(installed: str) -> Iterator[tuple[Callable[[], Any], Any]]:
    """How to make a fresh double, and PostgreSQL beside it."""
    real = OdbcHospital(installed)
    yield MemoryHospital, real
    real.close()


@pytest.fixture(scope="session")
def attempt() -> Callable[..., Attempt]:
    """Make an attempt with the given msgid, outcome and whatever else matters to the test."""

    def make(msgid: str, outcome: Any, **fields: Any) -> Attempt:
        return Attempt(msgid, "a" * 64, outcome, **fields)

    return make


@pytest.fixture(scope="session")
def complete(attempt: Callable[..., Attempt]) -> Callable[..., Completion]:
    """Make a completion: of a lease, to a status, after an attempt of the given outcome (None for no attempt)."""

    def make(
        lease: Lease, status: Status, outcome: Any = None, *, msgid: str = "", **fields: Any
    ) -> Completion:
        msgid = msgid or f"m{lease.request_id}-{lease.epoch}"
        tried = attempt(msgid, outcome, **fields.pop("answer", {})) if outcome else None
        return Completion(lease, status, tried, **fields)

    return make


@pytest.fixture(scope="session")
def intend() -> Callable[[Lease], Intent]:
    """Make the intent that ``complete`` answers."""
    return lambda lease: Intent(lease, f"m{lease.request_id}-{lease.epoch}", "a" * 64)
