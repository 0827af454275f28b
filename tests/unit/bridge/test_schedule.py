"""The daily schedule and its runner, on a double of the database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from job_board import BoardStore, JobBoard
from mi_bridge.bridge.daily_jobs import JobOffice
from mi_bridge.bridge.job import JobContext, JobDatabase
from mi_bridge.bridge.job_runner import JobResult, JobRunner, JobTerm
from mi_bridge.bridge.schedule import Schedule
from mi_bridge.daemon import build_client
from mi_bridge.domain.daily_window import DailyWindow
from mi_bridge.errors import JobFailed, StoreUnavailable
from mi_bridge.insurer.profile import load_profile
from mi_bridge.settings import DatabaseSettings, InsurerSettings, Settings
from mi_bridge.store.job_port import JobOutcome, JobVerdict

DAY = date(2026, 1, 31)
CHINA = ZoneInfo("Asia/Shanghai")
CONTEXT = cast("JobContext", object())


@dataclass
class Errand:
    """A job that does what the test says."""

    work: Callable[[], Awaitable[str]]
    name: str = "errand"
    window: DailyWindow | None = field(default_factory=lambda: DailyWindow(time(1), time(6)))
    runs: int = 0

    async def run(self, context: JobContext) -> str:
        assert context is CONTEXT
        self.runs += 1
        return await self.work()


async def well() -> str:
    return "完成"


async def badly() -> str:
    raise JobFailed("平台拒绝")


async def strangely() -> str:
    raise ZeroDivisionError("patient 3301")


async def forever() -> str:
    await asyncio.sleep(60)
    return ""


@pytest.fixture
def board() -> JobBoard:
    return JobBoard()


@pytest.fixture
def node(board: JobBoard) -> Iterator[Callable[..., tuple[JobRunner, JobDatabase, BoardStore]]]:
    """Make a node's runner with its database."""
    databases: list[JobDatabase] = []

    def make(name: str = "a", term_s: float = 60) -> tuple[JobRunner, JobDatabase, BoardStore]:
        store = BoardStore(board)
        databases.append(JobDatabase(store))
        return JobRunner(databases[-1], name, JobTerm(cast("int", term_s), 900)), databases[-1], store

    yield make
    for database in databases:
        database.stop()


async def run(runner: JobRunner, job: Errand, **options: Any) -> JobResult:
    return await runner.run(job, DAY, lambda: CONTEXT, **options)


async def test_a_job_is_run_and_recorded(node: Any, board: JobBoard) -> None:
    runner, _, _ = node()
    assert await run(runner, Errand(well)) == JobResult(JobVerdict.RUN, JobOutcome.SUCCEEDED, "完成")
    assert board.outcomes() == ["SUCCEEDED"]
    assert board.conditions == {"JOB_FAILED:errand": ""}
    again = Errand(well)
    assert (await run(runner, again)).verdict is JobVerdict.DONE
    assert again.runs == 0
    assert (await run(runner, again, force=True)).outcome is JobOutcome.SUCCEEDED


@pytest.mark.parametrize(("work", "words"), [(badly, "平台拒绝"), (strangely, "内部错误：ZeroDivisionError")])
async def test_a_failure_is_recorded_and_told(node: Any, board: JobBoard, work: Any, words: str) -> None:
    runner, _, _ = node()
    result = await run(runner, Errand(work))
    assert (result.outcome, result.message) == (JobOutcome.FAILED, words)
    assert words in board.conditions["JOB_FAILED:errand"]
    assert "3301" not in str(board.conditions)
    assert (await run(runner, Errand(well))).verdict is JobVerdict.LATER


async def test_two_nodes_run_it_once(node: Any, board: JobBoard) -> None:
    async def slowly() -> str:
        await asyncio.sleep(0.1)
        return ""

    jobs = [Errand(slowly), Errand(slowly)]
    nodes = [node("a")[0], node("b")[0]]
    results = await asyncio.gather(*(run(one, job) for one, job in zip(nodes, jobs, strict=True)))
    assert sorted(result.verdict for result in results) == [JobVerdict.BUSY, JobVerdict.RUN]
    assert sum(job.runs for job in jobs) == 1


async def test_a_long_job_keeps_its_term(node: Any, board: JobBoard) -> None:
    async def slowly() -> str:
        await asyncio.sleep(0.5)
        return ""

    runner, _, _ = node("a", 0.15)
    task = asyncio.create_task(run(runner, Errand(slowly)))
    await asyncio.sleep(0.3)
    assert (await run(node("b")[0], Errand(well))).verdict is JobVerdict.BUSY
    assert (await task).outcome is JobOutcome.SUCCEEDED


