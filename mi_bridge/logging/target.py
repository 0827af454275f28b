"""Where log lines end up: an open descriptor such as standard output, or a file rotated by size."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

_MEBIBYTE = 1024 * 1024


class DescriptorTarget:
    """An open file descriptor, usually 1.

    Args:
        descriptor: written to directly, so that nothing is left in a buffer when the process dies.
        patience_s: how long a descriptor in non-blocking mode may refuse, seconds.
    """

    def __init__(self, descriptor: int, *, patience_s: float = 1.0) -> None:
        self._descriptor = descriptor
        self._patience_s = patience_s
        self._torn = False

    def write(self, lines: bytes) -> None:
        """Write whole lines. After a write that failed half-way, the next begins on a line of its own.

        Raises:
            OSError: the descriptor cannot be written.
        """
        rest = memoryview(b"\n" + lines if self._torn else lines)
        give_up = time.monotonic() + self._patience_s
        while rest:
            written = self._some(rest, give_up)
            rest = rest[written:]
            self._torn = bool(rest) and (written > 0 or self._torn)

    def _some(self, rest: memoryview, give_up: float) -> int:
        try:
            return os.write(self._descriptor, rest)
        except BlockingIOError:  # the other end made it non-blocking and is slow
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
            return 0

    def close(self) -> None:
        """Leave the descriptor open; it belongs to the process."""


class FileTarget:
    """A file, rotated when it has reached its size.

    Args:
        file: the newest lines; older files get ``.1``, ``.2`` and so on appended.
        max_mb: size at which it is rotated, MiB.
        backups: older files kept.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, file: Path, *, max_mb: int, backups: int) -> None:
        self._handler = _RaisingHandler(
            file, maxBytes=max_mb * _MEBIBYTE, backupCount=backups, encoding="utf-8"
        )

    def write(self, lines: bytes) -> None:
        """Write whole lines.

        Raises:
            OSError: they cannot be written; the file is opened anew at the next call.
        """
        text = lines.decode(errors="replace").removesuffix("\n")
        try:
            self._handler.emit(logging.LogRecord("", logging.INFO, "", 0, text, None, None))
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            self._handler.close()


class _RaisingHandler(RotatingFileHandler):
    """The standard library's rotation, with faults told to the caller instead of printed."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the standard library's signature
        raise  # noqa: PLE0704 - called inside the standard library's own except block
