"""Processes the bench starts, and what they cost: CPU seconds and memory, as Linux counts them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_S = 30.0
# places in /proc/<pid>/stat, counted behind the name, which may hold blanks (man 5 proc)
_PARENT, _USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM = 1, 11, 12, 13, 14


@contextmanager
def running(command: Sequence[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    """Run a program; end it, in order if it will, on the way out."""
    with subprocess.Popen(command, text=True, **options) as process:  # type: ignore[call-overload]  # any of Popen's
        try:
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """Ask a process to end and wait for it; kill it when it does not."""
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process, all its threads, ended ones too."""
    fields = _stat(pid)
    return (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS


def tree_cpu_seconds(pid: int) -> float:
    """Return the time of a process and of its children, living and ended: a PostgreSQL server with its backends."""
    fields = _stat(pid)
    own = sum(int(fields[place]) for place in (_USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM)) / _TICKS
    return own + sum(map(_cpu_if_alive, _children(pid)))


def memory_mb(pid: int, *, peak: bool = False) -> float:
    """Return the resident memory of a process in MB (10^6), now or at its highest."""
    return memory_of(_text(pid, "status"), peak=peak)


def memory_of(status: str, *, peak: bool) -> float:
    """Read resident memory in MB out of the text of ``/proc/<pid>/status``."""
    name = "VmHWM:" if peak else "VmRSS:"
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024 / 1e6


def fields_of(stat: str) -> list[str]:
    """Cut the text of ``/proc/<pid>/stat`` into fields, from the state on."""
    return stat.rpartition(")")[2].split()


def _stat(pid: int) -> list[str]:
    return fields_of(_text(pid, "stat"))


def _text(pid: int, name: str) -> str:
    return (_PROC / str(pid) / name).read_text()


def _children(parent: int) -> Iterator[int]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and _parent_of(int(folder.name)) == parent:
            yield int(folder.name)


def _parent_of(pid: int) -> int:
    try:
        return int(_stat(pid)[_PARENT])
    except OSError:
        return 0  # ended meanwhile


def _cpu_if_alive(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except OSError:
        return 0.0  # ended meanwhile: its time is the parent's now
