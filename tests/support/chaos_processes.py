"""The processes of a chaos test: simulator and nodes, each ended with the test whatever happens in it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

_PROJECT = Path(__file__).resolve().parents[2]
_LAUNCHER = Path(__file__).with_name("chaos_launcher.py")
_ENDED_S = 20.0
_PR_SET_PDEATHSIG = 1


def environment() -> dict[str, str]:
    """Return an environment in which children import this project and read no settings of the machine's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MI_BRIDGE_")}
    return {**kept, "PYTHONPATH": str(_PROJECT)}


def die_with_parent() -> None:
    """Have the kernel kill this process when the test's dies without a last word; called in a child before it becomes a program."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_group(process: subprocess.Popen[str]) -> None:
    """Kill a process with all it started, and reap it."""
    with suppress(ProcessLookupError):  # gone with all of its children, which is what was wanted
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_ENDED_S)
    for pipe in (process.stdin, process.stdout):
        # what was still to be written goes nowhere
        with suppress(BrokenPipeError):
            if pipe is not None:
                pipe.close()


class SimulatorProcess:
    """``mi-bridge simulate`` as a process of its own.

    Args:
        profile: the site it plays, a TOML file.
        arguments: more of the command line's.
        log: where its errors go.
        port: 0 takes a free one.
    """

    def __init__(self, profile: Path, log: Path, *arguments: str, port: int = 0) -> None:
        self._command = [
            *(sys.executable, "-m", "mi_bridge", "simulate", "--json", "--profile", str(profile)),
            *("--message-limit", "1000000", *arguments),
        ]
        self._log = log
        self._port = port
        self._http = httpx.Client(trust_env=False, timeout=60)
        self._process: subprocess.Popen[str] | None = None
        self.base_url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._http.close()

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self._log.open("a") as errors:
            self._process = subprocess.Popen(
                [*self._command, "--port", str(self._port)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment(),
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        self.base_url = json.loads(line)["base_url"]

    def kill(self) -> None:
        """End it; everything it knew is gone with it."""
        if self._process is not None:
            end_group(self._process)
            self._process = None

    def order(self, *rules: dict[str, Any]) -> None:
        """Put fault rules in force instead of those there are; none ends all faults."""
        answer = self._http.post(
            f"{self.base_url}/_simulator/faults", json={"mode": "replace", "rules": list(rules)}
        )
        assert answer.status_code == 200, answer.text

    def ledger(self) -> dict[str, Any]:
        """Return what really happened: effects and their changes."""
        return dict(self._get("ledger"))

    def messages(self) -> list[dict[str, Any]]:
        """Return every message that came in, oldest first."""
        return list(self._get("messages")["messages"])

    def struck(self) -> dict[str, int]:
        """Return how often each fault in force has struck."""
        counts: dict[str, int] = {}
        for rule in self._get("faults")["rules"]:
            counts[rule["fault"]] = counts.get(rule["fault"], 0) + rule["struck"]
        return counts

    def received(self) -> int:
        """Return how many messages came in so far."""
        return int(self._get("health")["messages"])

    def _get(self, name: str) -> Any:
        answer = self._http.get(f"{self.base_url}/_simulator/{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass(frozen=True)
class Hurry:
    """Waits that no setting shortens; see ``chaos_launcher.hurry``."""

    resolve_s: float = 0.3
    grace_s: float = 0.2
    step_s: int = 6
    capacity: int = 20
    backoff_s: float = 0.3
    rescues: bool = True


class Fleet:
    """Forks nodes, and kills all that are left at the end.

    Args:
        folder: for settings and logs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        with (self._folder / "launcher.err").open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(_LAUNCHER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment(),
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_group(self._process)

    def start(
        self,
        settings: Path,
        log: Path,
        *,
        hurry: Hurry | None = None,
        trap: Sequence[Any] = (),
        clock_off_s: float = 0,
        stall_s: float = 0,
    ) -> Node:
        """Fork a node; returns at once.

        Args:
            settings: its file.
            log: its output's file.
            hurry: shortened waits; None for the product's own.
            trap: step, ``before`` or ``after``, and the how many-th passage.
            clock_off_s: how far its machine's clock is ahead.
            stall_s: how long the journal's first call takes.
        """
        order = {
            "settings": str(settings),
            "log": str(log),
            "hurry": vars(hurry) if hurry else None,
            "trap": list(trap),
            "clock_off_s": clock_off_s,
            "stall_s": stall_s,
        }
        return Node(self, self.ask({"start": order}), log)

    def ask(self, order: dict[str, Any]) -> Any:
        """Give an order and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, (self._folder / "launcher.err").read_text()
        return json.loads(answer)


class Node:
    """One node.

    Args:
        fleet: it belongs to.
        pid: its process.
        log: what it says.
    """

    def __init__(self, fleet: Fleet, pid: int, log: Path) -> None:
        self._fleet = fleet
        self.pid = pid
        self.log = log

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.tell(signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def ended(self, limit_s: float = _ENDED_S) -> int | None:
        """Wait for its end; None when it lives on."""
        status: int | None = self._fleet.ask({"wait": self.pid, "limit_s": limit_s})
        return status

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return its log lines of one event."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        lines = [line for line in text.splitlines() if line[:1] == "{" and line[-1:] == "}"]
        return [event for line in lines if (event := json.loads(line)).get("event") == name]

    @property
    def running(self) -> bool:
        """Whether it has said that it takes requests."""
        return bool(self.events("node started"))
