"""Install, upgrade, status and uninstall, applied by us and run by a DBA in psql."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mi_bridge.domain.interface import Interface
from mi_bridge.errors import SchemaError, StoreRejected
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.installer import Installer
from mi_bridge.store.script import install_script, manifest, statements, uninstall_script

Interfaces = tuple[Interface, ...]
OBJECTS = (
    "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) "
    "+ (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"
)


@pytest.fixture
def connection(database: str) -> Iterator[DatabaseConnection]:
    made = DatabaseConnection(database, Dialect.POSTGRESQL)
    yield made
    made.close()


@pytest.fixture
def admin(database: str) -> Iterator[Any]:
    made = load_pyodbc().connect(database, autocommit=True)
    yield made
    made.close()


def one(admin: Any, text: str) -> Any:
    return admin.execute(text).fetchone()[0]


def test_an_empty_database_has_nothing_of_ours(connection: DatabaseConnection) -> None:
    status = Installer(connection).status()
    assert (status.installed, status.current) == (False, False)


def test_installing_twice_changes_nothing(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    installer = Installer(connection)
    installer.install(interfaces)
    objects = one(admin, OBJECTS)
    times = admin.execute(
        "SELECT object_name, install_time FROM medical_insurance_schema ORDER BY 1"
    ).fetchall()
    admin.execute("CALL sp_medical_insurance_call('1101', '{}')").fetchone()
    installer.install(interfaces)
    assert one(admin, OBJECTS) == objects
    assert (
        admin.execute("SELECT object_name, install_time FROM medical_insurance_schema ORDER BY 1").fetchall()
        == times
    )
    assert one(admin, "SELECT count(*) FROM medical_insurance_requests") == 1
    status = installer.status()
    assert status.current
    assert status.database_time_ms > 1_700_000_000_000


def test_the_register_names_everything_that_was_made(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    Installer(connection).install(interfaces)
    registered = {row[0] for row in admin.execute("SELECT object_name FROM medical_insurance_schema")}
    made = {
        row[0]
        for row in admin.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') "
            "UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
    }
    migrations = {item.name for item in manifest() if item.kind == "MIGRATION"}
    assert registered == made | migrations


def test_every_table_and_column_is_explained_in_chinese(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    Installer(connection).install(interfaces)
    rows = admin.execute(
        "SELECT c.relname, coalesce(a.attname, ''), coalesce(d.description, '') FROM pg_class AS c "
        "LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 "
        "LEFT JOIN pg_description AS d ON d.objoid = c.oid AND d.objsubid = a.attnum "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    ).fetchall()
    assert len(rows) > 80
    assert [row for row in rows if not re.search("[\u4e00-\u9fff]", row[2])] == []


def test_what_a_dba_set_survives_an_upgrade(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    installer = Installer(connection)
    installer.install(interfaces[:-1])
    admin.execute(
        "UPDATE medical_insurance_interfaces SET enabled = 0, max_input_chars = 10 WHERE interface_code = '1101'"
    )
    renamed = replace(interfaces[0], interface_name="人员'信息'", ordered=True)
    installer.install((renamed, *interfaces[1:]))
    row = admin.execute(
        "SELECT interface_name, ordered, enabled, max_input_chars FROM medical_insurance_interfaces "
        "WHERE interface_code = '1101'"
    ).fetchone()
    assert tuple(row) == ("人员'信息'", 1, 0, 10)
    assert one(admin, "SELECT count(*) FROM medical_insurance_interfaces") == len(interfaces)
    assert installer.sync_interfaces((renamed,)) == 0
    assert installer.sync_interfaces(interfaces) == 1


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TABLE medical_insurance_requests (id integer)",
        "CREATE VIEW v_medical_insurance_result AS SELECT 1 AS a",
        "CREATE FUNCTION sp_medical_insurance_call() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE sp_mi_claim() LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_what_others_made_is_not_touched(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces, foreign: str
) -> None:
    admin.execute(foreign)
    name = foreign.split()[2].rstrip("()")
    with pytest.raises(SchemaError) as refused:
        Installer(connection).install(interfaces)
    assert refused.value.sqlstate == "MI900"
    assert name in refused.value.message
    assert "mi-bridge" in refused.value.message
    assert one(admin, OBJECTS) == 1


def test_a_failing_install_leaves_nothing(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    admin.execute("CREATE TYPE v_medical_insurance_errors AS (a integer)")
    with pytest.raises(SchemaError):
        Installer(connection).install(interfaces)
    assert one(admin, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert Installer(connection).status().installed is False


def test_an_install_by_hand_that_stopped_halfway_is_resumed(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    """A DBA's tool commits each statement, as SQL Server does each batch."""
    parts = list(statements(Dialect.POSTGRESQL, install_script(Dialect.POSTGRESQL, interfaces)))
    for statement in parts[: len(parts) // 2]:
        admin.execute(statement)
    installer = Installer(connection)
    assert not installer.status().current
    installer.install(interfaces)
    assert installer.status().current


def test_status_names_what_is_missing_and_what_is_old(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    installer = Installer(connection)
    installer.install(interfaces)
    admin.execute("DELETE FROM medical_insurance_schema WHERE object_name = 'sp_mi_peek'")
    admin.execute("UPDATE medical_insurance_schema SET version = '0.0.1' WHERE object_name = 'sp_mi_claim'")
    status = installer.status()
    assert (status.missing, status.outdated) == (("sp_mi_peek",), (("sp_mi_claim", "0.0.1"),))
    assert not status.current


def test_uninstall_keeps_the_data_and_purge_does_not(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    installer = Installer(connection)
    installer.install(interfaces)
    admin.execute("CALL sp_medical_insurance_call('1101', '{}')").fetchone()
    installer.uninstall(purge=False)
    assert one(admin, "SELECT count(*) FROM medical_insurance_requests") == 1
    assert one(admin, "SELECT count(*) FROM pg_views WHERE schemaname = 'public'") == 0
    installer.install(interfaces)
    assert one(admin, "SELECT count(*) FROM v_medical_insurance_result") == 1
    installer.uninstall(purge=True)
    assert one(admin, OBJECTS) == 0
    with pytest.raises(SchemaError) as refused:
        installer.uninstall(purge=True)
    assert refused.value.sqlstate == "MI901"


def test_uninstall_leaves_what_others_made(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    admin.execute("CREATE TABLE patients (n integer)")
    Installer(connection).install(interfaces)
    Installer(connection).uninstall(purge=True)
    assert [
        row[0] for row in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ] == ["patients"]


def test_the_script_runs_twice_in_psql(
    database: str, admin: Any, interfaces: Interfaces, tmp_path: Path
) -> None:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed here")
    script = tmp_path / "install.sql"
    script.write_text(install_script(Dialect.POSTGRESQL, interfaces), "utf-8")
    parts = dict(part.split("=", 1) for part in database.split(";") if "=" in part)
    command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", parts["Server"], "-p", parts["Port"],
               "-U", parts["Uid"], "-d", parts["Database"], "-f", str(script)]  # fmt: skip
    for _ in range(2):
        done = subprocess.run(
            command,
            env={"PGPASSWORD": parts["Pwd"], "PGCLIENTENCODING": "UTF8"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
    assert one(
        admin, "SELECT interface_name FROM medical_insurance_interfaces WHERE interface_code = '1101'"
    ) == ("人员信息获取")
    removal = tmp_path / "uninstall.sql"
    removal.write_text(uninstall_script(Dialect.POSTGRESQL, purge=True), "utf-8")
    done = subprocess.run(
        [*command[:-1], str(removal)], env={"PGPASSWORD": parts["Pwd"]}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert one(admin, OBJECTS) == 0


def test_the_script_cut_into_statements_makes_the_same(admin: Any, interfaces: Interfaces) -> None:
    for _ in range(2):
        for statement in statements(Dialect.POSTGRESQL, install_script(Dialect.POSTGRESQL, interfaces)):
            admin.execute(statement)
    assert one(admin, "SELECT count(*) FROM medical_insurance_schema") == len(manifest())


def test_a_refusal_of_the_database_is_no_schema_error(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces
) -> None:
    too_long = replace(interfaces[0], interface_code="1" * 11)
    with pytest.raises(StoreRejected) as refused:
        Installer(connection).install((too_long,))
    assert refused.value.sqlstate == "22001"
    assert one(admin, OBJECTS) == 0


def test_a_lost_connection_in_the_middle_is_told(
    connection: DatabaseConnection, admin: Any, interfaces: Interfaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = DatabaseConnection.run

    def kill_at_the_end(self: DatabaseConnection, script: str, action: str) -> None:
        run(self, script, action)
        if "sp_mi_sync_interfaces('[" in script:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()

    monkeypatch.setattr(DatabaseConnection, "run", kill_at_the_end)
    with pytest.raises(Exception, match="install failed"):
        Installer(connection).install(interfaces)
    assert one(admin, OBJECTS) == 0


def test_database_fixture_is_of_the_tests_own(new_database: Callable[..., str], database: str) -> None:
    assert new_database() != database
