"""Doubles of a runner of programs, and of pywin32, which exists on Windows only."""

# ruff: noqa: N802, N803 - the names are pywin32's

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from mi_bridge.service import ServiceOptions
from mi_bridge.service.step import Completed
from mi_bridge.service.win32 import Win32


class Programs:
    """Runs nothing: remembers what was asked for, and answers as it was told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.answers: dict[str, Completed] = {}

    def __call__(self, arguments: Sequence[str], *, timeout_s: float) -> Completed:
        self.calls.append(tuple(arguments))
        return self.answers.get(" ".join(arguments[:2]), Completed(0))


@pytest.fixture
def programs() -> Programs:
    return Programs()


@pytest.fixture
def options() -> ServiceOptions:
    return ServiceOptions(
        config=Path("/etc/mi-bridge/mi-bridge.toml"),
        python=Path("/opt/mi-bridge/bin/python"),
        secrets=(Path("/etc/mi-bridge/secrets/database.password"),),
        log_file=Path("/var/log/mi-bridge/mi-bridge.log"),
    )


class WindowsError(Exception):
    """As pywintypes.error: number, function, text."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "Function", "words of Windows")
        self.winerror, self.strerror = number, "words of Windows"


class Control:
    """The module win32service over one service database in memory. Checks handles and the forms of what is set."""

    error = WindowsError
    SC_MANAGER_ALL_ACCESS, SC_MANAGER_CONNECT, SC_ACTION_RESTART = 0xF003F, 1, 1
    SERVICE_ALL_ACCESS, SERVICE_QUERY_STATUS, SERVICE_WIN32_OWN_PROCESS = 0xF01FF, 4, 16
    SERVICE_AUTO_START, SERVICE_ERROR_NORMAL = 2, 1
    SERVICE_CONFIG_DESCRIPTION, SERVICE_CONFIG_FAILURE_ACTIONS, SERVICE_CONFIG_DELAYED_AUTO_START_INFO = (
        1,
        2,
        3,
    )
    SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, SERVICE_CONFIG_PRESHUTDOWN_INFO = 4, 7
    (
        SERVICE_CONTROL_STOP,
        SERVICE_CONTROL_INTERROGATE,
        SERVICE_CONTROL_SHUTDOWN,
        SERVICE_CONTROL_PRESHUTDOWN,
    ) = 1, 4, 5, 15
    SERVICE_ACCEPT_STOP, SERVICE_ACCEPT_SHUTDOWN, SERVICE_ACCEPT_PRESHUTDOWN = 1, 4, 256
    SERVICE_STOPPED, SERVICE_START_PENDING, SERVICE_STOP_PENDING, SERVICE_RUNNING = 1, 2, 3, 4

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.open_handles: set[int] = set()
        self.handles: dict[int, str | None] = {}
        self.refuse: dict[str, int] = {}
        self.states: list[int] = []
        self.statuses: list[tuple[int, int]] = []

    def _check(self, function: str) -> None:
        if function in self.refuse:
            raise WindowsError(self.refuse[function])

    def _handle(self, name: str | None) -> int:
        number = len(self.handles) + 1
        self.handles[number] = name
        self.open_handles.add(number)
        return number

    def _of(self, handle: int) -> dict[str, Any]:
        assert handle in self.open_handles
        return self.services[self.handles[handle] or ""]

    def OpenSCManager(self, machine: str | None, database: str | None, access: int) -> int:
        self._check("OpenSCManager")
        return self._handle(None)

    def OpenService(self, manager: int, name: str, access: int) -> int:
        assert manager in self.open_handles
        if name not in self.services:
            raise WindowsError(1060)
        return self._handle(name)

    def CloseServiceHandle(self, handle: int) -> None:
        self.open_handles.remove(handle)

    def CreateService(self, manager: int, name: str, *rest: Any) -> int:
        self._check("CreateService")
        assert manager in self.open_handles
        assert len(rest) == 11
        display, _access, _kind, start, _severity, command, _group, _tag, _deps, account, password = rest
        self.services[name] = {
            "display": display,
            "start": start,
            "command": command,
            "account": account,
            "password": password,
            "state": self.SERVICE_STOPPED,
        }
        return self._handle(name)

    def ChangeServiceConfig2(self, service: int, level: int, info: object) -> None:
        self._check("ChangeServiceConfig2")
        forms: dict[int, type] = {1: str, 2: dict, 3: bool, 4: bool, 7: int}
        assert type(info) is forms[level]
        if isinstance(info, dict):
            assert {*info} == {"ResetPeriod", "RebootMsg", "Command", "Actions"}
        self._of(service)[f"config {level}"] = info

    def DeleteService(self, service: int) -> None:
        name = self.handles[service]
        assert name is not None
        del self.services[name]

    def StartService(self, service: int, arguments: Sequence[str] | None) -> None:
        if self._of(service)["state"] == self.SERVICE_RUNNING:
            raise WindowsError(1056)
        self._of(service)["state"] = self.SERVICE_START_PENDING
        self.states = self.states or [self.SERVICE_START_PENDING, self.SERVICE_RUNNING]

    def ControlService(self, service: int, control: int) -> None:
        if self._of(service)["state"] != self.SERVICE_RUNNING:
            raise WindowsError(1062)
        assert control == self.SERVICE_CONTROL_STOP
        self._of(service)["state"] = self.SERVICE_STOP_PENDING
        self.states = self.states or [self.SERVICE_STOP_PENDING, self.SERVICE_STOPPED]

    def QueryServiceStatusEx(self, service: int) -> Mapping[str, int]:
        found = self._of(service)
        if self.states:
            found["state"] = self.states.pop(0)
        running = found["state"] != self.SERVICE_STOPPED
        return {"CurrentState": found["state"], "ProcessId": 4711 if running else 0, "Win32ExitCode": 0}


