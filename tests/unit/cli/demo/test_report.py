from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.demo import report
from mi_bridge.cli.demo.place import Place
from mi_bridge.cli.demo.player import Played
from mi_bridge.cli.demo.scenario import Scenario
from mi_bridge.cli.demo.stage import Scene
from mi_bridge.store.his import HisAnswer, HisResult

_TIME = datetime(2026, 1, 2, tzinfo=UTC)
_RESULTS = [(1, "2207", "门诊结算", "COMPLETED", "SUCCESS", "0", None, None, 1, "m", _TIME, _TIME)]
_MONITOR = [("2207", "门诊结算", 1, 1, 0, 0, 0, "0.005", "0.004", "0.006", "0.007", _TIME)]


class _Connection:
    def call(self, routine: str, *_parameters: Any) -> list[Any]:
        return _RESULTS if routine == "sp_mi_request_result" else _MONITOR

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def scene(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    settings = SettingsChoice(settings_file).load()
    monkeypatch.setattr("mi_bridge.daemon.connect", lambda _settings: _Connection())
    return Scene("http://127.0.0.1:1", settings, settings)


def _played(*differences: str, queued: bool = True) -> tuple[Scenario, list[Played]]:
    step = {"name": "结算", "infno": "2207", "through": "call_v2", "input": "{}", "expect": {}}
    scenario = Scenario.model_validate({"title": "一次就诊", "facts": {}, "step": [step]})
    line = HisResult("COMPLETED", "SUCCESS", "{}", "0", None) if queued else None
    answer = HisAnswer(1) if queued else HisAnswer(None, -1001, "参数错误")
    return scenario, [Played(scenario.step[0], answer, line, 12.3, differences)]


def test_json_holds_every_request() -> None:
    scenario, played = _played()
    told = report.as_dict(scenario, played, {"sql": 1.0, "total": 5.0}, None)
    assert json.loads(json.dumps(told)) == {
        "ok": True,
        "milliseconds": 5.0,
        "parts": {"sql": 1.0},
        "requests": [
            {
                "step": 1,
                "name": "结算",
                "interface_code": "2207",
                "through": "sp_medical_insurance_call_v2",
                "id": 1,
                "code": 0,
                "result_status": "SUCCESS",
                "infcode": "0",
                "milliseconds": 12.3,
                "as_expected": True,
                "differences": [],
            }
        ],
    }
    assert report.as_dict(scenario, played, {"total": 5.0}, {"url": "u"})["kept"] == {"url": "u"}


def test_a_step_not_played_is_no_success() -> None:
    scenario, _ = _played()
    assert not report.succeeded(scenario, [])


@pytest.mark.parametrize(("width", "status", "p99"), [("110", True, True), ("80", False, False)])
def test_narrow_screens_do_without_what_can_be_spared(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    width: str,
    status: bool,
    p99: bool,
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    report.show(scene, *_played(), 1234)
    shown = capsys.readouterr().out
    assert "一次就诊" in shown
    assert ("COMPLETED" in shown, "0.007" in shown) == (status, p99)
    assert "1 步全部符合预期 / all 1 steps as expected（1.2 s）" in shown
    assert all(len(line) <= int(width) for line in shown.splitlines())


def test_failures_are_told_step_by_step(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario, played = _played("infcode is -1, expected 0", queued=False)
    monkeypatch.setattr(_Connection, "call", lambda *_arguments: [])
    two = scenario.model_copy(update={"step": scenario.step * 2})
    report.show(scene, two, played, 1)
    shown = capsys.readouterr().out
    assert "2207 结算 → -1001 参数错误" in shown
    assert "第 1 步 2207 结算: infcode is -1, expected 0" in shown
    assert "1 步未执行" in shown


def test_what_to_try_next_names_this_program(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", [str(Path.cwd() / "bin" / "mi-bridge")])
    report.show_next(None)
    stopped = capsys.readouterr().out
    kept = report.kept_facts(scene, Place(tmp_path))
    report.show_next(kept)
    running = capsys.readouterr().out
    assert "bin/mi-bridge demo --keep" in stopped
    assert "postgresql://mi_bridge:canary-password@127.0.0.1:9/mi_bridge_demo" in running
    assert "bin/mi-bridge demo --stop" in running
    assert "${" not in stopped + running


@pytest.mark.parametrize(
    ("called", "shown"), [("/usr/bin/mi-bridge", "mi-bridge demo"), ("/x/pytest", "-m mi_bridge demo")]
)
def test_the_program_is_named_as_it_can_be_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], called: str, shown: str
) -> None:
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/mi-bridge")
    report.show_next(None)
    assert f"{shown} --keep" in capsys.readouterr().out


def test_what_was_left_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    scenario, _ = _played()
    report.show_left_out(scenario.step)

    assert "2207 结算" in capsys.readouterr().out
