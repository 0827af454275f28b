"""The part of pywin32's API that the bridge uses, as protocols, and the one function that imports it.

pywin32 exists on Windows only. Its modules fit these protocols as they are; tests put doubles in their place.
"""

# ruff: noqa: N802, N803 - the names are pywin32's

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from mi_bridge.errors import ServiceError

Handle = Any


class ServiceControl(Protocol):
    """The module ``win32service``."""

    error: type[Exception]

    SC_MANAGER_ALL_ACCESS: int
    SC_MANAGER_CONNECT: int
    SC_ACTION_RESTART: int
    SERVICE_ALL_ACCESS: int
    SERVICE_QUERY_STATUS: int
    SERVICE_WIN32_OWN_PROCESS: int
    SERVICE_AUTO_START: int
    SERVICE_ERROR_NORMAL: int
    SERVICE_CONFIG_DESCRIPTION: int
    SERVICE_CONFIG_FAILURE_ACTIONS: int
    SERVICE_CONFIG_FAILURE_ACTIONS_FLAG: int
    SERVICE_CONFIG_DELAYED_AUTO_START_INFO: int
    SERVICE_CONFIG_PRESHUTDOWN_INFO: int
    SERVICE_CONTROL_STOP: int
    SERVICE_CONTROL_PRESHUTDOWN: int
    SERVICE_ACCEPT_PRESHUTDOWN: int
    SERVICE_STOPPED: int
    SERVICE_START_PENDING: int
    SERVICE_STOP_PENDING: int
    SERVICE_RUNNING: int

    def OpenSCManager(self, machine: str | None, database: str | None, access: int, /) -> Handle:
        """Open the service control manager."""

    def OpenService(self, manager: Handle, name: str, access: int, /) -> Handle:
        """Open a service; error 1060 when there is none of that name."""

    def CloseServiceHandle(self, handle: Handle, /) -> None:
        """Close the handle of the manager or of a service."""

    def CreateService(
        self,
        manager: Handle,
        name: str,
        display: str,
        access: int,
        kind: int,
        start: int,
        severity: int,
        command: str,
        group: str | None,
        tag: int,
        dependencies: Sequence[str] | None,
        account: str | None,
        password: str | None,
        /,
    ) -> Handle:
        """Create a service; error 1073 when there is one."""

    def ChangeServiceConfig2(self, service: Handle, level: int, info: Any, /) -> None:
        """Set description (text), failure actions (mapping), flags (bool) or time-outs (milliseconds)."""

    def DeleteService(self, service: Handle, /) -> None:
        """Remove a service once it has stopped."""

    def StartService(self, service: Handle, arguments: Sequence[str] | None, /) -> None:
        """Ask for a start; error 1056 when it runs."""

    def ControlService(self, service: Handle, control: int, /) -> Any:
        """Send a control; error 1062 when the service does not run."""

    def QueryServiceStatusEx(self, service: Handle, /) -> Mapping[str, int]:
        """Return CurrentState, ProcessId, Win32ExitCode, ServiceSpecificExitCode and others."""


class EventSources(Protocol):
    """The module ``win32evtlogutil``."""

    def AddSourceToRegistry(self, appName: str, msgDLL: str, /) -> None:
        """Register a source of events, and the file that holds their texts."""

    def RemoveSourceFromRegistry(self, appName: str, /) -> None:
        """Remove it; nothing happens when there is none."""


class Framework(Protocol):
    """The module ``win32serviceutil``."""

    ServiceFramework: type[Any]


class Host(Protocol):
    """The module ``servicemanager``: runs a service inside this process, and writes events."""

    __file__: str

    def Initialize(self, source: str, file: str, /) -> None:
        """Name the source of events."""

    def PrepareToHostSingle(self, service: type[Any], /) -> None:
        """Name the class that is the service."""

    def StartServiceCtrlDispatcher(self) -> None:
        """Run it until it has stopped; error 1063 when the process was not started as a service."""

    def LogInfoMsg(self, text: str, /) -> None:
        """Write an event of information."""

    def LogErrorMsg(self, text: str, /) -> None:
        """Write an event of error."""


@dataclass(frozen=True, slots=True)
class Win32:
    """pywin32, as far as it is used.

    Args:
        control: the module ``win32service``.
        sources: the module ``win32evtlogutil``.
        framework: the module ``win32serviceutil``.
        host: the module ``servicemanager``.
    """

    control: ServiceControl
    sources: EventSources
    framework: Framework
    host: Host


def pywin32() -> Win32:
    """Import pywin32.

    Raises:
        ServiceError: it is not installed, or this is not Windows.
    """
    try:
        return Win32(
            control=cast("ServiceControl", importlib.import_module("win32service")),
            sources=cast("EventSources", importlib.import_module("win32evtlogutil")),
            framework=cast("Framework", importlib.import_module("win32serviceutil")),
            host=cast("Host", importlib.import_module("servicemanager")),
        )
    except ImportError:
        raise ServiceError(
            "pywin32 is not installed.", remedy="On Windows run `pip install pywin32`."
        ) from None
