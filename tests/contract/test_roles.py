"""Each role can do its part and nothing else; what belongs to no role nobody can do."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.reconciliation import DifferenceKind
from mi_bridge.domain.reconciliation_case import Case
from mi_bridge.domain.request import Attempt, Completion, Heartbeat, Intent
from mi_bridge.domain.settlement import Account, Period
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreRejected
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.installer import Installer
from mi_bridge.store.odbc_reconciliation_store import OdbcReconciliationStore
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim, RescuePatience
from mi_bridge.store.reconciliation_port import Findings
from sql_text import manifest

ROLES = ("mi_his", "mi_bridge", "mi_monitor", "mi_auditor", "mi_resolver")
LogIn = Callable[[str], Any]


@pytest.fixture(scope="module")
def granted(
    new_database: Callable[..., str], template: str, drop_database: Callable[[str], None]
) -> Iterator[str]:
    """A database with the grants, and afterwards a server without the roles it did not have before."""
    connection_string = new_database(template)
    administrator = load_pyodbc().connect(connection_string, autocommit=True)
    before = {row[0] for row in administrator.execute("SELECT rolname FROM pg_roles").fetchall()}
    connection = DatabaseConnection(connection_string, Dialect.POSTGRESQL)
    Installer(connection).grant()
    Installer(connection).grant()
    connection.close()
    yield connection_string
    after = {row[0] for row in administrator.execute("SELECT rolname FROM pg_roles").fetchall()}
    for role in sorted(after - before):
        administrator.execute(f'DROP OWNED BY "{role}"')
        administrator.execute(f'DROP ROLE "{role}"')
    administrator.close()
    drop_database(connection_string)


@pytest.fixture(scope="module")
def users(granted: str) -> dict[str, str]:
    """A connection string for a user of each role, and for one of none."""
    administrator = load_pyodbc().connect(granted, autocommit=True)
    password = uuid.uuid4().hex
    made = {}
    for role in (*ROLES, "nobody"):
        name = f"test_{role}_{password[:8]}"
        membership = f"IN ROLE {role}" if role in ROLES else ""
        administrator.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' {membership}")
        text = re.sub(r"(?i)\bUid=[^;]*", f"Uid={name}", granted)
        made[role] = re.sub(r"(?i)\bPwd=[^;]*", f"Pwd={password}", text)
    administrator.close()
    return made


@pytest.fixture
def log_in(users: dict[str, str]) -> Iterator[LogIn]:
    """Connect as a user of a role."""
    opened: list[Any] = []

    def connect(role: str) -> Any:
        opened.append(load_pyodbc().connect(users[role], autocommit=True))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def names(connection: Any, kind: str) -> list[str]:
    """Return our objects of a kind, asked from the catalogue everybody may read."""
    catalogue = {
        "routine": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'sp_%'",
        "view": "SELECT viewname FROM pg_views WHERE schemaname = 'public'",
        "table": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    return sorted(row[0] for row in connection.execute(catalogue[kind]).fetchall())


def may_read(connection: Any, relation: str) -> bool:
    text = "SELECT has_table_privilege(current_user, ?, 'SELECT')"
    return connection.execute(text, f"public.{relation}").fetchone()[0] in (True, "1")


def may_execute(connection: Any, routine: str) -> bool:
    text = "SELECT has_function_privilege(current_user, oid, 'EXECUTE') FROM pg_proc WHERE proname = ?"
    return connection.execute(text, routine).fetchone()[0] in (True, "1")


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_no_role_reads_or_writes_a_table(log_in: LogIn, role: str) -> None:
    connection = log_in(role)
    tables = names(connection, "table")
    assert tables == sorted(manifest("TABLE"))
    for table in tables:
        assert not may_read(connection, table), table
        for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
            with pytest.raises(load_pyodbc().Error) as refused:
                connection.execute(statement)
            assert refused.value.args[0] == "42501"


VIEWS = {
    "mi_his": {
        "result", "parts", "saga", "saga_steps", "catalogue", "catalogue_drugs", "catalogue_prices", "catalogue_syncs",
    },
    "mi_bridge": set(),
    "mi_monitor": {
        "monitor", "queue", "stuck", "slow", "blocked", "uncertain", "limits", "nodes", "interfaces",
        "manual", "saga", "saga_steps", "sign_ins", "jobs", "catalogue_syncs", "reconciliation",
    },
    "mi_auditor": {"attempts", "errors", "uncertain", "reconciliation"},
    "mi_resolver": {"manual", "uncertain", "blocked", "saga", "saga_steps", "reconciliation"},
    "nobody": set(),
}  # fmt: skip


@pytest.mark.parametrize("role", VIEWS)
def test_each_role_reads_its_own_views(log_in: LogIn, role: str) -> None:
    connection = log_in(role)
    prefix = "v_medical_insurance_"
    readable = {view for view in names(connection, "view") if may_read(connection, view)}
    assert {view.removeprefix(prefix) for view in readable} == VIEWS[role]
    for view in readable:
        assert connection.execute(f"SELECT * FROM {view}").fetchall() is not None


SHARED = {
    "sp_check_sdk_service_status",
    "sp_get_medical_insurance_monitor_data",
    "sp_check_medical_insurance_alerts",
}
REPORT = {"sp_mi_reconciliation_runs", "sp_mi_reconciliation_totals", "sp_mi_reconciliation_cases"}
ROUTINES = {
    "mi_his": SHARED | {
        "sp_medical_insurance_call", "sp_medical_insurance_call_v2", "sp_medical_insurance_wait",
        "sp_medical_insurance_cancel", "sp_mi_submit", "sp_mi_peek", "sp_mi_expire", "sp_mi_in_transaction",
        "sp_mi_await", "sp_medical_insurance_saga", "sp_medical_insurance_saga_wait", "sp_mi_saga_peek",
    },
    "mi_bridge": REPORT | {
        "sp_mi_claim", "sp_mi_begin_send", "sp_mi_finish", "sp_mi_divide", "sp_mi_parts", "sp_mi_join", "sp_mi_release", "sp_mi_renew", "sp_mi_rescue",
        "sp_mi_heartbeat", "sp_mi_condition", "sp_mi_sync_interfaces", "sp_mi_take_msgids", "sp_mi_sync_msgid_step", "sp_mi_schema",
        "sp_mi_requests", "sp_mi_request_attempts", "sp_mi_request_result", "sp_mi_monitor",
        "sp_mi_claim_uncertain", "sp_mi_begin_step", "sp_mi_finish_step", "sp_mi_attend", "sp_mi_lead",
        "sp_mi_housekeep", "sp_mi_saga_claim", "sp_mi_saga_advance", "sp_mi_saga_release", "sp_mi_saga_sync",
        "sp_mi_sagas", "sp_mi_saga_steps",
        "sp_mi_sign_in_take", "sp_mi_sign_in_finish", "sp_mi_sign_in_proved", "sp_mi_sign_in_adopt", "sp_mi_sign_in_end",
        "sp_mi_sign_ins",
        "sp_mi_job_begin", "sp_mi_job_renew", "sp_mi_job_finish",
        "sp_mi_jobs", "sp_mi_catalogue_open", "sp_mi_catalogue_source", "sp_mi_catalogue_load",
        "sp_mi_catalogue_close", "sp_mi_catalogue_fault", "sp_mi_catalogues",
        "sp_mi_settlement_answers", "sp_mi_settlement_store", "sp_mi_settlements", "sp_mi_settlement_accounts",
        "sp_mi_settlement_messages", "sp_mi_reconciliation_begin", "sp_mi_reconciliation_record",
        "sp_check_sdk_service_status", "sp_get_medical_insurance_monitor_data",
    },
    "mi_monitor": SHARED,
    "mi_auditor": set(),
    "mi_resolver": REPORT | {
        "sp_medical_insurance_resolve", "sp_medical_insurance_saga_resolve",
        "sp_medical_insurance_reconciliation_close", "sp_mi_reconciliation_patients",
    },
    "nobody": set(),
}  # fmt: skip


@pytest.mark.parametrize("role", ROUTINES)
def test_each_role_executes_its_own_routines(log_in: LogIn, role: str) -> None:
    connection = log_in(role)
    every = names(connection, "routine")
    assert len(every) >= 31
    assert {routine for routine in every if may_execute(connection, routine)} == ROUTINES[role]


def test_a_request_from_submit_to_answer_by_those_roles_alone(log_in: LogIn, users: dict[str, str]) -> None:
    connection = DatabaseConnection(users["mi_bridge"], Dialect.POSTGRESQL)
    store = OdbcStore(connection)
    assert store.heartbeat(Heartbeat("n1", "host", 1, "0.1.0", "RUNNING")) > 0
    his = log_in("mi_his")
    number = his.execute("CALL sp_medical_insurance_call('2207', '{\"psn_no\": \"1\"}')").fetchone()[0]
    lease = store.claim(Claim("n1", 1))[0].lease
    assert store.renew("n1", 30, [lease]) == {number}
    assert store.begin_send("n1", 30, [Intent(lease, "m1", "a" * 64)]) == {number}
    answer = Attempt("m1", "a" * 64, Outcome.OK, infcode="0", response_data="{}")
    assert store.finish("n1", [Completion(lease, Status.COMPLETED, answer)]) == {number}
    assert store.release("n1", [lease]) == 0
    assert store.rescue("n1", RescuePatience()) == []
    assert store.claim_uncertain("n1", 5, 30) == []
    assert store.lead("housekeep", "n1", 60)
    assert store.housekeep() == 0
    store.condition("BREAKER_OPEN", "n1", "")
    assert connection.call("sp_mi_requests", "", "", None, 5)[0][0] == number
    assert Installer(connection).status().installed
    connection.close()
    assert tuple(his.execute(f"CALL sp_medical_insurance_wait({number}, 5)").fetchone()) == ("{}", 0, "")
    late = his.execute("CALL sp_medical_insurance_call_v2('1101', '{}', 1)").fetchone()
    assert late[2] == -1005
    assert his.execute(f"CALL sp_medical_insurance_cancel({late[0]})").fetchone()[0] == -1004
    assert (
        his.execute("SELECT result_status FROM v_medical_insurance_result ORDER BY 1").fetchone()[0]
        == "SUCCESS"
    )
    assert len(log_in("mi_auditor").execute("SELECT * FROM v_medical_insurance_attempts").fetchall()) == 1
    monitor = log_in("mi_monitor")
    assert (
        monitor.execute("SELECT count(*) FROM sp_get_medical_insurance_monitor_data('health')").fetchone()[0]
        == 2
    )
    assert monitor.execute("SELECT sp_check_sdk_service_status()").fetchone()[0] == 1


def test_a_reconciliation_by_those_roles_alone(log_in: LogIn, users: dict[str, str]) -> None:
    bridge, person = (
        DatabaseConnection(users[role], Dialect.POSTGRESQL) for role in ("mi_bridge", "mi_resolver")
    )
    store, desk = OdbcReconciliationStore(bridge), OdbcReconciliationStore(person)
    day = Period(date(2026, 3, 1), date(2026, 3, 1))
    page = store.answers(["2207"], None, 10)
    assert page is None or store.enter([], page) == 0
    assert store.settlements(day) == []
    assert store.accounts(day) == []
    assert store.messages(["m"]) == {}
    account = Account("H99010100001", "310", "11", "990101")
    case = Case(day.first, account, DifferenceKind.ONLY_OURS, setl_id="s1", psn_no="990101198001016571")
    assert store.record(store.begin_run("n1", day), Findings("DIFFERS", 1, "", [], [], [case])) == 1
    with pytest.raises(StoreRejected) as refused:
        store.patients(day)
    assert refused.value.sqlstate == "42501"
    (row,) = desk.cases(day)
    assert desk.patients(day) == {row[0]: "990101198001016571"}
    assert len(desk.runs(day)) == 1
    close = "CALL sp_medical_insurance_reconciliation_close(?::bigint, '王', '核对')"
    assert log_in("mi_resolver").execute(close, row[0]).fetchone()[0] == 0
    bridge.close()
    person.close()


def test_objects_of_the_same_name_elsewhere_are_not_looked_at(log_in: LogIn, granted: str) -> None:
    administrator = load_pyodbc().connect(granted, autocommit=True)
    administrator.execute(
        "CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC; "
        "CREATE FUNCTION trap.sp_mi_submit() RETURNS void LANGUAGE sql AS 'SELECT 1/0'; "
        "CREATE FUNCTION trap.btrim(text) RETURNS text LANGUAGE sql AS 'SELECT (1/0)::text'"
    )
    his = log_in("mi_his")
    his.execute("SET search_path = trap, public, pg_catalog")
    assert his.execute("CALL public.sp_medical_insurance_call('1101', '{}')").fetchone()[0] > 0
    administrator.close()


def test_only_an_owner_installs(users: dict[str, str]) -> None:
    connection = DatabaseConnection(users["mi_bridge"], Dialect.POSTGRESQL)
    with pytest.raises(StoreRejected) as refused:
        Installer(connection).grant()
    assert refused.value.sqlstate == "42501"
    connection.close()
