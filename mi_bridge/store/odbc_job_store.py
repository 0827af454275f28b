"""Daily jobs over ODBC: each verb is one call of one routine."""

from __future__ import annotations

from datetime import date
from typing import Any

from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.job_port import JobOutcome, JobTurn, JobVerdict


class OdbcJobStore:
    """Implements ``JobStore`` on a ``DatabaseConnection``.

    Args:
        connection: used by one thread at a time; closed by ``close``.
    """

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    def begin_job(
        self, name: str, day: date, node_id: str, *, term_s: int, retry_s: int, force: bool
    ) -> JobTurn:
        """Ask whether the node may run a job now; see ``JobStore``."""
        rows = self._connection.call("sp_mi_job_begin", name, day, node_id, term_s, retry_s, int(force))
        return JobTurn(JobVerdict(rows[0][0]), rows[0][1] or 0, rows[0][2] or 0)

    def renew_job(self, run_id: int, node_id: str, term_s: int) -> bool:
        """Keep the term; see ``JobStore``."""
        return bool(self._connection.call("sp_mi_job_renew", run_id, node_id, term_s)[0][0])

    def finish_job(self, run_id: int, node_id: str, outcome: JobOutcome, message: str) -> bool:
        """Say what became of the run; see ``JobStore``."""
        rows = self._connection.call("sp_mi_job_finish", run_id, node_id, outcome.value, message)
        return bool(rows[0][0])

    def take_msgids(self, count: int) -> int:
        """Take message numbers; see ``JobStore``."""
        return int(self._connection.call("sp_mi_take_msgids", count)[0][0])

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition; see ``JobStore``."""
        self._connection.call("sp_mi_condition", kind, subject, message)

    def call(self, routine: str, *parameters: Any) -> list[Any]:
        """Call a routine of the job's own; see ``JobStore``."""
        return self._connection.call(routine, *parameters)

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        self._connection.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
