from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mi_bridge import service
from mi_bridge.cli import run
from mi_bridge.service import Action, ServiceOptions, ServiceStatus, StopSignal

Invoke = Callable[..., Result]


class _Manager:
    def __init__(self, options: ServiceOptions) -> None:
        self.options = options
        self.found = ServiceStatus(installed=True, running=True, state="active (running)", pid=7, text="well")

    def __getattr__(self, name: str) -> Callable[[], str]:
        return lambda: f"{name} done"

    def status(self) -> ServiceStatus:
        return self.found

    def script(self, action: Action) -> str:
        return f"# {action.value} {self.options.config.name}\n"


@pytest.fixture
def managers(monkeypatch: pytest.MonkeyPatch) -> list[_Manager]:
    made: list[_Manager] = []

    def manager(options: ServiceOptions) -> _Manager:
        made.append(_Manager(options))
        return made[-1]

    monkeypatch.setattr(service, "service_manager", manager)
    return made


@pytest.mark.parametrize("action", ["install", "uninstall", "start", "stop"])
def test_actions_are_done_or_printed(
    invoke: Invoke, managers: list[_Manager], settings_file: Path, action: str
) -> None:
    done = invoke("service", action, "-c", settings_file)
    printed = invoke("service", action, "--print", "-c", settings_file)
    assert done.stdout == f"{action} done\n"
    assert printed.stdout == f"# {action} mi-bridge.toml\n"
    assert managers[0].options.config == settings_file


def test_status_for_people_and_scripts(invoke: Invoke, managers: list[_Manager], settings_file: Path) -> None:
    shown = invoke("service", "status", "-c", settings_file)
    told = json.loads(invoke("service", "status", "--json", "-c", settings_file).stdout)
    printed = invoke("service", "status", "--print", "-c", settings_file)
    assert shown.exit_code == 0
    assert "process      7" in shown.stdout
    assert "it says      well" in shown.stdout
    assert (told["running"], told["pid"]) == (True, 7)
    assert printed.stdout == "# status mi-bridge.toml\n"


def test_a_stopped_service_is_status_1(
    invoke: Invoke, managers: list[_Manager], settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = ServiceStatus(installed=True, state="failed", exit_status=78, restarts=2)
    monkeypatch.setattr(_Manager, "status", lambda _self: stopped)
    result = invoke("service", "status", "-c", settings_file)
    assert result.exit_code == 1
    assert "last status  78" in result.stdout
    assert "restarts     2" in result.stdout


def test_a_service_needs_a_settings_file(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {
        "DATABASE__DIALECT": "postgresql",
        "DATABASE__SERVER": "s",
        "DATABASE__DATABASE": "d",
        "INSURER__BASE_URL": "http://p",
        "INSURER__ORG_CODE": "H99010100001",
    }.items():
        monkeypatch.setenv(f"MI_BRIDGE_{key}", value)
    result = invoke("service", "install")
    assert result.exit_code == 78
    assert "--config" in result.stderr


def test_windows_runs_the_same_bridge(
    invoke: Invoke, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    stop = StopSignal()
    monkeypatch.setattr(
        service, "run_windows_service", lambda work, *, drain_s: seen.append((work(stop), drain_s))
    )
    monkeypatch.setattr(run, "run_bridge", lambda choice, signal: (choice.file, signal))
    assert invoke("service", "host", "--config", settings_file).exit_code == 0
    assert seen == [((settings_file, stop), 20.0)]


def test_windows_is_told_of_wrong_settings_by_the_bridge_itself(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(
        service, "run_windows_service", lambda work, *, drain_s: seen.append((work(StopSignal()), drain_s))
    )
    invoke("service", "host", "--config", tmp_path / "absent.toml")
    assert seen == [(78, 0.0)]
