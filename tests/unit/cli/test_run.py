from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mi_bridge import daemon
from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.run import run_bridge
from mi_bridge.errors import ProfileError, SchemaError
from mi_bridge.service.stop import StopSignal
from mi_bridge.settings import Settings

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def restored_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def _daemon(monkeypatch: pytest.MonkeyPatch, fault: Exception | None = None) -> list[Any]:
    seen: list[Any] = []

    def run_daemon(settings: Settings, _supervisor: object, *, stop: object) -> None:
        seen.append((settings.bridge.node_name, stop))
        if fault:
            raise fault

    monkeypatch.setattr(daemon, "run_daemon", run_daemon)
    return seen


def test_wrong_settings_are_all_told_with_status_78(invoke: Invoke, settings_file: Path) -> None:
    result = invoke("run", "-c", settings_file, "--set", "bridge.window=0", "--set", "log.level=loud")
    assert result.exit_code == 78
    assert "bridge.window" in result.stderr
    assert "log.level" in result.stderr


def test_a_node_runs_to_its_end(monkeypatch: pytest.MonkeyPatch, settings_file: Path) -> None:
    seen = _daemon(monkeypatch)
    stop = StopSignal()
    assert run_bridge(SettingsChoice(settings_file), stop) == 0
    assert seen == [("unit", stop)]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (SchemaError("Objects are missing.", remedy="Upgrade."), 1, "Objects are missing."),
        (ProfileError("x.toml", "is wrong"), 78, "x.toml"),
        (ValueError("ours"), 1, "fault of its own"),
    ],
)
def test_what_ends_a_node_is_logged_and_told(
    monkeypatch: pytest.MonkeyPatch,
    settings_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    fault: Exception,
    status: int,
    words: str,
) -> None:
    _daemon(monkeypatch, fault)
    log = tmp_path / "bridge.log"
    choice = SettingsChoice(settings_file, {"log.file": str(log)})
    assert run_bridge(choice) == status
    assert words in log.read_text("utf-8")
    assert "Traceback" not in capsys.readouterr().err
