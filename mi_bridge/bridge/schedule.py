"""The daily schedule: what is due is asked of the database, and run by whichever node gets the turn.

Away from a job's time not one statement is made. At its time every node asks once; the one that gets the turn runs the job, the
others ask again when that one's term would be over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog

from mi_bridge.bridge.job import Job, JobContext, JobDatabase
from mi_bridge.bridge.job_runner import JobResult, JobRunner
from mi_bridge.errors import StoreError
from mi_bridge.store.job_port import JobOutcome, JobVerdict

_log: Any = structlog.get_logger()
_LOOK_S = 30.0
"""How often the clock is looked at: it may be set, and a machine may have slept."""
_ASK_AGAIN_S = 60
"""So seldom is asked after a job that another node runs, or a database that is away."""

Clock = Callable[[], datetime]


class Schedule:
    """Runs jobs at their times until told to stop; a long one keeps no other from its time.

    Args:
        jobs: those with a window are run.
        runner: runs them.
        database: the jobs' connection; closed between jobs.
        context: makes what jobs work with.
        now: tells the time where the site is.
        retry_s: after a failure, in seconds.
        look_s: how often, in seconds.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        runner: JobRunner,
        database: JobDatabase,
        context: Callable[[], JobContext],
        now: Clock,
        *,
        retry_s: float = 900,
        look_s: float = _LOOK_S,
    ) -> None:
        self._jobs = [job for job in jobs if job.window is not None]
        self._runner = runner
        self._database = database
        self._context = context
        self._retry_s = retry_s
        self._now = now
        self._look_s = look_s
        self._not_before: dict[str, datetime] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set; a job under way is then given to another node."""
        if not self._jobs:
            return
        tasks = [asyncio.create_task(self._repeat(job)) for job in self._jobs]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def turn(self) -> None:
        """Run what is due."""
        for job in self._jobs:
            await self._look(job)

    async def _repeat(self, job: Job) -> None:
        while True:
            try:
                await self._look(job)
            except Exception:  # noqa: BLE001 - a fault of ours must not end the schedule for good
                _log.exception("daily schedule", job=job.name)
            await asyncio.sleep(self._look_s)

    async def _look(self, job: Job) -> None:
        now = self._now()
        window = job.window
        day = window.day(now) if window is not None else None
        if window is None or day is None or now < self._not_before.get(job.name, now):
            return
        try:
            result = await self._runner.run(job, day, self._context)
            await self._database.rest()
        except StoreError as error:
            _log.warning("job not run, the database is away", job=job.name, error=error.message)
            self._not_before[job.name] = now + timedelta(seconds=_ASK_AGAIN_S)
            return
        wait_s = self._wait_s(result)
        later = self._now() + timedelta(seconds=wait_s)
        self._not_before[job.name] = later if wait_s else window.next_start(now)

    def _wait_s(self, result: JobResult) -> float:
        """Return the seconds until the job is asked for again; 0 for the next day."""
        if result.outcome is JobOutcome.SUCCEEDED or result.verdict is JobVerdict.DONE:
            return 0
        if result.outcome is not None:
            return self._retry_s
        return (
            max(result.wait_s, 1) if result.verdict is JobVerdict.LATER else max(result.wait_s, _ASK_AGAIN_S)
        )
