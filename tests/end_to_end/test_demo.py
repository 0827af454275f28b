"""The demo as a user runs it: real processes, a private server, and nothing left of them afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.private_cluster import PrivateCluster

_PROJECT = Path(__file__).resolve().parents[2]
_MARK = "DEMO_TEST_MARK"
_PATIENCE_S = 60.0

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the demo brings its own PostgreSQL on Linux only"
)

VISIT = [
    ("9001", "签到", "sp_medical_insurance_call + sp_medical_insurance_wait", 0, "SUCCESS", "0"),
    ("1101", "读取人员信息", "sp_medical_insurance_call + sp_medical_insurance_wait", 0, "SUCCESS", "0"),
    ("2201", "门诊挂号", "sp_medical_insurance_call + v_medical_insurance_result", 0, "SUCCESS", "0"),
    ("2203", "上传就诊信息", "sp_medical_insurance_call_v2", 0, "SUCCESS", "0"),
    ("2204", "上传费用明细", "sp_medical_insurance_call_v2", 0, "SUCCESS", "0"),
    ("2206", "预结算", "sp_medical_insurance_call_v2", 0, "SUCCESS", "0"),
    ("2207", "结算", "sp_medical_insurance_call_v2", 0, "SUCCESS", "0"),
    ("5203", "查询结算", "sp_medical_insurance_call_v2", 0, "SUCCESS", "0"),
    ("2207", "同一就诊再次结算", "sp_medical_insurance_call_v2", 0, "BUSINESS_ERROR", "-1"),
    ("1101", "JSON 写错", "sp_medical_insurance_call_v2", -1001, None, None),
    ("2208", "退费（结算撤销）", "sp_medical_insurance_call_v2", 0, "SUCCESS", "0"),
]


class Demo:
    """Runs ``mi-bridge`` for one folder; its processes carry a mark that finds them again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mark = uuid.uuid4().hex

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "mi_bridge", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=_PROJECT,
            env={**os.environ, _MARK: self._mark, "COLUMNS": "120"},
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        output, complaint = process.communicate(timeout=_PATIENCE_S)
        return process.returncode, output, complaint

    def play(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        status, output, complaint = self.run("demo", "--json", "--folder", str(self.folder), *arguments)
        assert output, complaint
        report: dict[str, Any] = json.loads(output)
        return status, report

    def processes(self) -> list[psutil.Process]:
        return [one for one in psutil.process_iter() if self._is_ours(one)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return bool(
                process.environ().get(_MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    @property
    def cluster(self) -> PrivateCluster:
        return PrivateCluster(self.folder / "postgresql", durable=False)

    def left(self) -> list[str]:
        """Name what is still there: processes, the server, records of processes."""
        found = [" ".join(process.cmdline()) for process in self.processes()]
        found += ["postgresql"] if self.cluster.running else []
        return found + [path.name for path in self.folder.glob("*.pid.json")]

    def await_file(self, name: str) -> None:
        self.until(lambda: (self.folder / name).exists(), name)

    @staticmethod
    def until(done: Callable[[], bool], what: str) -> None:
        give_up = time.monotonic() + _PATIENCE_S
        while not done():
            assert time.monotonic() < give_up, f"still waiting for: {what}"
            time.sleep(0.01)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """One folder for the whole file: later runs find the server's data, as a second run does."""
    one = Demo(_PROJECT / ".run" / f"test-demo-{os.getpid()}")
    yield one
    for process in one.processes():
        process.kill()
    one.cluster.destroy()
    for path in one.folder.glob("*"):
        # where the server's account may not enter this folder, the data lay elsewhere and an empty folder is left
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    if one.folder.exists():
        one.folder.rmdir()


def test_every_line_of_the_visit(demo: Demo) -> None:
    status, report = demo.play()
    lines = [
        tuple(one[key] for key in ("interface_code", "name", "through", "code", "result_status", "infcode"))
        for one in report["requests"]
    ]
    assert (status, report["ok"], lines) == (0, True, VISIT)
    assert [one["id"] for one in report["requests"]] == [1, 2, 3, 4, 5, 6, 7, 8, 9, None, 10]
    assert all(one["milliseconds"] > 0 for one in report["requests"])
    assert report["milliseconds"] >= sum(report["parts"].values()) * 0.9
    assert demo.left() == []


@pytest.mark.parametrize(("profile", "left_out"), [("zhejiang", ["5203"]), ("guangzhou", [])])
def test_the_visit_in_a_sites_own_dialect(demo: Demo, profile: str, left_out: list[str]) -> None:
    status, report = demo.play("--profile", profile)

    assert (status, report["ok"], report["profile"], report["left_out"]) == (0, True, profile, left_out)
    assert [one["interface_code"] for one in report["requests"]] == [
        line[0] for line in VISIT if line[0] not in left_out
    ]
    assert demo.left() == []


def test_people_get_two_tables_and_what_to_try_next(demo: Demo) -> None:
    status, output, progress = demo.run("demo", "--folder", str(demo.folder))
    rows = [line.split() for line in output.splitlines()]
    assert status == 0
    assert ["7", "2207", "门诊结算", "COMPLETED", "SUCCESS", "0"] in [row[:6] for row in rows]
    assert ["9", "2207", "门诊结算", "COMPLETED", "BUSINESS_ERROR", "-1"] in [row[:6] for row in rows]
    assert ["2207", "门诊结算", "2", "1", "1", "0"] in [row[:6] for row in rows]
    assert "v_medical_insurance_result" in output
    assert "v_medical_insurance_monitor" in output
    assert "1101 JSON 写错 → -1001" in output
    assert "11 步全部符合预期" in output
    assert "demo --keep" in output
    assert "\x1b" not in output
    assert "PostgreSQL" in progress
    assert demo.left() == []


def test_kept_running_it_can_be_used_and_stopped(demo: Demo) -> None:
    folder = ("--folder", str(demo.folder))
    _, report = demo.play("--keep")
    his, bridge = report["kept"]["his_settings"], report["kept"]["bridge_settings"]
    connection = load_pyodbc().connect(report["kept"]["connection_string"], autocommit=True)
    count = connection.execute("SELECT count(*) FROM v_medical_insurance_result").fetchval()
    with pytest.raises(load_pyodbc().Error, match="permission denied"):
        connection.execute("SELECT * FROM medical_insurance_requests")
    connection.close()
    person = '{"mdtrt_cert_type": "02", "mdtrt_cert_no": "990101198503124513"}'
    called = demo.run("call", "1101", person, "--json", "--config", his)
    listed = demo.run("requests", "--json", "--config", bridge)
    examined = demo.run("doctor", "--json", "--config", bridge)
    stopped = demo.run("demo", "--stop", *folder)
    again = demo.run("demo", "--stop", *folder)
    assert count == 10
    assert json.loads(json.loads(called[1])["result"])["output"]["baseinfo"]["psn_name"] == "程仿真"
    assert [row["request_id"] for row in json.loads(listed[1])][:2] == [11, 10]
    assert examined[0] == 0, examined[1]
    assert (stopped[:2], again[:2]) == ((0, "Stopped.\n"), (0, "Nothing was running.\n"))
    assert demo.left() == []


def test_a_new_run_ends_the_kept_one(demo: Demo) -> None:
    demo.play("--keep")
    before = {process.pid for process in demo.processes()}
    status, report = demo.play()
    assert len(before) == 2
    assert (status, report["ok"]) == (0, True)
    assert demo.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["simulator.pid.json", "mi-bridge.toml", "bridge.pid.json"])
def test_a_signal_leaves_nothing_behind(demo: Demo, moment: str, number: int) -> None:
    demo.folder.mkdir(exist_ok=True)
    (demo.folder / "mi-bridge.toml").unlink(missing_ok=True)
    process = demo.start("demo", "--json", "--folder", str(demo.folder))
    demo.await_file(moment)
    process.send_signal(number)
    output, complaint = process.communicate(timeout=_PATIENCE_S)
    assert (process.returncode, output) == (130, ""), complaint
    assert demo.left() == []


def test_ctrl_c_is_heard_while_the_platform_is_silent(demo: Demo) -> None:
    process = demo.start("demo", "--json", "--folder", str(demo.folder))
    demo.await_file("simulator.pid.json")
    log = demo.folder / "simulator.log"
    demo.until(lambda: log.read_text("utf-8").endswith("\n"), "the simulator's address")
    base_url = json.loads(log.read_text("utf-8").splitlines()[0])["base_url"]
    order = {"rules": [{"fault": "latency", "ms": 60_000}]}
    assert httpx.post(f"{base_url}/_simulator/faults", json=order, trust_env=False).status_code == 200
    demo.until(
        lambda: httpx.get(f"{base_url}/_simulator/messages", trust_env=False).json()["received"] > 0,
        "the sign-in",
    )
    process.send_signal(signal.SIGINT)
    output, complaint = process.communicate(timeout=_PATIENCE_S)
    assert (process.returncode, output) == (130, ""), complaint
    assert demo.left() == []


def test_what_a_killed_demo_left_is_ended_by_the_next(demo: Demo) -> None:
    process = demo.start("demo", "--json", "--folder", str(demo.folder))
    demo.await_file("bridge.pid.json")
    process.kill()
    process.communicate()
    orphans = demo.processes()
    status, report = demo.play()
    assert len(orphans) == 2
    assert (status, report["ok"]) == (0, True)
    assert [one for one in orphans if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
    assert demo.left() == []


def test_two_demos_do_not_share_a_folder(demo: Demo) -> None:
    first = demo.start("demo", "--json", "--folder", str(demo.folder))
    demo.await_file("simulator.pid.json")
    status, output, complaint = demo.run("demo", "--json", "--folder", str(demo.folder))
    told = first.communicate(timeout=_PATIENCE_S)[0]
    assert (status, output) == (1, "")
    assert "Another demo is at work" in complaint
    assert json.loads(told)["ok"] is True


def test_an_outcome_the_script_does_not_expect_is_told(demo: Demo, tmp_path: Path) -> None:
    script = (_PROJECT / "config" / "demo" / "outpatient.toml").read_text("utf-8")
    changed = tmp_path / "changed.toml"
    changed.write_text(script.replace('total = "86.50"', 'total = "86.51"'), encoding="utf-8")
    status, report = demo.play("--scenario", str(changed))
    trial = report["requests"][5]
    assert (status, report["ok"], len(report["requests"])) == (1, False, 6)
    assert (trial["interface_code"], trial["result_status"], trial["as_expected"]) == (
        "2206",
        "BUSINESS_ERROR",
        False,
    )
    assert "result_status is BUSINESS_ERROR, expected SUCCESS" in trial["differences"]
    assert demo.left() == []


def test_a_part_that_does_not_come_up_tells_its_last_words(demo: Demo) -> None:
    blocked = demo.folder / "his.toml"
    blocked.unlink(missing_ok=True)
    blocked.mkdir()
    try:
        status, output, complaint = demo.run("demo", "--json", "--folder", str(demo.folder))
    finally:
        blocked.rmdir()
    assert (status, output) == (1, "")
    assert "his.toml" in complaint
    assert "Traceback" not in complaint
    assert demo.left() == []
