"""A whole node of the bridge on a thread of the test's own process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from mi_bridge.daemon import run_daemon
from mi_bridge.service import StopSignal
from mi_bridge.settings import Settings


class Watcher:
    """Notes what the daemon says of itself."""

    def __init__(self) -> None:
        self.is_ready = threading.Event()
        self.is_stopping = threading.Event()
        self.alive: Callable[[], bool] = lambda: False

    def ready(self) -> None:
        self.is_ready.set()

    def stopping(self) -> None:
        self.is_stopping.set()

    def watching(self, alive: Callable[[], bool]) -> AbstractContextManager[object]:
        self.alive = alive
        return nullcontext()


class BridgeThread:
    """Runs a node from entering to leaving, or until told to stop.

    Args:
        settings: of the node.
    """

    def __init__(self, settings: Settings) -> None:
        self.watcher = Watcher()
        self.stop = StopSignal()
        self.fault: BaseException | None = None
        self._settings = settings
        self._thread = threading.Thread(target=self._run, name=settings.bridge.node_name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self.watcher.is_ready.wait(0.05):
            assert self._thread.is_alive(), self.fault
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop.set("the test has ended")
        self._thread.join(60)
        assert not self._thread.is_alive(), "the bridge does not stop"
        assert self.fault is None, self.fault

    def _run(self) -> None:
        try:
            run_daemon(self._settings, self.watcher, stop=self.stop)
        except BaseException as fault:  # noqa: BLE001 - the test's own thread must hear of it
            self.fault = fault
