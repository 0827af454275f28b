"""``mi-bridge sagas`` on a real database, and the check of a definition."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mi_bridge.cli.main import program
from mi_bridge.daemon import interfaces_of
from mi_bridge.domain.saga import Advance, Compensation, NextStep, Step
from mi_bridge.domain.saga_definition import define
from mi_bridge.domain.saga_status import Direction, SagaStatus
from mi_bridge.insurer.profile import load_profile
from mi_bridge.resources import folder
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from saga_desk import SagaDesk

Invoke = Callable[..., Result]
VISIT = define("visit", "门诊", (Step("ask", "1101", {}), Step("reg", "2201", {}, Compensation("2202", {}))))


@pytest.fixture
def invoke(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run a command at a database with our SQL and one saga's definition in it."""
    connection = DatabaseConnection(database, Dialect.POSTGRESQL)
    Installer(connection).install(interfaces_of(load_profile("demo").catalogue()))
    OdbcSagaStore(connection).sync_sagas([VISIT], ())
    connection.close()
    file = tmp_path / "mi-bridge.toml"
    file.write_text(
        f"[database]\ndialect = 'postgresql'\nconnection_string = '{database}'\n"
        "[insurer]\nbase_url = 'http://127.0.0.1:9'\norg_code = 'H99010100001'\n",
        encoding="utf-8",
    )
    file.chmod(0o600)
    monkeypatch.setenv("MI_BRIDGE_CONFIG", str(file))
    return lambda *arguments: CliRunner().invoke(program, list(arguments))


def test_sagas_are_listed_filtered_and_shown(invoke: Invoke, database: str) -> None:
    assert invoke("sagas").stdout == "No sagas.\n"
    with SagaDesk(database) as desk:
        first, second = desk.submit("visit", "{}"), desk.submit("visit", "{}")
    connection = DatabaseConnection(database, Dialect.POSTGRESQL)
    store = OdbcSagaStore(connection)
    saga = min(store.claim_sagas("n1", 10, 30), key=lambda one: one.saga_id)
    step = NextStep(1, "ask", Direction.FORWARD, 1, "1101", '{"psn_no":"1"}')
    assert store.advance_saga("n1", saga, Advance(SagaStatus.RUNNING, step)).moved
    connection.close()

    listed = json.loads(invoke("sagas", "--json", "--code", "visit").stdout)
    assert [row["saga_id"] for row in listed] == [second, first]
    assert f"--before {second}" in invoke("sagas", "--limit", "1").stdout
    assert invoke("sagas", "--status", "manual").stdout == "No sagas.\n"

    shown = json.loads(invoke("sagas", "show", str(first), "--json").stdout)
    assert [(one["step_code"], one["interface_code"], one["status"]) for one in shown["steps"]] == [
        ("ask", "1101", "PENDING")
    ]
    assert "正在办理" in invoke("sagas", "show", str(first)).stdout
    assert "No step was taken." in invoke("sagas", "show", str(second)).stdout
    missing = invoke("sagas", "show", "99")
    assert missing.exit_code != 0
    assert "There is no saga 99" in missing.stderr


def test_a_definition_is_checked_before_it_is_used(tmp_path: Path) -> None:
    good = folder("config") / "sagas" / "outpatient.toml"
    told = CliRunner().invoke(program, ["sagas", "check", str(good)])
    assert told.exit_code == 0
    assert "settle (2207)" in told.stdout
    bad = tmp_path / "bad.toml"
    bad.write_text(good.read_text("utf-8").replace('"2208"', '"22O8"'), "utf-8")
    told = CliRunner().invoke(program, ["sagas", "check", str(good), str(bad)])
    assert told.exit_code == 78
    assert "bad.toml, step settle, compensation.infno: '22O8' cannot be called here" in told.stderr


def test_the_settings_check_warns_of_a_definition_that_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "sagas"
    place.mkdir()
    (place / "bad.toml").write_text("name = 1", "utf-8")
    file = tmp_path / "mi-bridge.toml"
    file.write_text(
        "[database]\ndialect = 'postgresql'\nserver = 'db'\ndatabase = 'his'\n[insurer]\nbase_url = 'http://127.0.0.1:9'\n"
        "app_id = 'a'\napp_secret = 'b'\norg_code = 'H99010100001'\n[bridge]\nsaga_dir = 'sagas'\n",
        encoding="utf-8",
    )
    file.chmod(0o600)
    monkeypatch.setenv("MI_BRIDGE_CONFIG", str(file))

    def findings() -> list[tuple[str, str]]:
        told = json.loads(CliRunner().invoke(program, ["check", "--json"]).stdout)
        return [(one["key"], one["severity"]) for one in told["findings"] if str(place) in one["key"]]

    assert findings() == [(f"{place / 'bad.toml'}, name", "warning")]
    (place / "bad.toml").unlink()
    place.rmdir()
    assert findings() == [(str(place), "warning")]
