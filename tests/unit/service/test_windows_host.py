import threading
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.errors import ConfigurationError, ServiceError
from mi_bridge.service import StopSignal, run_windows_service
from mi_bridge.service.windows_host import ServiceLife, service_class


def life(windows: Any, run: Callable[[StopSignal], int], **options: Any) -> tuple[ServiceLife, list[int]]:
    reports: list[int] = []
    made = ServiceLife(
        windows.host,
        run,
        **{"drain_s": 20.0, "report": lambda: reports.append(1), "progress_s": 0.001, **options},
    )
    return made, reports


def test_a_stop_reaches_the_bridge_and_progress_is_told_until_it_has_ended(windows: Any) -> None:
    enough = threading.Event()

    def bridge(stop: StopSignal) -> int:
        stop.wait(30)
        enough.wait(30)
        return 0

    reports: list[int] = []

    def report() -> None:
        reports.append(1)
        if len(reports) > 5:
            enough.set()

    made, _ = life(windows, bridge, report=report)
    thread = threading.Thread(target=made.run)
    thread.start()
    assert made.stopping is False
    made.stop("preshutdown")
    made.stop("stop")
    thread.join(30)
    told = len(reports)
    assert (made.stopping, told > 5) == (True, True)
    assert windows.host.infos == [
        "mi-bridge: started. 已启动。",
        "mi-bridge: stopped (preshutdown). 已停止。",
    ]
    assert len(reports) == told


def test_progress_is_not_told_for_ever(windows: Any) -> None:
    made, reports = life(windows, lambda stop: 0, drain_s=-15.0)
    made.stop("stop")
    made._reporter.join(30)
    assert reports == [1]


def test_a_fault_is_an_event_and_a_failure_for_windows(windows: Any) -> None:
    def bridge(stop: StopSignal) -> int:
        raise ValueError("pwd=canary")

    made, _ = life(windows, bridge)
    with pytest.raises(ServiceError, match="ValueError"):
        made.run()
    assert windows.host.errors == ["mi-bridge: ValueError: pwd=***"]


def test_a_wrong_setting_is_an_event_that_names_it_and_no_failure(windows: Any) -> None:
    def bridge(stop: StopSignal) -> int:
        raise ConfigurationError("log.file", "cannot be opened")

    made, _ = life(windows, bridge)
    made.run()
    assert "log.file" in windows.host.errors[0]
    assert "mi-bridge check" in windows.host.errors[1]


def test_an_exit_status_is_a_failure_but_a_wrong_setting_is_not(windows: Any) -> None:
    made, _ = life(windows, lambda stop: 3)
    with pytest.raises(ServiceError, match="status 3"):
        made.run()
    wrong, _ = life(windows, lambda stop: 78)
    wrong.run()
    assert "status 3" in windows.host.errors[0]
    assert "mi-bridge check" in windows.host.errors[1]


def test_the_class_answers_every_control(windows: Any) -> None:
    control = windows.control
    stops: list[str] = []

    def bridge(stop: StopSignal) -> int:
        stops.append(stop.reason)
        return 0

    cls = service_class(windows(), bridge, name="mi-bridge", drain_s=20)
    assert (cls._svc_name_, "医保" in cls._svc_display_name_) == ("mi-bridge", True)
    acts: dict[str, Callable[[Any], None]] = {
        "stop": lambda service: service.SvcStop(),
        "shutdown": lambda service: service.SvcShutdown(),
        "preshutdown": lambda service: service.SvcOther(control.SERVICE_CONTROL_PRESHUTDOWN),
    }
    for reason, act in acts.items():
        service = cls(["mi-bridge"])
        assert service.GetAcceptedControls() == 1 | 4 | 256
        service.SvcOther(200)
        service.SvcInterrogate()
        assert control.statuses.pop() == (control.SERVICE_RUNNING, 5000)
        act(service)
        service.SvcInterrogate()
        assert control.statuses.pop() == (control.SERVICE_STOP_PENDING, 5000)
        service.SvcRun()
        assert stops.pop() == reason


def test_the_process_is_handed_over(windows: Any) -> None:
    run_windows_service(lambda stop: 0, drain_s=1, load=windows)
    assert windows.host.source == "mi-bridge"
    assert windows.control.statuses == [(4, 5000), (3, 5000)]
    assert windows.host.infos[-1] == "mi-bridge: stopped (by itself). 已停止。"


def test_a_process_not_started_by_windows_is_told(windows: Any) -> None:
    windows.host.fault = windows.control.error(1063)
    with pytest.raises(ServiceError, match="mi-bridge run"):
        run_windows_service(lambda stop: 0, load=windows)
    windows.host.fault = OSError("other")
    with pytest.raises(OSError, match="other"):
        run_windows_service(lambda stop: 0, load=windows)
