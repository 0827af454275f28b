"""Commands against a real database, and the long-running ones as real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result

from command_line import Invoke, his, installed, invoke, settings_file  # noqa: F401 - fixtures
from mi_bridge import __version__
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.his import HisClient, HisOptions

_PROJECT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 30.0
_ORG = "H99010100001"


@pytest.fixture
def alive(installed: Invoke, database: str) -> None:
    """A heartbeat without a bridge."""
    connection = DatabaseConnection(database, Dialect.POSTGRESQL)
    connection.call("sp_mi_heartbeat", "other", "elsewhere", 1, __version__, "RUNNING", 0, 0)
    connection.close()


def _json(result: Result) -> Any:
    return json.loads(result.stdout)


def test_sql_from_nothing_to_nothing(invoke: Invoke) -> None:
    before = invoke("sql", "status")
    early = invoke("sql", "upgrade")
    made = invoke("sql", "install")
    again = invoke("sql", "upgrade")
    granted = invoke("sql", "grants")
    status = invoke("sql", "status", "--json")
    refused = invoke("sql", "uninstall", input="n\n")
    code = invoke("sql", "uninstall", "--yes")
    rest = invoke("sql", "status", "--json")
    assert (before.exit_code, early.exit_code, made.exit_code, again.exit_code) == (1, 1, 0, 0)
    assert "Not installed" in before.stdout
    assert "not installed" in early.stderr
    assert __version__ in made.stdout
    assert "mi_his" in granted.stdout
    assert _json(status) == {"installed": True, "current": True, "missing": [], "outdated": []}
    assert refused.exit_code == 1
    assert "data stay" in code.stdout
    assert _json(rest)["installed"] is False


def test_data_goes_only_after_a_second_yes(installed: Invoke, database: str) -> None:
    halfway = installed("sql", "uninstall", "--purge", "--yes", input="n\n")
    still = installed("sql", "status")
    gone = installed("sql", "uninstall", "--purge", "--yes", "--yes-delete-data")
    connection = load_pyodbc().connect(database, autocommit=True)
    tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchval()
    connection.close()
    assert (halfway.exit_code, still.exit_code, gone.exit_code, tables) == (1, 0, 0, 0)
    assert "no way back" in halfway.stdout + halfway.stderr


def test_status_names_what_is_outdated(installed: Invoke, database: str) -> None:
    connection = load_pyodbc().connect(database, autocommit=True)
    connection.execute(
        "UPDATE medical_insurance_schema SET version = '0.0.1' WHERE object_name = 'sp_mi_claim'"
    )
    connection.execute("DELETE FROM medical_insurance_schema WHERE object_name = 'sp_mi_finish'")
    connection.close()
    told = installed("sql", "status")
    examined = installed("doctor", "--json")
    assert told.exit_code == 1
    assert "missing   sp_mi_finish" in told.stdout
    assert "outdated  sp_mi_claim (0.0.1)" in told.stdout
    wrong = [one["message"] for one in _json(examined)["findings"] if one["probe"] == "schema"]
    assert wrong == ["missing: sp_mi_finish", f"not of version {__version__}: sp_mi_claim (0.0.1)"]


def test_a_foreign_object_is_not_touched(invoke: Invoke, database: str) -> None:
    connection = load_pyodbc().connect(database, autocommit=True)
    connection.execute("CREATE TABLE sdk_heartbeat (mine integer)")
    connection.close()
    result = invoke("sql", "install")
    assert result.exit_code == 1
    assert "sdk_heartbeat" in result.stderr
    assert "Traceback" not in result.stderr


def test_call_without_waiting_is_queued(installed: Invoke) -> None:
    shown = installed("call", "1101", '{"psn_no": "1"}', "--no-wait")
    told = installed(
        "call", "1101", '{"psn_no": "1"}', "--no-wait", "--json", "--priority", "0", "--business-key", "k"
    )
    same = installed(
        "call", "1101", '{"psn_no": "1"}', "--no-wait", "--json", "--priority", "0", "--business-key", "k"
    )
    other = installed("call", "1101", '{"psn_no": "2"}', "--no-wait", "--json", "--business-key", "k")
    assert (shown.exit_code, told.exit_code) == (0, 0)
    assert "mi-bridge requests show 1" in shown.stdout
    assert (_json(told)["request_id"], _json(told)["error_code"]) == (2, 0)
    assert _json(same)["request_id"] == 2
    assert (other.exit_code, _json(other)["error_code"]) == (1, -1008)


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("", '{"psn_no": "1"}', -1001),
        ("1101", '{"psn_no": ', -1001),
        ("1101", "[1]", -1001),
        ("1101", '{"psn_no": "\udc80"}', -1001),
        ("9999", "{}", -1006),
    ],
)
@pytest.mark.parametrize("wait", ["--no-wait", "--json"])
def test_what_cannot_be_queued_gets_its_code(
    installed: Invoke, alive: None, code: str, text: str, expected: int, wait: str
) -> None:
    result = installed("call", code, text, "--json", wait)
    answer = _json(result)
    assert (result.exit_code, answer["error_code"], answer["request_id"]) == (1, expected, None)
    assert answer["error_message"]


def test_call_reads_its_input_from_a_file_or_standard_input(installed: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('\ufeff{"psn_no": "𠮷"}', encoding="utf-8")
    from_file = installed("call", "1101", f"@{file}", "--no-wait", "--json")
    from_stdin = installed("call", "1101", "-", "--no-wait", "--json", input='{"psn_no": "1"}')
    file.write_bytes(b'{"psn_no": "\xd6\xd0"}')
    in_gbk = installed("call", "1101", f"@{file}", "--no-wait")
    absent = installed("call", "1101", "@/nowhere.json", "--no-wait")
    assert (_json(from_file)["request_id"], _json(from_stdin)["request_id"]) == (1, 2)
    assert (in_gbk.exit_code, absent.exit_code) == (2, 2)
    assert "not UTF-8" in in_gbk.stderr
    assert "/nowhere.json cannot be read" in absent.stderr


def test_call_says_that_nobody_is_there(installed: Invoke) -> None:
    result = installed("call", "1101", "{}")
    assert result.exit_code == 1
    assert "-1002" in result.stdout
    assert "医保接口服务未运行" in result.stdout


def test_call_times_out_and_the_row_with_it(installed: Invoke, alive: None) -> None:
    result = installed("call", "1101", "{}", "--timeout", "1", "--json")
    shown = installed("requests", "show", "1", "--json")
    assert (result.exit_code, _json(result)["error_code"], _json(result)["request_id"]) == (1, -1005, 1)
    assert (_json(shown)["result_status"], _json(shown)["sends"]) == ("TIMEOUT", [])


def test_requests_lists_filters_and_pages(installed: Invoke, his: HisClient) -> None:
    for code in ("1101", "2207", "1101"):
        his.call(code, '{"psn_no": "1", "mdtrt_id": "2"}')
    his.cancel(3)
    everything = installed("requests", "--json")
    one_kind = installed("requests", "--json", "--interface", "1101")
    cancelled = installed("requests", "--status", "cancelled")
    page = installed("requests", "--limit", "1")
    older = installed("requests", "--json", "--before", "3", "--limit", "1")
    empty = installed("requests", "--status", "MANUAL")
    assert [row["request_id"] for row in _json(everything)] == [3, 2, 1]
    assert [row["request_id"] for row in _json(one_kind)] == [3, 1]
    assert "CANCELLED" in cancelled.stdout
    assert "人员信息获取" in cancelled.stdout
    assert "--before 3" in page.stdout
    assert [row["request_id"] for row in _json(older)] == [2]
    assert "No requests." in empty.stdout
    assert "psn_no" not in everything.stdout


def test_requests_shows_one(installed: Invoke, his: HisClient, settings_file: Path) -> None:
    his.call("2207", '{"psn_no": "1"}')
    shown = installed("requests", "show", "1", "--config", settings_file)
    absent = installed("requests", "show", "7")
    assert "门诊结算" in shown.stdout
    assert "Nothing was sent." in shown.stdout
    assert (absent.exit_code, absent.stdout) == (1, "")
    assert "There is no request 7." in absent.stderr


def test_his_client_on_a_real_database(his: HisClient, alive: None) -> None:
    queued = his.call("1101", "{}", HisOptions(org_code=_ORG, opter="o", opter_name="张三", opter_type="1"))
    assert (queued.request_id, queued.error_code) == (1, 0)
    assert his.service_alive() is True
    before = his.result(1)
    assert before is not None
    assert (before.status, before.result_status) == ("PENDING", "PROCESSING")
    assert his.cancel(1).error_code == 0
    assert his.cancel(9).error_code == -1001
    assert his.wait(1, 1).error_code == -1004
    assert his.result(9) is None


def test_doctor_finds_a_healthy_database_and_a_deaf_insurer(installed: Invoke) -> None:
    shown = installed("doctor")
    told = _json(installed("doctor", "--json"))
    levels = {one["probe"]: one["level"] for one in told["findings"]}
    assert (shown.exit_code, told["ok"]) == (1, False)
    assert {
        name: levels[name] for name in ("settings", "driver", "connection", "schema", "grants", "clock")
    } == {
        "settings": "ok",
        "driver": "ok",
        "connection": "ok",
        "schema": "ok",
        "grants": "ok",
        "clock": "ok",
    }
    assert (levels["nodes"], levels["insurer"]) == ("warn", "fail")
    assert "dedicated line" in shown.stdout


def test_doctor_says_what_is_missing(invoke: Invoke) -> None:
    findings = _json(invoke("doctor", "--json"))["findings"]
    assert ("connection", "fail", "mi-bridge is not installed in this database") in [
        (one["probe"], one["level"], one["message"]) for one in findings
    ]


def test_doctor_tells_a_node_of_the_same_name_elsewhere(installed: Invoke, alive: None) -> None:
    own = _json(installed("doctor", "--json", "--set", "bridge.node_name=other"))
    strange = _json(installed("doctor", "--json"))
    assert [one["level"] for one in own["findings"] if one["probe"] == "nodes"] == ["fail"]
    assert [one["level"] for one in strange["findings"] if one["probe"] == "nodes"] == ["ok"]


def test_doctor_names_missing_rights(installed: Invoke, database: str) -> None:
    connection = load_pyodbc().connect(database, autocommit=True)
    login = f"mi_doctor_{os.getpid()}"
    connection.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'secret'")
    limited = database + f"Uid={login};Pwd=secret;"
    try:
        bare = _json(installed("doctor", "--json", "--set", f"database.connection_string={limited}"))
        refused = installed("call", "1101", "{}", "--set", f"database.connection_string={limited}")
        connection.execute(f"GRANT EXECUTE ON FUNCTION sp_mi_schema, sp_mi_monitor TO {login}")
        some = _json(installed("doctor", "--json", "--set", f"database.connection_string={limited}"))
    finally:
        connection.execute(f"DROP OWNED BY {login}")
        connection.execute(f"DROP ROLE {login}")
        connection.close()
    told = [one for one in bare["findings"] if one["probe"] == "connection" and one["level"] == "fail"]
    denied = [one["message"] for one in some["findings"] if one["probe"] == "grants"]
    assert "sp_mi_schema" in told[0]["message"]
    assert "mi_bridge" in told[0]["remedy"]
    assert "this login may not execute sp_mi_finish" in denied
    assert "this login may not execute sp_mi_monitor" not in denied
    assert refused.exit_code == 1
    assert "mi_his" in refused.stderr


def test_doctor_tells_an_unreachable_server_and_a_wrong_password(installed: Invoke, database: str) -> None:
    wrong = database + "Pwd=wrong;"
    away = database + "Port=9;"
    login = _json(installed("doctor", "--json", "--set", f"database.connection_string={wrong}"))
    server = _json(installed("doctor", "--json", "--set", f"database.connection_string={away}"))
    by_probe = [{one["probe"]: one for one in told["findings"]} for told in (login, server)]
    assert "database.password" in by_probe[0]["connection"]["remedy"]
    assert "server" in by_probe[1]["connection"]["remedy"]
    assert by_probe[1]["schema"]["level"] == "skip"
    assert "wrong" not in json.dumps(by_probe[0])


def _start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mi_bridge", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=_PROJECT,
        env={**os.environ, **environment},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_carries_requests_until_told_to_stop(
    installed: Invoke, his: HisClient, settings_file: Path, number: int
) -> None:
    simulator = _start("simulate", "--port", "0", "--json")
    assert simulator.stdout is not None
    base_url = json.loads(simulator.stdout.readline())["base_url"]
    bridge = _start("run", "--config", str(settings_file), MI_BRIDGE_INSURER__BASE_URL=base_url)
    try:
        _until(his.service_alive)
        answer = his.call_v2("1101", '{"psn_no": "99010100000000000011"}', HisOptions(timeout=20))
        called = installed("call", "1101", '{"psn_no": "99010100000000000011"}', "--timeout", "20")
        sent = installed("requests", "show", "2")
    finally:
        bridge.send_signal(number)
        output, complaint = bridge.communicate(timeout=_PATIENCE_S)
        simulator.send_signal(number)
        simulator.communicate(timeout=_PATIENCE_S)
    assert (answer.error_code, bridge.returncode, simulator.returncode) == (0, 0, 0), complaint
    assert "程仿真" in (answer.result or "")
    assert '"balc": 5000.00,' in called.stdout
    assert all(word in sent.stdout for word in ("sends", "original", "OK"))
    assert "程仿真" not in output + complaint
    assert all(json.loads(line) for line in output.splitlines())


def test_run_without_our_sql_says_what_to_do(invoke: Invoke, settings_file: Path) -> None:
    process = _start("run", "--config", str(settings_file))
    output, complaint = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 1
    assert "mi-bridge sql" in complaint
    assert "bridge ended" in output
    assert "Traceback" not in output + complaint


def test_simulate_plays_the_platform() -> None:
    process = _start(
        "simulate", "--port", "0", "--fault", "busy,infno=1101,times=1", "--latency", "1", "--seed", "7"
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(3)]
    base_url = told[0].split()[-1]
    health = httpx.get(f"{base_url}/_simulator/health", trust_env=False).json()
    rules = httpx.get(f"{base_url}/_simulator/faults", trust_env=False).json()["rules"]
    taken = _start("simulate", "--port", base_url.rpartition(":")[2])
    complaint = taken.communicate(timeout=_PATIENCE_S)[1]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=_PATIENCE_S)
    assert (health["seed"], health["mode"], process.returncode) == (7, "live", 0)
    assert [rule["fault"] for rule in rules] == ["busy", "latency"]
    assert "非真实平台" in told[1]
    assert taken.returncode == 1
    assert "cannot listen" in complaint


def _until(done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.02)
