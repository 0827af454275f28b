"""Ctrl-C and its like, at a moment when nothing is half-made."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interruption:
    """Turns the first signal that wants an end into ``KeyboardInterrupt``; later ones do not disturb the clean-up.

    Use it as a context manager in the main thread.
    """

    def __init__(self) -> None:
        self._before: dict[Any, Any] = {}
        self._shielded = False
        self._heard = False
        self._put_off = False

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Put a signal off until the block has ended: a process just started must not be forgotten."""
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False
        if self._put_off:
            self._put_off = False
            raise KeyboardInterrupt

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if self._heard:
            return
        self._heard = True
        if not self._shielded:
            raise KeyboardInterrupt
        self._put_off = True
