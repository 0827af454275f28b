"""Which jobs this release has, and how they are wired; the daemon runs them by the clock, the command line on demand."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from mi_bridge.bridge.catalogue_job import nightly
from mi_bridge.bridge.job import Job, JobContext, JobDatabase, Progress
from mi_bridge.bridge.job_runner import JobRunner, JobTerm
from mi_bridge.bridge.reconciliation_site import ReconciliationJob
from mi_bridge.bridge.schedule import Schedule
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.settings import Settings
from mi_bridge.traffic.job_insurer import JobInsurer

_TERM_S = 60

MAKERS: tuple[Callable[[Settings], Job], ...] = (nightly, ReconciliationJob)
"""Makes each job with the window the settings give it."""


def daily_jobs(settings: Settings) -> tuple[Job, ...]:
    """Return the jobs in the order they are run where several are due."""
    return tuple(make(settings) for make in MAKERS)


class JobOffice:
    """Everything jobs need on one node.

    Args:
        settings: the operator's.
        client: the SDK's client.
        database: the jobs' connection; closed by ``close``.
        node_id: the process, unlike that of any other.
        term_s: seconds a job's term lasts without renewal.
    """

    def __init__(
        self,
        settings: Settings,
        client: InsurerClient,
        database: JobDatabase,
        node_id: str,
        *,
        term_s: int = _TERM_S,
    ) -> None:
        self._settings = settings
        self._client = client
        self._node_id = node_id
        self._retry_s = settings.schedule.retry_minutes * 60
        self.database = database
        self.timezone = ZoneInfo(client.profile.timezone)
        self.runner = JobRunner(database, node_id, JobTerm(term_s, max(1, round(self._retry_s))))

    def context(self, watch: Callable[[Progress], None] | None = None) -> JobContext:
        """Return what a job works with.

        Args:
            watch: told how far the job is.
        """
        insurer = JobInsurer(
            self._client, self.database.take_number, org_code=self._settings.insurer.org_code
        )
        context = JobContext(
            insurer,
            self.database,
            self._client.profile,
            self._settings,
            self._node_id,
            clock=self._client.clock,
        )
        return dataclasses.replace(context, watch=watch) if watch else context

    def now(self) -> datetime:
        """Return the time where the site is, by the client's clock."""
        return datetime.fromtimestamp(self._client.clock(), self.timezone)

    def schedule(self) -> Schedule:
        """Return what runs the daily jobs at their times."""
        return Schedule(
            daily_jobs(self._settings),
            self.runner,
            self.database,
            self.context,
            self.now,
            retry_s=self._retry_s,
        )

    @asynccontextmanager
    async def scheduled(self, stop: asyncio.Event, last_words_s: float) -> AsyncIterator[None]:
        """Run the daily jobs at their times within a block of code.

        Args:
            stop: ends them as well; the block ends when they have ended.
            last_words_s: how long a database that is away is waited for then, in seconds.
        """
        task = asyncio.create_task(self.schedule().run(stop))
        try:
            yield
        finally:
            if not stop.is_set():
                task.cancel()
            await asyncio.wait((task,), timeout=last_words_s)
            self.database.lose_patience()
            await asyncio.wait((task,))

    def close(self) -> None:
        """Give the connection back."""
        self.database.stop()
