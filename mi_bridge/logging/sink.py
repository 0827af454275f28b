"""Writes log lines from a thread of its own, so that no disk, pipe or terminal can hold up the event loop.

A line is handed over in well under a microsecond. The thread collects what comes within a few milliseconds and writes it in
one piece. When the writing stops (reader hung, disk full, pipe closed), lines wait up to a limit and are then dropped and
counted; nothing is raised and nothing waits. As soon as writing works again, one line tells how many were lost.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol


class Target(Protocol):
    """Where lines end up."""

    def write(self, lines: bytes) -> None:
        """Write whole lines; may block. Raises OSError or ValueError when that fails."""

    def close(self) -> None:
        """Let go of the file."""


class Sink:
    """Takes lines at once and writes them soon.

    Args:
        target: where they are written, from the sink's own thread only.
        loss_line: makes the line that tells how many lines were lost.
        limit: most lines waiting.
        pause_s: how long lines are collected before a write, seconds.
    """

    def __init__(
        self,
        target: Target,
        loss_line: Callable[[int], bytes],
        *,
        limit: int = 50_000,
        pause_s: float = 0.005,
    ) -> None:
        self._target = target
        self._loss_line = loss_line
        self._limit = limit
        self._pause_s = pause_s
        self._lines: deque[bytes] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._count = threading.Lock()
        self._lost = 0
        self.lost = 0
        """Lines lost since the start."""
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Take one whole line, from any thread. Never blocks, never raises."""
        if len(self._lines) >= self._limit:
            self._lose(1)
            return
        self._lines.append(line)
        if not self._wake.is_set():
            self._wake.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what waits, for so many seconds at most, and end the thread. Later lines are dropped."""
        self._limit = 0
        self._closing.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(self._pause_s)
            self._wake.clear()
            self._drain()
        self._drain()
        with contextlib.suppress(OSError, ValueError):
            self._target.close()

    def _drain(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines and self._written(b"".join(lines), len(lines)) and self._lost:
            lost = self._lost
            if self._written(self._loss_line(lost), 0):
                self._forget(lost)

    def _written(self, chunk: bytes, lines: int) -> bool:
        try:
            self._target.write(chunk)
        except (
            OSError,
            ValueError,
        ):  # a full disk, a closed pipe, a closed file: the bridge lives on without its log
            self._lose(lines)
            return False
        return True

    def _lose(self, lines: int) -> None:
        with self._count:
            self._lost += lines
            self.lost += lines

    def _forget(self, lines: int) -> None:
        with self._count:
            self._lost -= lines