class Sources:
    """The module win32evtlogutil."""

    def __init__(self) -> None:
        self.registered: dict[str, str] = {}

    def AddSourceToRegistry(self, name: str, file: str) -> None:
        self.registered[name] = file

    def RemoveSourceFromRegistry(self, name: str) -> None:
        self.registered.pop(name, None)


class Host:
    """The module servicemanager."""

    __file__ = "servicemanager.pyd"

    def __init__(self) -> None:
        self.infos: list[str] = []
        self.errors: list[str] = []
        self.source = ""
        self.service: type[Any] | None = None
        self.fault: Exception | None = None

    def Initialize(self, source: str, file: str) -> None:
        self.source = source

    def PrepareToHostSingle(self, service: type[Any]) -> None:
        self.service = service

    def StartServiceCtrlDispatcher(self) -> None:
        if self.fault:
            raise self.fault
        assert self.service is not None
        self.service(["mi-bridge"]).SvcRun()

    def LogInfoMsg(self, text: str) -> None:
        self.infos.append(text)

    def LogErrorMsg(self, text: str) -> None:
        self.errors.append(text)


class FrameworkModule:
    """The module win32serviceutil, as far as its base class behaves towards the service control manager."""

    def __init__(self, control: Control) -> None:
        class ServiceFramework:
            def __init__(self, arguments: list[str]) -> None:
                self.arguments = arguments

            def GetAcceptedControls(self) -> int:
                return control.SERVICE_ACCEPT_STOP | control.SERVICE_ACCEPT_SHUTDOWN

            def ReportServiceStatus(self, status: int, waitHint: int = 5000) -> None:
                control.statuses.append((status, waitHint))

            def SvcInterrogate(self) -> None:
                self.ReportServiceStatus(control.SERVICE_RUNNING)

            def SvcRun(self) -> None:
                self.ReportServiceStatus(control.SERVICE_RUNNING)
                cast("Any", self).SvcDoRun()
                self.ReportServiceStatus(control.SERVICE_STOP_PENDING)

        self.ServiceFramework = ServiceFramework


class Pywin32:
    """All four modules."""

    def __init__(self) -> None:
        self.control = Control()
        self.sources = Sources()
        self.host = Host()

    def __call__(self) -> Win32:
        return cast("Win32", _Modules(self.control, self.sources, FrameworkModule(self.control), self.host))


class _Modules:
    def __init__(self, control: Control, sources: Sources, framework: FrameworkModule, host: Host) -> None:
        self.control, self.sources, self.framework, self.host = control, sources, framework, host


@pytest.fixture
def windows() -> Pywin32:
    return Pywin32()
