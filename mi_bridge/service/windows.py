r"""The bridge as a Windows service: installed with recovery actions, delayed start and an event source.

The service runs under the virtual account ``NT SERVICE\<name>``: no password, no more rights than it is given. Its command line
calls the interpreter itself and not the launcher of a virtual environment: the launcher starts a child, and Windows speaks
only with the process it started.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import Any

from mi_bridge.errors import ServiceError
from mi_bridge.service.manager import Action, ServiceOptions, ServiceStatus
from mi_bridge.service.step import Command, Runner, carry_out, run_program
from mi_bridge.service.win32 import Handle, Win32, pywin32

DISPLAY_NAME = "mi-bridge 医保接口桥"
DESCRIPTION = (
    "在医院 HIS 数据库与国家医保信息平台之间传递医保交易。停止后，医保结算无法进行。 "
    "Carries medical-insurance transactions between the hospital's HIS database and the national platform."
)
RESTART_DELAYS_S = (1, 5, 30)
"""Waits before the first, second and every later restart after a failure."""
RESET_AFTER_S = 3_600
"""After so long without a failure the first wait holds again."""
AFTER_DRAIN_S = 15
"""Time for giving back what was not sent and for the last lines of the log, on top of ``bridge.drain_s``."""

_STEP_S = 0.25
_START_S = 60
_ADMINISTRATORS, _SYSTEM = (
    "*S-1-5-32-544",
    "*S-1-5-18",
)  # by number: their names differ with the language of Windows
_REMEDIES = {
    5: "Run the command as administrator.",
    1053: "Look into the event log (application) and the bridge's own log.",
    1056: "It runs already.",
    1060: "Run `mi-bridge service install` first.",
    1062: "It does not run.",
    1069: "Its account cannot log on: run `mi-bridge service install` again.",
    1072: "It is being removed: close the services window and try again.",
}


class WindowsManager:
    """Installs and drives the service through the service control manager.

    Args:
        options: how the service is set up.
        load: returns pywin32.
        run: runs programs.
        sleep: waits, seconds.
    """

    def __init__(
        self,
        options: ServiceOptions,
        *,
        load: Callable[[], Win32] = pywin32,
        run: Runner = run_program,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._options = options
        self._load = load
        self._run = run
        self._sleep = sleep

    def install(self) -> str:
        """Create the service, or renew the one that is there."""
        log = self._log_file()
        win32 = self._load()
        if self.status().installed:
            self.uninstall()
        with _told("install"), _manager(win32) as manager:
            service = self._create(win32, manager)
            try:
                self._configure(win32, service)
            finally:
                win32.control.CloseServiceHandle(service)
        win32.sources.AddSourceToRegistry(self._options.name, win32.host.__file__)
        log.parent.mkdir(parents=True, exist_ok=True)
        for command in self._permissions(log):
            carry_out(command, self._run, timeout_s=_START_S)
        return f"Installed {self._options.name}. It starts with the machine; start it now with `mi-bridge service start`."

    def uninstall(self) -> str:
        """Stop and remove the service and its event source; settings and logs stay."""
        win32 = self._load()
        if self.status().running:
            self.stop()
        with self._service(win32, "uninstall") as service:
            win32.control.DeleteService(service)
        win32.sources.RemoveSourceFromRegistry(self._options.name)
        return f"Removed {self._options.name}. Settings and logs stay."

    def start(self) -> str:
        """Start the service and wait until it runs."""
        win32 = self._load()
        with self._service(win32, "start") as service:
            win32.control.StartService(service, None)
            self._await(win32, service, win32.control.SERVICE_RUNNING, _START_S)
        return f"{self._options.name} runs."

    def stop(self) -> str:
        """Stop the service and wait until calls in flight have ended."""
        win32 = self._load()
        with self._service(win32, "stop") as service:
            win32.control.ControlService(service, win32.control.SERVICE_CONTROL_STOP)
            self._await(
                win32, service, win32.control.SERVICE_STOPPED, self._options.drain_s + 2 * AFTER_DRAIN_S
            )
        return f"{self._options.name} has stopped."

    def status(self) -> ServiceStatus:
        """Ask the service control manager how the service stands."""
        win32 = self._load()
        try:
            with self._service(win32, "status", access=win32.control.SERVICE_QUERY_STATUS) as service:
                facts = win32.control.QueryServiceStatusEx(service)
        except _NotInstalledError:
            return ServiceStatus(installed=False)
        names = {
            win32.control.SERVICE_STOPPED: "stopped",
            win32.control.SERVICE_START_PENDING: "starting",
            win32.control.SERVICE_STOP_PENDING: "stopping",
            win32.control.SERVICE_RUNNING: "running",
        }
        return ServiceStatus(
            installed=True,
            running=facts["CurrentState"] == win32.control.SERVICE_RUNNING,
            state=names.get(facts["CurrentState"], f"state {facts['CurrentState']}"),
            pid=facts["ProcessId"] or None,
            exit_status=facts["Win32ExitCode"],
        )

    def script(self, action: Action) -> str:
        """Return the action as commands for a command prompt run as administrator."""
        name = self._options.name
        commands = {
            Action.UNINSTALL: (("sc.exe", "stop", name), ("sc.exe", "delete", name)),
            Action.START: (("sc.exe", "start", name),),
            Action.STOP: (("sc.exe", "stop", name),),
            Action.STATUS: (("sc.exe", "queryex", name),),
        }
        lines = self._installation() if action is Action.INSTALL else commands[action]
        return "\r\n".join(["chcp 65001 >nul", *(subprocess.list2cmdline(line) for line in lines), ""])

    def _create(self, win32: Win32, manager: Handle) -> Handle:
        control = win32.control
        return control.CreateService(
            manager,
            self._options.name,
            DISPLAY_NAME,
            control.SERVICE_ALL_ACCESS,
            control.SERVICE_WIN32_OWN_PROCESS,
            control.SERVICE_AUTO_START,
            control.SERVICE_ERROR_NORMAL,
            command_line(self._options),
            None,
            0,
            None,
            self._account,
            None,
        )

    def _configure(self, win32: Win32, service: Handle) -> None:
        control = win32.control
        actions = tuple((control.SC_ACTION_RESTART, delay * 1_000) for delay in RESTART_DELAYS_S)
        failure = {"ResetPeriod": RESET_AFTER_S, "RebootMsg": None, "Command": None, "Actions": actions}
        set_up: tuple[tuple[int, Any], ...] = (
            (control.SERVICE_CONFIG_DESCRIPTION, DESCRIPTION),
            (control.SERVICE_CONFIG_FAILURE_ACTIONS, failure),
            # an exit with a fault is a failure too, not only a crash
            (control.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, True),
            (control.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, True),
            (control.SERVICE_CONFIG_PRESHUTDOWN_INFO, self._preshutdown_ms),
        )
        for level, info in set_up:
            control.ChangeServiceConfig2(service, level, info)

    def _installation(self) -> tuple[tuple[str, ...], ...]:
        """Return what ``install`` does as commands of Windows' own."""
        name, services = self._options.name, r"HKLM\SYSTEM\CurrentControlSet\Services"
        actions = "/".join(f"restart/{delay * 1_000}" for delay in RESTART_DELAYS_S)
        messages = str(_site_packages() / "win32" / "servicemanager.pyd")
        log = self._log_file()
        create = ("sc.exe", "create", name, "binPath=", command_line(self._options), "start=", "delayed-auto")
        event_source = ("reg.exe", "add", rf"{services}\EventLog\Application\{name}")
        preshutdown = ("reg.exe", "add", rf"{services}\{name}", "/v", "PreshutdownTimeout", "/t", "REG_DWORD")
        return (
            (*create, "obj=", self._account, "DisplayName=", DISPLAY_NAME),
            ("sc.exe", "description", name, DESCRIPTION),
            ("sc.exe", "failure", name, "reset=", str(RESET_AFTER_S), "actions=", actions),
            ("sc.exe", "failureflag", name, "1"),
            (*preshutdown, "/d", str(self._preshutdown_ms), "/f"),
            (*event_source, "/v", "EventMessageFile", "/t", "REG_EXPAND_SZ", "/d", messages, "/f"),
            (*event_source, "/v", "TypesSupported", "/t", "REG_DWORD", "/d", "7", "/f"),
            ("cmd.exe", "/c", "if", "not", "exist", str(log.parent), "mkdir", str(log.parent)),
            *(command.arguments for command in self._permissions(log)),
        )

    def _permissions(self, log: Path) -> Iterator[Command]:
        """Yield what lets the account write its log and read its settings, and nobody else read secrets."""
        yield Command(("icacls.exe", str(log.parent), "/grant", f"{self._account}:(OI)(CI)M"))
        closed = ("/inheritance:r", "/grant:r", f"{_ADMINISTRATORS}:F", f"{_SYSTEM}:F", f"{self._account}:R")
        for file in (self._options.config, *self._options.secrets):
            yield Command(("icacls.exe", str(file), *closed))

    @property
    def _account(self) -> str:
        return rf"NT SERVICE\{self._options.name}"

    @property
    def _preshutdown_ms(self) -> int:
        return round((self._options.drain_s + AFTER_DRAIN_S) * 1_000)

    def _log_file(self) -> Path:
        if self._options.log_file is None:
            remedy = r"Write file = 'C:\ProgramData\mi-bridge\logs\mi-bridge.log' under [log] in the settings file."
            raise ServiceError("A Windows service has no standard output to log to.", remedy=remedy)
        return self._options.log_file

    @contextmanager
    def _service(self, win32: Win32, doing: str, *, access: int | None = None) -> Iterator[Handle]:
        control = win32.control
        wanted = control.SERVICE_ALL_ACCESS if access is None else access
        with _told(doing), _manager(win32, control.SC_MANAGER_CONNECT) as manager:
            service = control.OpenService(manager, self._options.name, wanted)
            try:
                yield service
            finally:
                control.CloseServiceHandle(service)

    def _await(self, win32: Win32, service: Handle, wanted: int, limit_s: float) -> None:
        for _ in range(round(limit_s / _STEP_S)):
            facts = win32.control.QueryServiceStatusEx(service)
            if facts["CurrentState"] == wanted:
                return
            if facts["CurrentState"] == win32.control.SERVICE_STOPPED:
                break
            self._sleep(_STEP_S)
        raise ServiceError(
            f"{self._options.name} did not get there within {limit_s:g} s.", remedy=_REMEDIES[1053]
        )


