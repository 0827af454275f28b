"""A double of the jobs' store: one term a job, successes by day, as the database keeps them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from mi_bridge.errors import StoreUnavailable
from mi_bridge.store.job_port import JobOutcome, JobTurn, JobVerdict


class JobBoard:
    """What the stores of all nodes share."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.terms: dict[str, tuple[str, float]] = {}
        self.runs: list[list[Any]] = []
        self.conditions: dict[str, str] = {}
        self.number = 0

    def outcomes(self) -> list[str]:
        return [run[3] for run in self.runs]


class BoardStore:
    """Implements ``JobStore`` on a board."""

    def __init__(self, board: JobBoard) -> None:
        self.board = board
        self.away = False
        self.asked = 0
        self.closed = 0
        self.routines: dict[str, Callable[..., list[Any]]] = {}

    def begin_job(
        self, name: str, day: date, node_id: str, *, term_s: int, retry_s: int, force: bool
    ) -> JobTurn:
        self._reach()
        self.asked += 1
        with self.board.lock:
            holder, until = self.board.terms.get(name, ("", 0.0))
            now = time.monotonic()
            if until > now and holder != node_id:
                return JobTurn(JobVerdict.BUSY, wait_s=max(1, round(until - now)))
            for run in self.board.runs:
                if run[0] == name and run[3] == "RUNNING":
                    run[3] = "STOPPED"
            done = any(run[:2] == [name, day] and run[3] == "SUCCEEDED" for run in self.board.runs)
            failed = [run[4] for run in self.board.runs if run[:2] == [name, day] and run[3] == "FAILED"]
            wait_s = retry_s - (now - failed[-1]) if failed else 0
            if not force and (done or wait_s > 0):
                return (
                    JobTurn(JobVerdict.DONE) if done else JobTurn(JobVerdict.LATER, wait_s=round(wait_s) or 1)
                )
            self.board.runs.append([name, day, node_id, "RUNNING", now])
            self.board.terms[name] = (node_id, now + term_s)
            return JobTurn(JobVerdict.RUN, len(self.board.runs))

    def renew_job(self, run_id: int, node_id: str, term_s: int) -> bool:
        self._reach()
        with self.board.lock:
            name, _, holder, outcome, _ = self.board.runs[run_id - 1]
            if holder != node_id or outcome != "RUNNING":
                return False
            self.board.terms[name] = (node_id, time.monotonic() + term_s)
            return True

    def finish_job(self, run_id: int, node_id: str, outcome: JobOutcome, message: str) -> bool:
        self._reach()
        with self.board.lock:
            run = self.board.runs[run_id - 1]
            if run[2] != node_id or run[3] != "RUNNING":
                return False
            run[3], run[4] = outcome.value, time.monotonic()
            self.board.terms.pop(run[0], None)
            return True

    def take_msgids(self, count: int) -> int:
        self._reach()
        self.board.number += count
        return self.board.number - count + 16_000_000_000_000

    def condition(self, kind: str, subject: str, message: str) -> None:
        self._reach()
        self.board.conditions[f"{kind}:{subject}"] = message

    def call(self, routine: str, *parameters: Any) -> list[Any]:
        self._reach()
        return self.routines[routine](*parameters)

    def stop(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        self.closed += 1

    def _reach(self) -> None:
        if self.away:
            raise StoreUnavailable("gone")