async def test_a_job_that_lost_its_term_is_stopped(node: Any, board: JobBoard) -> None:
    runner, _, _ = node("a", 0.15)
    task = asyncio.create_task(run(runner, Errand(forever)))
    await asyncio.sleep(0.05)
    board.runs[0][3] = "STOPPED"
    board.terms.clear()
    result = await asyncio.wait_for(task, 5)
    assert result.outcome is JobOutcome.FAILED
    assert "其他节点接管" in result.message
    assert board.outcomes() == ["STOPPED"]
    assert board.conditions == {}


async def test_a_job_whose_database_stays_away_is_stopped(node: Any, board: JobBoard) -> None:
    runner, _, store = node("a", 0.15)
    task = asyncio.create_task(run(runner, Errand(forever)))
    await asyncio.sleep(0.05)
    store.away = True
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(task, 5)
    assert board.outcomes() == ["RUNNING"]


async def test_a_stop_gives_the_job_to_another_node(node: Any, board: JobBoard) -> None:
    runner, _, store = node()
    for away in (False, True):
        task = asyncio.create_task(run(runner, Errand(forever)))
        await asyncio.sleep(0.05)
        store.away = away
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        store.away = False
    assert board.outcomes() == ["STOPPED", "RUNNING"]


class Hands:
    """A clock set by hand."""

    def __init__(self, text: str) -> None:
        self.now = datetime.fromisoformat(text).replace(tzinfo=CHINA)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **span: float) -> None:
        self.now += timedelta(**span)


def schedule(node: Any, clock: Hands, *jobs: Errand, **options: Any) -> tuple[Schedule, BoardStore]:
    runner, database, store = node(options.pop("name", "a"))
    made = Schedule(jobs, runner, database, lambda: CONTEXT, clock, retry_s=900, look_s=0.01, **options)
    return made, store


async def test_away_from_its_time_nothing_is_asked(node: Any) -> None:
    clock = Hands("2026-01-31 00:59:00")
    job = Errand(well)
    plan, store = schedule(node, clock, job)
    await plan.turn()
    assert (store.asked, job.runs) == (0, 0)
    clock.go(minutes=1)
    for _ in range(5):
        await plan.turn()
    assert (store.asked, job.runs, store.closed) == (1, 1, 1)
    clock.go(hours=6)
    await plan.turn()
    assert store.asked == 1
    clock.go(hours=18)
    await plan.turn()
    assert (store.asked, job.runs) == (2, 2)


async def test_a_restarted_node_asks_once_and_learns_that_it_is_done(node: Any) -> None:
    clock = Hands("2026-01-31 02:00:00")
    first, _ = schedule(node, clock, Errand(well))
    await first.turn()
    job = Errand(well)
    second, store = schedule(node, clock, job, name="b")
    await second.turn()
    await second.turn()
    assert (store.asked, job.runs) == (1, 0)


async def test_a_failed_job_is_tried_again_later_the_same_day(node: Any, board: JobBoard) -> None:
    clock = Hands("2026-01-31 02:00:00")
    job = Errand(badly)
    plan, store = schedule(node, clock, job)
    await plan.turn()
    clock.go(minutes=14)
    await plan.turn()
    assert job.runs == 1
    board.runs[0][4] -= 900
    clock.go(minutes=2)
    job.work = well
    await plan.turn()
    await plan.turn()
    assert (job.runs, store.asked) == (2, 2)


async def test_who_waits_for_another_node_asks_seldom(node: Any, board: JobBoard) -> None:
    clock = Hands("2026-01-31 02:00:00")
    board.terms["errand"] = ("b", monotonic() + 30)
    plan, store = schedule(node, clock, Errand(well))
    await plan.turn()
    clock.go(seconds=59)
    await plan.turn()
    assert store.asked == 1


async def test_a_pause_after_another_s_failure_is_kept(node: Any, board: JobBoard) -> None:
    clock = Hands("2026-01-31 02:00:00")
    first, _ = schedule(node, clock, Errand(badly))
    await first.turn()
    second, store = schedule(node, clock, Errand(well), name="b")
    await second.turn()
    clock.go(minutes=10)
    await second.turn()
    assert store.asked == 1