class _NotInstalledError(ServiceError):
    """The service control manager does not know the service."""


@contextmanager
def _manager(win32: Win32, access: int | None = None) -> Iterator[Handle]:
    control = win32.control
    manager = control.OpenSCManager(None, None, control.SC_MANAGER_ALL_ACCESS if access is None else access)
    try:
        yield manager
    finally:
        control.CloseServiceHandle(manager)


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turn pywin32's errors, known by their Windows error number, into ours."""
    try:
        yield
    except ServiceError:
        raise
    except Exception as fault:
        number = getattr(fault, "winerror", None)
        if number is None:
            raise
        text = f"Windows refused to {doing} the service: {getattr(fault, 'strerror', '')} (error {number})."
        kind = _NotInstalledError if number == 1060 else ServiceError
        raise kind(text, remedy=_REMEDIES.get(number, "")) from None


def command_line(options: ServiceOptions) -> str:
    """Return the command Windows starts: the interpreter itself, told where this installation's packages are.

    ``-I -S`` keep the interpreter's own packages and the machine's Python variables out of it.
    """
    site = str(_site_packages())
    if "'" in site or '"' in site:
        raise ServiceError(f"{site} holds a quotation mark.", remedy="Install under a path without one.")
    code = (
        f"import site; site.addsitedir(r'{site}'); "
        "import runpy; runpy.run_module('mi_bridge', run_name='__main__', alter_sys=True)"
    )
    words = (
        str(_interpreter(options.python)),
        "-I",
        "-S",
        "-c",
        code,
        "service",
        "host",
        "--config",
        str(options.config),
    )
    return subprocess.list2cmdline(words)


def _interpreter(python: Path) -> Path:
    """Return the interpreter behind the launcher of a virtual environment."""
    is_this_one = PureWindowsPath(python) == PureWindowsPath(sys.executable)
    return Path(getattr(sys, "_base_executable", python)) if is_this_one else python


def _site_packages() -> Path:
    return Path(__file__).resolve().parents[2]
