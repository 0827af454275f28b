"""HIS, the clock and a person who decides: on a real database over ODBC, and on the store in memory."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from mi_bridge.domain.interface import Interface
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.status import Status
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.memory import MemoryDatabase, MemoryStore
from mi_bridge.store.memory_sign_ins import MemorySignIns, MemorySignInStore
from mi_bridge.store.memory_submit import Submission
from mi_bridge.store.odbc_sign_in_store import OdbcSignInStore
from mi_bridge.store.odbc_store import OdbcStore

QUERY, UPLOAD, MONEY, NEVER, DISABLED = "1101", "3501", "2207", "2208", "9001"
REGISTRATION, ADMISSION = "2201", "2401"
INTERFACES = (
    Interface(QUERY, "人员信息获取", "人员信息", MoneyClass.QUERY, ordered=False, enabled=True),
    Interface(UPLOAD, "商品盘存上传", "进销存", MoneyClass.IDEMPOTENT, ordered=True, enabled=True),
    Interface(REGISTRATION, "门诊挂号", "门诊", MoneyClass.MONEY, ordered=True, enabled=True),
    Interface(MONEY, "门诊结算", "门诊", MoneyClass.MONEY, ordered=True, enabled=True, reversed_by="2601"),
    Interface(NEVER, "门诊结算撤销", "门诊", MoneyClass.NEVER, ordered=True, enabled=True),
    Interface(
        ADMISSION, "入院办理", "住院", MoneyClass.MONEY, ordered=True, enabled=True, reversed_by="2601"
    ),
    Interface(DISABLED, "签到", "签到", MoneyClass.QUERY, ordered=False, enabled=False),
)
Result = tuple[str, str, str | None, str | None]

_ROW = "status, epoch, sends, tries, rescues, error_code, resolve_epoch, resolve_tries"
_EVERYTHING = f"""
    SELECT a.msgid, a.epoch, a.outcome, a.kind, r.*
    FROM (SELECT request_id, {_ROW} FROM medical_insurance_requests) r
    LEFT JOIN medical_insurance_attempts a ON a.request_id = r.request_id
    ORDER BY a.attempt_id
"""
_ATTENDANTS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 77733002"
    " AND objid::bigint = (hashtext(?)::bigint & 4294967295)"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_LATER = """
    WITH passed AS (SELECT make_interval(secs => ?) AS span),
    requests AS (
        UPDATE medical_insurance_requests SET lease_until = lease_until - span, expires_at = expires_at - span,
            queue_rank = queue_rank - (1000 * extract(epoch FROM span))::bigint, available_at = available_at - span,
            quiet_until = quiet_until - span, resolve_at = resolve_at - span
        FROM passed
    ),
    terms AS (UPDATE medical_insurance_terms SET term_until = term_until - span FROM passed),
    sign_ins AS (
        UPDATE medical_insurance_sign_ins SET lease_until = lease_until - span, sign_time = sign_time - span,
            valid_until = valid_until - span, retry_at = retry_at - span
        FROM passed
    )
    UPDATE sdk_heartbeat SET heartbeat_time = heartbeat_time - span FROM passed
