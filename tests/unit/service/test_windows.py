import dataclasses
from pathlib import Path
from typing import Any

import pytest

from mi_bridge.errors import ServiceError
from mi_bridge.service import Action, ServiceOptions
from mi_bridge.service import windows as module
from mi_bridge.service.win32 import pywin32
from mi_bridge.service.windows import WindowsManager, command_line


@pytest.fixture
def manager(options: ServiceOptions, programs: Any, windows: Any, tmp_path: Path) -> WindowsManager:
    here = dataclasses.replace(options, log_file=tmp_path / "logs" / "a.log")
    return WindowsManager(here, load=windows, run=programs, sleep=lambda _: None)


def test_installation_sets_up_everything_promised(
    manager: WindowsManager, windows: Any, programs: Any
) -> None:
    manager.install()
    service = windows.control.services["mi-bridge"]
    assert (service["start"], service["account"], service["password"]) == (2, r"NT SERVICE\mi-bridge", None)
    assert service["config 1"].isascii() is False
    assert "national platform" in service["config 1"]
    assert service["config 2"] == {
        "ResetPeriod": 3600,
        "RebootMsg": None,
        "Command": None,
        "Actions": ((1, 1000), (1, 5000), (1, 30000)),
    }
    assert (service["config 3"], service["config 4"], service["config 7"]) == (True, True, 35000)
    assert windows.sources.registered == {"mi-bridge": "servicemanager.pyd"}
    assert {call[0] for call in programs.calls} == {"icacls.exe"}
    assert len(programs.calls) == 3
    assert windows.control.open_handles == set()


def test_installing_again_renews(manager: WindowsManager, windows: Any) -> None:
    manager.install()
    manager.start()
    windows.control.services["mi-bridge"]["command"] = "old"
    manager.install()
    assert windows.control.services["mi-bridge"]["command"] != "old"
    assert windows.control.open_handles == set()


def test_life_of_a_service(manager: WindowsManager, windows: Any) -> None:
    assert manager.status().installed is False
    manager.install()
    assert (manager.status().running, manager.status().state) == (False, "stopped")
    assert manager.start() == "mi-bridge runs."
    status = manager.status()
    assert (status.running, status.state, status.pid) == (True, "running", 4711)
    assert manager.stop() == "mi-bridge has stopped."
    manager.start()
    assert "stay" in manager.uninstall()
    assert (windows.control.services, windows.sources.registered, windows.control.open_handles) == (
        {},
        {},
        set(),
    )


def test_a_service_that_dies_or_hangs_at_its_start_is_told(manager: WindowsManager, windows: Any) -> None:
    manager.install()
    windows.control.states = [2, 1]
    with pytest.raises(ServiceError, match="event log"):
        manager.start()
    windows.control.states = [2] * 1_000
    with pytest.raises(ServiceError, match="within 60 s"):
        manager.start()
    windows.control.states = [9]
    assert manager.status().state == "state 9"


@pytest.mark.parametrize(
    ("function", "number", "remedy"),
    [
        ("OpenSCManager", 5, "administrator"),
        ("CreateService", 1072, "services window"),
        ("CreateService", 1, ""),
    ],
)
def test_what_windows_refuses_is_told(
    manager: WindowsManager, windows: Any, function: str, number: int, remedy: str
) -> None:
    windows.control.refuse[function] = number
    with pytest.raises(ServiceError, match=f"error {number}") as caught:
        manager.install()
    assert remedy in caught.value.remedy
    assert windows.control.open_handles == set()


def test_no_handle_is_left_when_setting_up_fails(manager: WindowsManager, windows: Any) -> None:
    windows.control.refuse["ChangeServiceConfig2"] = 5
    with pytest.raises(ServiceError):
        manager.install()
    assert windows.control.open_handles == set()


def test_what_is_not_there_or_runs_already_is_told(manager: WindowsManager) -> None:
    for do in (manager.start, manager.stop, manager.uninstall):
        with pytest.raises(ServiceError, match="service install"):
            do()
    manager.install()
    with pytest.raises(ServiceError, match="does not run"):
        manager.stop()
    manager.start()
    with pytest.raises(ServiceError, match="runs already"):
        manager.start()


def test_faults_that_are_not_windows_pass_through(manager: WindowsManager, windows: Any) -> None:
    windows.control.OpenSCManager = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        manager.status()


def test_a_log_file_is_required(options: ServiceOptions, programs: Any, windows: Any) -> None:
    manager = WindowsManager(dataclasses.replace(options, log_file=None), load=windows, run=programs)
    for do in (manager.install, lambda: manager.script(Action.INSTALL)):
        with pytest.raises(ServiceError, match=r"\[log\]"):
            do()
    assert windows.control.services == {}


@pytest.mark.parametrize("action", list(Action))
def test_scripts_are_pure(manager: WindowsManager, windows: Any, programs: Any, action: Action) -> None:
    script = manager.script(action)
    assert script == manager.script(action)
    assert "sc.exe" in script
    assert (windows.control.handles, programs.calls) == ({}, [])


def test_the_script_of_an_installation_holds_all_of_it(manager: WindowsManager) -> None:
    script = manager.script(Action.INSTALL)
    for part in (
        "delayed-auto",
        "restart/1000/restart/5000/restart/30000",
        "failureflag",
        "PreshutdownTimeout",
    ):
        assert part in script
    assert '-c \\"import site' in script
    assert script.count("icacls.exe") == 3


def test_the_command_calls_the_interpreter_behind_the_launcher(
    options: ServiceOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "C:\\venv\\Scripts\\python.exe")
    monkeypatch.setattr("sys._base_executable", "C:\\Program Files\\Python\\python.exe")
    command = command_line(dataclasses.replace(options, python=Path("C:\\venv\\Scripts\\python.exe")))
    assert command.startswith('"C:\\Program Files\\Python\\python.exe" -I -S -c "import site;')
    assert command.endswith("service host --config /etc/mi-bridge/mi-bridge.toml")
    assert command_line(options).startswith("/opt/mi-bridge/bin/python -I")


def test_a_path_that_would_break_the_command_is_refused(
    options: ServiceOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_site_packages", lambda: Path("C:\\it's"))
    with pytest.raises(ServiceError, match="quotation mark"):
        command_line(options)


def test_without_pywin32_it_says_so() -> None:
    with pytest.raises(ServiceError, match="pip install pywin32"):
        pywin32()
