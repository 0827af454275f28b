"""Sweeps up the log file that PostgreSQL's ODBC driver leaves behind for every process.

Debian registers psqlodbc with ``CommLog=1``. The driver obeys that entry even when it is loaded by path, no option
of the connection string turns it off, and the file goes to /tmp whatever TMPDIR says. All it holds is a line for
each time the process's last connection was closed: ``PQfinish`` and a pointer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

_FOLDER = Path("/tmp")  # noqa: S108 - fixed in the driver
_HARMLESS = b"PQfinish: "


def driver_log_sweeper(folder: Path = _FOLDER) -> Callable[[], None]:
    """Return what a process runs when it ends, after its connections are closed.

    A log that holds anything else was wanted by somebody, and stays.
    """

    def sweep() -> None:
        for path in folder.glob(f"psqlodbc_*[!0-9]{os.getpid()}.log"):
            if _is_stray(path):
                path.unlink(missing_ok=True)

    return sweep


def _is_stray(path: Path) -> bool:
    try:
        return all(line.startswith(_HARMLESS) for line in path.read_bytes().splitlines())
    except OSError:
        return False
