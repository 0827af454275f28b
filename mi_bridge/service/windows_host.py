"""Runs the bridge inside a Windows service.

Windows calls in on a thread of its own and wants an answer at once; the bridge meanwhile needs its time to finish the calls in
flight. So a control only sets the stop signal, and a helper thread tells Windows every second that the stop makes progress.
"""

# ruff: noqa: N802 - the methods' names are pywin32's

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from mi_bridge.errors import ConfigurationError, ServiceError
from mi_bridge.logging import redact_text
from mi_bridge.service.manager import CONFIGURATION_FAULT, NAME
from mi_bridge.service.stop import StopSignal
from mi_bridge.service.win32 import Host, ServiceControl, Win32, pywin32
from mi_bridge.service.windows import AFTER_DRAIN_S, DESCRIPTION, DISPLAY_NAME

Run = Callable[[StopSignal], int]

_PROGRESS_S = 1.0
_HINT_MS = 5_000
_NOT_A_SERVICE = 1063


def run_windows_service(
    run: Run, *, name: str = NAME, drain_s: float = 20.0, load: Callable[[], Win32] = pywin32
) -> None:
    """Hand this process over to the service control manager until the service has stopped.

    Args:
        run: the bridge: runs until the signal is set, gives back its exit status. It is called outside the main thread.
        name: of the service.
        drain_s: how long the bridge may take over calls in flight, seconds.
        load: returns pywin32.

    Raises:
        ServiceError: the process was not started by the service control manager.
    """
    win32 = load()
    win32.host.Initialize(name, win32.host.__file__)
    win32.host.PrepareToHostSingle(service_class(win32, run, name=name, drain_s=drain_s))
    try:
        win32.host.StartServiceCtrlDispatcher()
    except Exception as fault:
        if getattr(fault, "winerror", None) != _NOT_A_SERVICE:
            raise
        remedy = (
            "Start it with `mi-bridge service start`, or run the bridge in this window with `mi-bridge run`."
        )
        raise ServiceError("This command is for the service control manager.", remedy=remedy) from None


def service_class(win32: Win32, run: Run, *, name: str, drain_s: float) -> type[Any]:
    """Return the class pywin32 makes the service from; made late, since its base class exists on Windows only."""
    facts = {
        "_svc_name_": name,
        "_svc_display_name_": DISPLAY_NAME,
        "_svc_description_": DESCRIPTION,
        "bridge": staticmethod(lambda report: ServiceLife(win32.host, run, drain_s=drain_s, report=report)),
        "control": win32.control,
    }
    return type("BridgeService", (_Controls, win32.framework.ServiceFramework), facts)


class _Controls:
    """What Windows asks of the service; goes before pywin32's ``ServiceFramework``."""

    bridge: Callable[[Callable[[], None]], ServiceLife]
    control: ServiceControl

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)  # type: ignore[call-arg]  # the framework's, behind this class
        self.life = self.bridge(self.report_stopping)

    def report_stopping(self) -> None:
        """Tell Windows that the stop makes progress."""
        self._framework.ReportServiceStatus(self.control.SERVICE_STOP_PENDING, waitHint=_HINT_MS)

    @property
    def _framework(self) -> Any:
        return self

    def GetAcceptedControls(self) -> int:
        # before a shutdown: Windows then waits for us, where at the shutdown itself it soon loses patience
        own: int = super().GetAcceptedControls()  # type: ignore[misc]  # the framework's
        return own | self.control.SERVICE_ACCEPT_PRESHUTDOWN

    def SvcStop(self) -> None:
        self.life.stop("stop")

    def SvcShutdown(self) -> None:
        self.life.stop("shutdown")

    def SvcOther(self, code: int) -> None:
        if code == self.control.SERVICE_CONTROL_PRESHUTDOWN:
            self.life.stop("preshutdown")

    def SvcInterrogate(self) -> None:
        if self.life.stopping:
            self.report_stopping()
        else:
            super().SvcInterrogate()  # type: ignore[misc]  # the framework's

    def SvcDoRun(self) -> None:
        self.life.run()


class ServiceLife:
    """One life of the service, from start to stop.

    Args:
        events: the event log.
        run: the bridge.
        drain_s: how long it may take over calls in flight, seconds.
        report: tells Windows that the stop makes progress.
        progress_s: how often, seconds.
    """

    def __init__(
        self,
        events: Host,
        run: Run,
        *,
        drain_s: float,
        report: Callable[[], None],
        progress_s: float = _PROGRESS_S,
    ) -> None:
        self._events = events
        self._run = run
        self._limit_s = drain_s + AFTER_DRAIN_S
        self._report = report
        self._progress_s = progress_s
        self._signal = StopSignal()
        self._ended = threading.Event()
        self._reporter = threading.Thread(target=self._report_progress, name="stop-progress", daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether the stop has been asked for."""
        return self._signal.is_set()

    def stop(self, reason: str) -> None:
        """Ask for the stop and return at once; the second and every later call changes nothing."""
        if self._signal.is_set():
            return
        self._report()
        self._reporter.start()
        self._signal.set(reason)

    def run(self) -> None:
        """Run the bridge to its end.

        Raises:
            ServiceError: it ended with a fault; Windows then takes the recovery actions. A wrong setting is no such fault:
                a restart would change nothing, so the service just stops and the event log says why.
        """
        self._events.LogInfoMsg(f"{NAME}: started. 已启动。")
        try:
            status = self._run(self._signal)
        except ConfigurationError as fault:
            self._events.LogErrorMsg(redact_text(f"{NAME}: {fault}"))
            status = CONFIGURATION_FAULT
        except Exception as fault:  # noqa: BLE001 - the end of the bridge, whatever it is, goes to the event log
            self._events.LogErrorMsg(redact_text(f"{NAME}: {type(fault).__name__}: {fault}"))
            raise ServiceError(f"The bridge ended with {type(fault).__name__}.") from None
        finally:
            self._end_reporting()
        self._conclude(status)

    def _conclude(self, status: int) -> None:
        if status == 0:
            self._events.LogInfoMsg(f"{NAME}: stopped ({self._signal.reason or 'by itself'}). 已停止。")
        elif status == CONFIGURATION_FAULT:
            self._events.LogErrorMsg(
                f"{NAME}: a setting is wrong, run `mi-bridge check`. 配置有误，请运行 mi-bridge check。"
            )
        else:
            self._events.LogErrorMsg(f"{NAME}: ended with status {status}. 异常退出，状态 {status}。")
            raise ServiceError(f"The bridge ended with status {status}.")

    def _end_reporting(self) -> None:
        # joined, lest a late "stopping" overtake pywin32's "stopped"
        self._ended.set()
        if self._reporter.ident is not None:
            self._reporter.join()

    def _report_progress(self) -> None:
        give_up = time.monotonic() + self._limit_s
        while not self._ended.wait(self._progress_s) and time.monotonic() < give_up:
            self._report()
