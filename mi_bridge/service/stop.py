"""The wish that the bridge should stop, handed from the service manager's thread to whoever runs the bridge."""

from __future__ import annotations

import threading
from collections.abc import Callable


class StopSignal:
    """Set once, by any thread; never taken back."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], object]] = []
        self.reason = ""
        """Who wanted it, for the log; empty until it is set."""

    def set(self, reason: str) -> None:
        """Ask for the stop. The first call counts; it runs every subscriber in the caller's thread."""
        with self._lock:
            if self._event.is_set():
                return
            self.reason = reason
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def is_set(self) -> bool:
        """Tell whether the stop is wanted."""
        return self._event.is_set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the stop is wanted, or so many seconds; tell whether it is."""
        return self._event.wait(timeout_s)

    def subscribe(self, callback: Callable[[], object]) -> None:
        """Have a function called when the stop is wanted; at once when it already is.

        It is called in the thread that wants the stop: from there an event loop is reached with ``call_soon_threadsafe``.
        """
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()