"""


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a test looks at in a request's row."""

    status: Status
    epoch: int
    sends: int
    tries: int
    rescues: int
    error_code: int | None
    resolve_epoch: int = 0
    resolve_tries: int = 0


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a test looks at in an attempt."""

    msgid: str
    epoch: int
    outcome: str | None
    kind: str = "original"


class OdbcHospital:
    """The hospital on PostgreSQL."""

    def __init__(self, connection_string: str) -> None:
        self._connection_string = connection_string
        self._his = load_pyodbc().connect(connection_string, autocommit=True)
        self._stores: list[OdbcStore] = []
        self._sign_in_stores: list[OdbcSignInStore] = []

    def connect(self, attend: str = "") -> OdbcStore:
        greeting = ("sp_mi_attend", attend) if attend else ()
        connection = DatabaseConnection(self._connection_string, Dialect.POSTGRESQL, greeting=greeting)
        self._stores.append(OdbcStore(connection))
        if attend:
            connection.call(
                "sp_mi_condition", "GREETING", attend, ""
            )  # a connection is made by its first call
        return self._stores[-1]

    def sign_in_store(self, attend: str = "") -> OdbcSignInStore:
        """A store of sign-ins; with a node's name that node lives as long as it is open."""
        self.connect(attend)
        connection = DatabaseConnection(self._connection_string, Dialect.POSTGRESQL)
        self._sign_in_stores.append(OdbcSignInStore(connection))
        return self._sign_in_stores[-1]

    def administer(self, text: str) -> None:
        """Change rows behind everybody's back."""
        self._his.execute(text)

    def alerts(self) -> list[str]:
        """The types of the alerts about sign-ins."""
        rows = self._his.execute("SELECT condition_type FROM medical_insurance_conditions").fetchall()
        return [row[0] for row in rows]

    def disconnect(self) -> None:
        """Close every store."""
        while self._stores:
            self._stores.pop().close()
        while self._sign_in_stores:
            self._sign_in_stores.pop().close()

    def lose_connections(self, node: str) -> None:
        """Kill every connection that says that the node lives, as the death of its process does."""
        while pids := self._his.execute(_ATTENDANTS, node).fetchall():
            for (pid,) in pids:
                self._his.execute("SELECT pg_terminate_backend(?)", pid).fetchall()
            time.sleep(0.005)

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

    def resolve(
        self, request_id: int, decision: str, operator: str, reason: str, setl_id: str | None = None
    ) -> int:
        text = "CALL sp_medical_insurance_resolve(?, ?, ?, ?, ?)"
        row = self._his.execute(text, request_id, decision, operator, reason, setl_id).fetchone()
        return int(row[0])

    def see(self, request_id: int) -> Seen:
        row = self._his.execute(
            f"SELECT {_ROW} FROM medical_insurance_requests WHERE request_id = ?", request_id
        ).fetchone()
        return Seen(Status(row[0]), *row[1:])

    def result(self, request_id: int) -> Result:
        row = self._his.execute(
            "SELECT status, result_status, infcode, response_data FROM v_medical_insurance_result WHERE request_id = ?"
            " UNION ALL SELECT status, result_status, infcode, response_data FROM v_medical_insurance_parts"
            " WHERE part_request_id = ?",
            *(request_id, request_id),
        ).fetchone()
        return (row[0], row[1], row[2], row[3])

    def attempts(self, request_id: int) -> list[Evidence]:
        rows = self._his.execute(
            "SELECT msgid, epoch, outcome, kind FROM medical_insurance_attempts "
            "WHERE request_id = ? ORDER BY attempt_id",
            request_id,
        ).fetchall()
        return [Evidence(*row) for row in rows]

    def everything(self) -> dict[int, tuple[Seen, list[Evidence]]]:
        found: dict[int, tuple[Seen, list[Evidence]]] = {}
        for row in self._his.execute(_EVERYTHING).fetchall():
            _, sent = found.setdefault(row[4], (Seen(Status(row[5]), *row[6:]), []))
            if row[0] is not None:
                sent.append(Evidence(*row[:4]))
        return found

    def forget(self) -> None:
        # to truncate makes new files for every index: only where numbers must begin again
        self._his.execute(
            "TRUNCATE medical_insurance_requests, medical_insurance_attempts, medical_insurance_responses,"
            " medical_insurance_decisions RESTART IDENTITY"
        )
        for table in ("medical_insurance_terms", "medical_insurance_sign_ins", "sdk_heartbeat"):
            self._his.execute(f"DELETE FROM {table}")

    def pass_time(self, seconds: float) -> None:
        self._his.execute(_LATER, seconds)

    def take_msgids(self, count: int) -> int:
        return int(self._his.execute("SELECT sp_mi_take_msgids(?)", count).fetchone()[0])

    def sync_msgid_step(self, step: int) -> int:
        return int(self._his.execute("SELECT sp_mi_sync_msgid_step(?)", step).fetchone()[0])

    def close(self) -> None:
        self.disconnect()
        self._his.close()


class MemoryHospital:
    """The hospital in memory."""

    def __init__(self) -> None:
        self._time = 1_790_000_000.0
        self._numbers: list[int] = []
        self._attendants: dict[str, list[MemoryStore]] = {}
        self.database = MemoryDatabase(INTERFACES, clock=lambda: self._time)
        self._sign_ins = MemorySignIns(self.database)
        self.cancel = self.database.cancel
        self.expire = self.database.expire
        self.take_msgids = self.database.take_msgids
        self.sync_msgid_step = self.database.sync_msgid_step
        self.resolve: Callable[..., int] = self.database.resolve

    def connect(self, attend: str = "") -> MemoryStore:
        store = self.database.connect(attend)
        self._attendants.setdefault(attend, []).append(store)
        return store

    def sign_in_store(self, attend: str = "") -> MemorySignInStore:
        self.connect(attend)
        return self._sign_ins.connect()

    def alerts(self) -> list[str]:
        return [kind for kind, _ in self.database.conditions]

    def disconnect(self) -> None:
        for node in list(self._attendants):
            self.lose_connections(node)

    def lose_connections(self, node: str) -> None:
        for store in self._attendants.pop(node, []):
            store.close()

    def submit(self, code: str, **fields: Any) -> int:
        # more than a float of this size loses: no two requests have one rank
        self._time += 0.002
        text = fields.pop("input_data", '{"data": {}}')
        number = self.database.submit(Submission(code, text, **fields))
        if number in self._numbers:
            next(self.database.tables.ids)  # PostgreSQL's identity skips the number of a row it did not take
        else:
            self._numbers.append(number)
        return number

    def see(self, request_id: int) -> Seen:
        row = self.database.row(request_id)
        return Seen(
            row.status,
            row.epoch,
            row.sends,
            row.tries,
            row.rescues,
            row.error_code,
            row.resolve_epoch,
            row.resolve_tries,
        )

    def result(self, request_id: int) -> Result:
        result = self.database.result(request_id)
        return result.status, result.result_status, result.infcode, result.response_data

    def attempts(self, request_id: int) -> list[Evidence]:
        return [
            Evidence(
                entry.msgid, entry.epoch, entry.answer.outcome.value if entry.answer else None, entry.kind
            )
            for entry in self.database.attempts(request_id)
        ]

    def everything(self) -> dict[int, tuple[Seen, list[Evidence]]]:
        return {number: (self.see(number), self.attempts(number)) for number in self.database.tables.rows}

    def pass_time(self, seconds: float) -> None:
        self._time += seconds

    def close(self) -> None:
        return
