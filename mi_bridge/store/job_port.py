"""Daily jobs as the bridge sees them in the database: a few verbs, as for requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol


class JobVerdict(StrEnum):
    """What the database says to a node that wants to run a job."""

    RUN = "RUN"
    DONE = "DONE"
    BUSY = "BUSY"
    LATER = "LATER"


class JobOutcome(StrEnum):
    """What became of a run."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class JobTurn:
    """The answer to a node that wants to run a job.

    Args:
        verdict: whether it may.
        run_id: the run, where it may.
        wait_s: when to ask again, in seconds, where somebody else runs it or it failed a moment ago.
    """

    verdict: JobVerdict
    run_id: int = 0
    wait_s: int = 0


class JobStore(Protocol):
    """One connection's worth of jobs, used by one thread; every method may raise ``StoreError`` and may be repeated."""

    def begin_job(
        self, name: str, day: date, node_id: str, *, term_s: int, retry_s: int, force: bool
    ) -> JobTurn:
        """Ask whether the node may run a job now, and begin the run if so."""
        ...

    def renew_job(self, run_id: int, node_id: str, term_s: int) -> bool:
        """Keep the term; tell whether the run is still the node's."""
        ...

    def finish_job(self, run_id: int, node_id: str, outcome: JobOutcome, message: str) -> bool:
        """Say what became of the run; tell whether it was still the node's."""
        ...

    def take_msgids(self, count: int) -> int:
        """Take so many message numbers; return the first."""
        ...

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition for the alerts, or its end with an empty message."""
        ...

    def call(self, routine: str, *parameters: Any) -> list[Any]:
        """Call a routine of the job's own; return its rows."""
        ...

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        ...

    def close(self) -> None:
        """Give the connection back; the next call makes a new one."""
        ...
