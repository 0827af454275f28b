"""The demo's processes: started in the background, recorded on disk, ended even when the demo that started them was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import mi_bridge
from mi_bridge.cli.demo.place import Place
from mi_bridge.errors import BridgeError

_STEP_S = 0.02
_KILLED_S = 5.0
_LAST_LINES = 5
# of the fields behind the name in /proc/<pid>/stat, proc(5)
_START_TIME = 19
_GONE = ("", "Z", "X")


@dataclass(frozen=True, slots=True)
class _Record:
    """What tells a process from another that got its number later."""

    pid: int
    command: tuple[str, ...]
    started: str


class Child:
    """One process of the demo.

    Args:
        place: where its log and its record lie.
        name: of both.
    """

    def __init__(self, place: Place, name: str) -> None:
        self.name = name
        self.log = place.log(name)
        self._file = place.record(name)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, arguments: Sequence[str]) -> None:
        """Start ``mi-bridge`` with these arguments, in a session of its own: Ctrl-C reaches the demo only."""
        command = (sys.executable, "-m", "mi_bridge", *arguments)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=Path(mi_bridge.__file__).parents[1],
                env=_environment(),
                start_new_session=True,
            )
        record = _Record(self._process.pid, command, _life(self._process.pid)[1])
        self._file.write_text(json.dumps(asdict(record)), encoding="utf-8")

    @property
    def alive(self) -> bool:
        """Whether it runs, this demo's child or an earlier one's."""
        if self._process is not None:
            return self._process.poll() is None
        return self._earlier() is not None

    def must_be_alive(self) -> None:
        """Do nothing while it runs.

        Raises:
            BridgeError: it has ended; tells its last words.
        """
        if not self.alive:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
            raise BridgeError(
                f"The demo's {self.name} ended by itself.", remedy="\n".join([*lines, f"Its log: {self.log}"])
            )

    def stop(self, limit_s: float) -> None:
        """End it: ask, wait so many seconds, then kill. Nothing happens when it does not run."""
        for number, patience_s in ((signal.SIGTERM, limit_s), (signal.SIGKILL, _KILLED_S)):
            pid = self._pid()
            if pid is None:
                break
            _send(pid, number)
            self._wait(patience_s)
        self._file.unlink(missing_ok=True)

    def _pid(self) -> int | None:
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        return self._earlier()

    def _wait(self, limit_s: float) -> None:
        give_up = time.monotonic() + limit_s
        while self.alive and time.monotonic() < give_up:
            time.sleep(_STEP_S)

    def _earlier(self) -> int | None:
        """Return the number an earlier demo recorded, if that process is still the same one."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            record = _Record(found["pid"], tuple(found["command"]), found["started"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record.pid if _is_same(record) else None


def _environment() -> dict[str, str]:
    """Return the environment without what would rank above the demo's own settings, or report to somebody's service manager."""
    foreign = ("MI_BRIDGE_", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_")
    return {key: value for key, value in os.environ.items() if not key.startswith(foreign)}


def _is_same(record: _Record) -> bool:
    state, started = _life(record.pid)
    # a process that is just ending has no command line any more, and still holds its port
    return started == record.started and state not in _GONE and _command(record.pid) in (record.command, ())


def _command(pid: int) -> tuple[str, ...]:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(os.fsdecode(word) for word in words.removesuffix(b"\0").split(b"\0")) if words else ()


def _life(pid: int) -> tuple[str, str]:
    """Return a process's state and the time it was started, in the kernel's own words; empty when there is none."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    fields = facts.rpartition(")")[2].split()
    return fields[0], fields[_START_TIME]


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it has just ended, which is what was wanted
