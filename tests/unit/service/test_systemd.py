from pathlib import Path
from typing import Any

import pytest

from mi_bridge.errors import ServiceError
from mi_bridge.service import Action, ServiceOptions
from mi_bridge.service.step import Completed
from mi_bridge.service.systemd import SystemdManager
from mi_bridge.service.unit import MARKER, render_unit

SHOW = "systemctl show"


@pytest.fixture
def manager(options: ServiceOptions, programs: Any, tmp_path: Path) -> SystemdManager:
    return SystemdManager(options, run=programs, units=tmp_path, booted=tmp_path)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    return tmp_path / "mi-bridge.service"


def test_installation_creates_account_and_unit_and_can_be_repeated(
    manager: SystemdManager, options: ServiceOptions, programs: Any, unit: Path
) -> None:
    programs.answers["id -u"] = Completed(1)
    assert "mi-bridge service start" in manager.install()
    assert unit.read_text(encoding="utf-8") == render_unit(options)
    assert [call[0] for call in programs.calls] == [
        "id",
        "useradd",
        "chgrp",
        "chmod",
        "systemctl",
        "systemctl",
    ]
    programs.answers.clear()
    programs.calls.clear()
    manager.install()
    assert "useradd" not in [call[0] for call in programs.calls]


def test_a_unit_of_somebody_else_is_not_touched(manager: SystemdManager, programs: Any, unit: Path) -> None:
    unit.write_text("[Service]\n")
    for do in (manager.install, manager.uninstall):
        with pytest.raises(ServiceError, match="not made by mi-bridge"):
            do()
    assert (unit.read_text(), programs.calls) == ("[Service]\n", [])


def test_uninstalling_removes_the_unit(manager: SystemdManager, programs: Any, unit: Path) -> None:
    unit.write_text(f"# {MARKER}\n")
    assert "stay" in manager.uninstall()
    assert not unit.exists()
    assert programs.calls[0] == ("systemctl", "disable", "--now", "mi-bridge.service")


def test_start_and_stop(manager: SystemdManager, programs: Any, unit: Path) -> None:
    unit.touch()
    assert manager.start().endswith("runs.")
    assert manager.stop().endswith("has stopped.")
    assert [call[1] for call in programs.calls] == ["start", "stop"]


@pytest.mark.parametrize(("status", "remedy"), [("78", "mi-bridge check"), ("1", "journalctl")])
def test_a_failed_start_says_where_to_look(
    manager: SystemdManager, programs: Any, unit: Path, status: str, remedy: str
) -> None:
    unit.touch()
    programs.answers["systemctl start"] = Completed(1, "", "Job failed")
    programs.answers[SHOW] = Completed(0, f"LoadState=loaded\nActiveState=failed\nExecMainStatus={status}\n")
    with pytest.raises(ServiceError, match="Job failed") as caught:
        manager.start()
    assert remedy in caught.value.remedy


def test_what_is_not_installed_cannot_be_driven(manager: SystemdManager) -> None:
    for do in (manager.start, manager.stop, manager.uninstall):
        with pytest.raises(ServiceError, match="not installed"):
            do()


def test_status(manager: SystemdManager, programs: Any) -> None:
    programs.answers[SHOW] = Completed(
        0,
        "LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=7\nExecMainStatus=0\nNRestarts=2\n"
        "StatusText=a=b\n",
    )
    status = manager.status()
    assert (status.installed, status.running, status.state, status.pid) == (True, True, "active (running)", 7)
    assert (status.exit_status, status.restarts, status.text) == (0, 2, "a=b")
    programs.answers[SHOW] = Completed(0, "LoadState=not-found\nActiveState=inactive\n")
    assert manager.status().installed is False


def test_a_machine_without_systemd_is_told(options: ServiceOptions, programs: Any, tmp_path: Path) -> None:
    manager = SystemdManager(options, run=programs, units=tmp_path, booted=tmp_path / "none")
    for do in (manager.install, manager.start, manager.status):
        with pytest.raises(ServiceError, match="systemd does not run"):
            do()


@pytest.mark.parametrize("action", list(Action))
def test_scripts_are_pure(options: ServiceOptions, programs: Any, tmp_path: Path, action: Action) -> None:
    manager = SystemdManager(options, run=programs, units=tmp_path, booted=tmp_path / "none")
    script = manager.script(action)
    assert script == manager.script(action)
    assert script.startswith("#!/bin/sh\nset -eu\n")
    assert action is Action.INSTALL or "systemctl" in script
    assert (programs.calls, [*tmp_path.iterdir()]) == ([], [])


def test_the_script_of_an_installation_holds_account_and_unit(
    manager: SystemdManager, options: ServiceOptions
) -> None:
    script = manager.script(Action.INSTALL)
    assert "|| useradd --system" in script
    assert render_unit(options) in script