async def test_a_database_that_is_away_is_asked_again(node: Any) -> None:
    clock = Hands("2026-01-31 02:00:00")
    job = Errand(well)
    plan, store = schedule(node, clock, job)
    store.away = True
    await plan.turn()
    store.away = False
    await plan.turn()
    assert job.runs == 0
    clock.go(seconds=61)
    await plan.turn()
    assert job.runs == 1


async def test_it_runs_until_stopped(node: Any, board: JobBoard) -> None:
    clock = Hands("2026-01-31 02:00:00")
    stop = asyncio.Event()
    plan, _ = schedule(node, clock, Errand(forever), Errand(well, window=None))
    task = asyncio.create_task(plan.run(stop))
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(task, 5)
    assert board.outcomes() == ["STOPPED"]
    idle, store = schedule(node, clock, Errand(well, window=None))
    await idle.run(asyncio.Event())
    assert store.asked == 0


async def test_a_long_job_keeps_no_other_from_its_time(node: Any, board: JobBoard) -> None:
    stop = asyncio.Event()
    short = Errand(well, name="short")
    plan, _ = schedule(node, Hands("2026-01-31 02:00:00"), Errand(forever, name="long"), short)
    task = asyncio.create_task(plan.run(stop))
    await asyncio.sleep(0.1)
    assert short.runs == 1
    stop.set()
    await asyncio.wait_for(task, 5)
    assert sorted(board.outcomes()) == ["STOPPED", "SUCCEEDED"]


async def test_a_fault_of_ours_does_not_end_the_schedule(node: Any) -> None:
    class Crooked(DailyWindow):
        def day(self, now: datetime) -> date | None:
            raise RuntimeError("no such day")

    stop = asyncio.Event()
    job = Errand(well, window=Crooked(time(1), time(6)))
    plan, _ = schedule(node, Hands("2026-01-31 02:00:00"), job)
    task = asyncio.create_task(plan.run(stop))
    await asyncio.sleep(0.05)
    assert not task.done()
    stop.set()
    await asyncio.wait_for(task, 5)


async def test_a_job_calls_its_own_routines(node: Any) -> None:
    _, database, store = node()
    store.routines["sp_x"] = lambda *parameters: [parameters]
    assert await database.call("sp_x", 1, "二") == [(1, "二")]
    assert await database.take_number() + 1 == await database.take_number()


class FarStore(BoardStore):
    """A database that goes away for as long as it is waited for."""

    def __init__(self, board: JobBoard) -> None:
        super().__init__(board)
        self.patience = threading.Event()

    def stop(self) -> None:
        self.patience.set()

    def _reach(self) -> None:
        if self.away:
            self.patience.wait(100)
        super()._reach()


@pytest.mark.parametrize("told", [True, False])
async def test_a_stop_does_not_wait_for_a_database_that_is_away(board: JobBoard, told: bool) -> None:
    store = FarStore(board)
    settings = Settings(
        database=DatabaseSettings(dialect="postgresql"),
        insurer=InsurerSettings(base_url="http://h", org_code="H99990100002", app_id="a", app_secret="b"),
    )
    client = build_client(settings, load_profile("demo"))
    office = JobOffice(settings, client, JobDatabase(store), "a")
    office.schedule = lambda: Schedule(  # type: ignore[method-assign]  # its jobs are the test's
        [Errand(forever)],
        office.runner,
        office.database,
        lambda: CONTEXT,
        Hands("2026-01-31 02:00:00"),
    )
    stop = asyncio.Event()
    with suppress(RuntimeError):
        async with office.scheduled(stop, 0.05):
            await asyncio.sleep(0.05)
            store.away = True
            if not told:
                raise RuntimeError("the node cannot begin")
            stop.set()
    assert store.patience.is_set()
    assert board.outcomes() == ["RUNNING"]
    office.close()
    await client.aclose()


async def test_the_jobs_time_is_the_clients_where_the_site_is() -> None:
    settings = Settings(
        database=DatabaseSettings(dialect="postgresql"),
        insurer=InsurerSettings(base_url="http://h", org_code="H99990100002", app_id="a", app_secret="b"),
    )
    client = build_client(settings, load_profile("demo"), clock=lambda: 1_769_788_800.0)
    office = JobOffice(settings, client, JobDatabase(BoardStore(JobBoard())), "a")
    assert office.now().isoformat() == "2026-01-31T00:00:00+08:00"
    assert office.context().clock() == 1_769_788_800.0
    office.close()
    await client.aclose()
