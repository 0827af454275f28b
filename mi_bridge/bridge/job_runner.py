"""Runs a job as the cluster's only one: under a term that is renewed while it runs, and with its end on record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from mi_bridge.bridge.job import Job, JobContext, JobDatabase
from mi_bridge.errors import BridgeError, JobFailed, StoreError
from mi_bridge.store.job_port import JobOutcome, JobTurn, JobVerdict

_log: Any = structlog.get_logger()
FAILED_CONDITION = "JOB_FAILED"


@dataclass(frozen=True, slots=True)
class JobTerm:
    """How long a node may be silent before another takes its job, and how soon a failed one is tried again.

    Args:
        term_s: seconds a term lasts without renewal.
        retry_s: seconds after a failure.
    """

    term_s: int = 60
    retry_s: int = 900


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of an attempt to run a job.

    Args:
        verdict: whether it was run at all.
        outcome: of the run; None when there was none.
        message: its summary, or why it failed.
        wait_s: when to ask again, in seconds, where it was not run.
    """

    verdict: JobVerdict
    outcome: JobOutcome | None = None
    message: str = ""
    wait_s: int = 0


class JobRunner:
    """Runs jobs, each under its own term.

    Args:
        database: the jobs' connection.
        node_id: the process that runs them, unlike that of any other.
        term: its times.
    """

    def __init__(self, database: JobDatabase, node_id: str, term: JobTerm | None = None) -> None:
        self._database = database
        self._node_id = node_id
        self._term = term or JobTerm()

    async def run(
        self, job: Job, day: date, context: Callable[[], JobContext], *, force: bool = False
    ) -> JobResult:
        """Run a job, unless it was run already or somebody else runs it.

        Args:
            job: what to do.
            day: the local day it belongs to.
            context: makes what it works with.
            force: run it though it succeeded that day or failed a moment ago.

        Raises:
            StoreError: the database did not answer whether to run it, or did not take the end of it.
            asyncio.CancelledError: told to stop; another node goes on.
        """
        term = self._term
        turn = await self._database.run(
            lambda store: store.begin_job(
                job.name, day, self._node_id, term_s=term.term_s, retry_s=term.retry_s, force=force
            )
        )
        if turn.verdict is not JobVerdict.RUN:
            return JobResult(turn.verdict, wait_s=turn.wait_s)
        _log.info("job begun", job=job.name, day=day.isoformat(), run_id=turn.run_id)
        return await self._work(job, turn, context)

    async def _work(self, job: Job, turn: JobTurn, context: Callable[[], JobContext]) -> JobResult:
        try:
            outcome, message = await self._outcome(job, turn, context)
        except asyncio.CancelledError:
            with suppress(StoreError):
                await self._finish(
                    job, turn, JobOutcome.STOPPED, "任务中断（程序停止），由其他节点或重启后接续"
                )
            raise
        await self._finish(job, turn, outcome, message)
        return JobResult(turn.verdict, outcome, message)

    async def _outcome(
        self, job: Job, turn: JobTurn, context: Callable[[], JobContext]
    ) -> tuple[JobOutcome, str]:
        try:
            return JobOutcome.SUCCEEDED, await self._held(job, turn, context)
        except BridgeError as error:
            return JobOutcome.FAILED, str(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must end the run, not the schedule
            _log.exception("job ended by a fault of its own", job=job.name)
            return JobOutcome.FAILED, f"内部错误：{type(error).__name__}"

    async def _held(self, job: Job, turn: JobTurn, context: Callable[[], JobContext]) -> str:
        """Run the job while the term is ours; the loss of the term cancels it."""
        work = asyncio.create_task(job.run(context()))
        guard = asyncio.create_task(self._keep(turn))
        try:
            await asyncio.wait((work, guard), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise JobFailed("任务已由其他节点接管，本节点停止执行。")
        finally:
            for task in (work, guard):
                task.cancel()
            await asyncio.wait((work, guard))
            _retrieve(work, guard)

    async def _keep(self, turn: JobTurn) -> None:
        """Renew the term until it is lost."""
        every_s = self._term.term_s / 3
        loop = asyncio.get_running_loop()
        good_until = loop.time() + self._term.term_s
        while loop.time() < good_until:
            await asyncio.sleep(every_s)
            begun = loop.time()
            try:
                held = await self._database.run(
                    lambda store: store.renew_job(turn.run_id, self._node_id, self._term.term_s)
                )
            except StoreError as error:
                _log.warning("job's term not renewed", run_id=turn.run_id, error=error.message)
                continue
            if not held:
                return
            good_until = begun + self._term.term_s

    async def _finish(self, job: Job, turn: JobTurn, outcome: JobOutcome, message: str) -> None:
        held = await self._database.run(
            lambda store: store.finish_job(turn.run_id, self._node_id, outcome, message)
        )
        tell = _log.error if outcome is JobOutcome.FAILED else _log.info
        tell(
            "job ended",
            job=job.name,
            run_id=turn.run_id,
            outcome=outcome.value,
            recorded=held,
            message=message,
        )
        if held and outcome is not JobOutcome.STOPPED:
            words = f"定时任务 {job.name} 失败，稍后重试：{message}" if outcome is JobOutcome.FAILED else ""
            await self._database.run(lambda store: store.condition(FAILED_CONDITION, job.name, words))


def _retrieve(*tasks: asyncio.Task[Any]) -> None:
    """Look at the exceptions nobody waits for, so that asyncio does not report them as forgotten."""
    for task in tasks:
        if not task.cancelled():
            task.exception()
