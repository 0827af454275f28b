"""The hospital's side of the contract, played on a real database over ODBC and on the store in memory alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mi_bridge.domain.interface import Interface
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import Attempt, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.installer import Installer
from mi_bridge.store.memory import MemoryDatabase
from mi_bridge.store.memory_submit import Submission
from mi_bridge.store.odbc_store import OdbcStore

QUERY, UPLOAD, MONEY, NEVER, DISABLED = "1101", "3501", "2207", "2208", "9001"
INTERFACES = (
    Interface(QUERY, "人员信息获取", "人员信息", MoneyClass.QUERY, ordered=False, enabled=True),
    Interface(UPLOAD, "商品盘存上传", "进销存", MoneyClass.IDEMPOTENT, ordered=True, enabled=True),
    Interface(MONEY, "门诊结算", "门诊", MoneyClass.MONEY, ordered=True, enabled=True, reversed_by="2601"),
    Interface(NEVER, "门诊结算撤销", "门诊", MoneyClass.NEVER, ordered=True, enabled=True),
    Interface(DISABLED, "签到", "签到", MoneyClass.QUERY, ordered=False, enabled=False),
)
NODE = "node-a"


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
        "medical_insurance_conditions, sdk_heartbeat RESTART IDENTITY"
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


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a test looks at in a request's row."""

    status: Status
    epoch: int
    sends: int
    tries: int
    rescues: int
    error_code: int | None


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a test looks at in an attempt."""

    msgid: str
    epoch: int
    outcome: str | None


class OdbcHospital:
    """HIS and the clock, on PostgreSQL."""

    def __init__(self, connection_string: str) -> None:
        self._connection_string = connection_string
        self._his = load_pyodbc().connect(connection_string, autocommit=True)
        self._stores: list[OdbcStore] = []

    def connect(self) -> OdbcStore:
        connection = DatabaseConnection(self._connection_string, Dialect.POSTGRESQL)
        self._stores.append(OdbcStore(connection))
        return self._stores[-1]

    def submit(self, code: str, **fields: Any) -> int:
        text = fields.pop("input_data", '{"data": {}}')
        named = "".join(f", {name} => ?" for name in fields)
        row = self._his.execute(
            f"CALL sp_medical_insurance_call(interface_code => ?, input_data => ?{named})",
            code,
            text,
            *fields.values(),
        ).fetchone()
        return int(row[0])

    def cancel(self, request_id: int) -> bool:
        return bool(self._his.execute("CALL sp_medical_insurance_cancel(?)", request_id).fetchone()[0] == 0)

    def expire(self, request_id: int) -> bool:
        return bool(self._his.execute("SELECT sp_mi_expire(?)", request_id).fetchone()[0] == 1)

    def see(self, request_id: int) -> Seen:
        row = self._his.execute(
            "SELECT status, epoch, sends, tries, rescues, error_code "
            "FROM medical_insurance_requests WHERE request_id = ?",
            request_id,
        ).fetchone()
        return Seen(Status(row[0]), *row[1:])

    def result(self, request_id: int) -> tuple[str, str, str | None, str | None]:
        row = self._his.execute(
            "SELECT status, result_status, infcode, response_data "
            "FROM v_medical_insurance_result WHERE request_id = ?",
            request_id,
        ).fetchone()
        return (row[0], row[1], row[2], row[3])

    def attempts(self, request_id: int) -> list[Evidence]:
        rows = self._his.execute(
            "SELECT msgid, epoch, outcome FROM medical_insurance_attempts "
            "WHERE request_id = ? ORDER BY attempt_id",
            request_id,
        ).fetchall()
        return [Evidence(*row) for row in rows]

    def everything(self) -> dict[int, tuple[Seen, list[Evidence]]]:
        rows = self._his.execute(
            "SELECT request_id, status, epoch, sends, tries, rescues, error_code FROM medical_insurance_requests"
        ).fetchall()
        sent = self._his.execute(
            "SELECT request_id, msgid, epoch, outcome FROM medical_insurance_attempts ORDER BY attempt_id"
        ).fetchall()
        found: dict[int, tuple[Seen, list[Evidence]]] = {
            row[0]: (Seen(Status(row[1]), *row[2:]), []) for row in rows
        }
        for row in sent:
            found[row[0]][1].append(Evidence(*row[1:]))
        return found

    def forget(self) -> None:
        self._his.execute(
            "TRUNCATE medical_insurance_requests, medical_insurance_attempts, medical_insurance_responses "
            "RESTART IDENTITY"
        )

    def pass_time(self, seconds: float) -> None:
        self._his.execute(
            "UPDATE medical_insurance_requests SET lease_until = lease_until - make_interval(secs => ?), "
            "expires_at = expires_at - make_interval(secs => ?), queue_rank = queue_rank - ?, "
            "available_at = available_at - make_interval(secs => ?)",
            seconds,
            seconds,
            int(seconds * 1000),
            seconds,
        )

    def take_msgids(self, count: int) -> int:
        return int(self._his.execute("SELECT sp_mi_take_msgids(?)", count).fetchone()[0])

    def close(self) -> None:
        for store in self._stores:
            store.close()
        self._his.close()


class MemoryHospital:
    """HIS and the clock, in memory."""

    def __init__(self) -> None:
        self._time = 1_790_000_000.0
        self._numbers: list[int] = []
        self._database = MemoryDatabase(INTERFACES, clock=lambda: self._time)
        self.connect = self._database.connect
        self.cancel = self._database.cancel
        self.expire = self._database.expire
        self.take_msgids = self._database.take_msgids

    def submit(self, code: str, **fields: Any) -> int:
        self._time += 0.001
        text = fields.pop("input_data", '{"data": {}}')
        self._numbers.append(self._database.submit(Submission(code, text, **fields)))
        return self._numbers[-1]

    def see(self, request_id: int) -> Seen:
        row = self._database.row(request_id)
        return Seen(row.status, row.epoch, row.sends, row.tries, row.rescues, row.error_code)

    def result(self, request_id: int) -> tuple[str, str, str | None, str | None]:
        result = self._database.result(request_id)
        return result.status, result.result_status, result.infcode, result.response_data

    def attempts(self, request_id: int) -> list[Evidence]:
        return [
            Evidence(entry.msgid, entry.epoch, entry.answer.outcome.value if entry.answer else None)
            for entry in self._database.attempts(request_id)
        ]

    def everything(self) -> dict[int, tuple[Seen, list[Evidence]]]:
        return {number: (self.see(number), self.attempts(number)) for number in self._numbers}

    def pass_time(self, seconds: float) -> None:
        self._time += seconds

    def close(self) -> None:
        return


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
