"""The daemon as operators run it: ``python -m mi_bridge run``, a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from waiting import eventually

_ENDED_S = 40.0


class BridgeProcess:
    """One run of the daemon.

    Args:
        settings: its file.
        name: of its output's files, beside the settings.
    """

    def __init__(self, settings: Path, name: str) -> None:
        self.settings = settings
        self._command = [sys.executable, "-m", "mi_bridge", "run", "--config", str(settings)]
        self.stdout = settings.parent / f"{name}.out"
        self.stderr = settings.parent / f"{name}.err"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait for nothing."""
        self.settings.chmod(0o600)  # it holds secrets, and the daemon would say so
        environment = {key: value for key, value in os.environ.items() if not key.startswith("MI_BRIDGE_")}
        with self.stdout.open("wb") as out, self.stderr.open("wb") as err:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def output(self) -> str:
        """Everything it has said."""
        return self.stdout.read_text(errors="replace") + self.stderr.read_text(errors="replace")

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return its log lines of one event."""
        lines = [line for line in self.stdout.read_text(errors="replace").splitlines() if line[:1] == "{"]
        return [event for line in lines if (event := json.loads(line))["event"] == name]

    def ready(self) -> None:
        """Wait until it takes requests."""
        self.saw("node started")

    def saw(self, event: str) -> dict[str, Any]:
        """Wait for a log line."""

        def look() -> list[dict[str, Any]]:
            assert self.process.poll() is None or self.events(event), self.output
            return self.events(event)

        return eventually(look, f"log line {event!r}; so far:\n{self.output}")[0]

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end and return its exit status."""
        return self.process.wait(_ENDED_S)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.kill()
        self.process.wait(_ENDED_S)

    def end(self) -> None:
        """Leave nothing behind."""
        if self._process is not None:
            self.kill()
