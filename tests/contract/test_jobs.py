"""Daily jobs in the database: one run at a time in the cluster, one success a day, whatever dies."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from mi_bridge.store.job_port import JobOutcome, JobTurn, JobVerdict
from mi_bridge.store.odbc_job_store import OdbcJobStore

DAY = date(2026, 1, 31)


@pytest.fixture
def job_store(connect: Callable[..., Any]) -> Callable[[], OdbcJobStore]:
    return lambda: OdbcJobStore(connect())


def begin(store: OdbcJobStore, node: str = "a", day: date = DAY, **options: Any) -> JobTurn:
    return store.begin_job("catalogue", day, node, **{"term_s": 60, "retry_s": 900, "force": False} | options)


def test_one_node_runs_it_and_the_others_wait_for_its_term(job_store: Callable[[], OdbcJobStore]) -> None:
    here, there = job_store(), job_store()
    turn = begin(here)
    assert turn.verdict is JobVerdict.RUN
    other = begin(there, "b")
    assert other.verdict is JobVerdict.BUSY
    assert 50 <= other.wait_s <= 61
    assert here.renew_job(turn.run_id, "a", 60)
    assert not there.renew_job(turn.run_id, "b", 60)
    assert not there.finish_job(turn.run_id, "b", JobOutcome.SUCCEEDED, "")


def test_a_success_is_not_repeated_that_day_by_anybody(job_store: Callable[[], OdbcJobStore]) -> None:
    store = job_store()
    turn = begin(store)
    assert store.finish_job(turn.run_id, "a", JobOutcome.SUCCEEDED, "载入 3 行")
    assert not store.finish_job(turn.run_id, "a", JobOutcome.FAILED, "")
    assert [begin(store, node).verdict for node in "ab"] == [JobVerdict.DONE, JobVerdict.DONE]
    assert begin(store, "b", force=True).verdict is JobVerdict.RUN
    assert begin(store, "c", date(2026, 2, 1)).verdict is JobVerdict.BUSY


def test_a_failure_is_tried_again_after_a_pause_by_any_node(job_store: Callable[[], OdbcJobStore]) -> None:
    store = job_store()
    turn = begin(store)
    store.finish_job(turn.run_id, "a", JobOutcome.FAILED, "x" * 900)
    later = begin(store, "b")
    assert later.verdict is JobVerdict.LATER
    assert 890 <= later.wait_s <= 900
    assert begin(store, "b", retry_s=0).verdict is JobVerdict.RUN
    job = store.call("sp_mi_jobs")[0]
    assert (job[0], job[2], job[4]) == ("catalogue", "RUNNING", "b")


def test_a_stopped_run_is_taken_up_at_once(job_store: Callable[[], OdbcJobStore]) -> None:
    store = job_store()
    turn = begin(store)
    assert store.finish_job(turn.run_id, "a", JobOutcome.STOPPED, "")
    assert begin(store, "b").verdict is JobVerdict.RUN


def test_a_dead_node_s_run_is_taken_over_when_its_term_ends(job_store: Callable[[], OdbcJobStore]) -> None:
    store = job_store()
    first = begin(store, term_s=0)
    second = begin(store, "b")
    assert second.verdict is JobVerdict.RUN
    assert not store.renew_job(first.run_id, "a", 60)
    assert not store.finish_job(first.run_id, "a", JobOutcome.SUCCEEDED, "too late")
    assert store.finish_job(second.run_id, "b", JobOutcome.SUCCEEDED, "")


def test_of_many_nodes_that_ask_at_once_one_runs(job_store: Callable[[], OdbcJobStore]) -> None:
    stores = [job_store() for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        turns = list(threads.map(begin, stores, "abcdef"))
    assert sorted(turn.verdict for turn in turns) == [JobVerdict.BUSY] * 5 + [JobVerdict.RUN]


def test_the_view_shows_the_last_run_and_the_last_success(
    job_store: Callable[[], OdbcJobStore], his: Any
) -> None:
    store = job_store()
    store.finish_job(begin(store).run_id, "a", JobOutcome.SUCCEEDED, "好")
    store.finish_job(begin(store, "b", date(2026, 2, 1)).run_id, "b", JobOutcome.FAILED, "平台拒绝")
    rows = his.execute(
        "SELECT job_name, outcome, message, node_id, finish_time - last_success FROM v_medical_insurance_jobs"
    ).fetchall()
    assert [tuple(row)[:4] for row in rows] == [("catalogue", "FAILED", "平台拒绝", "b")]
    assert rows[0][4] is not None


def test_a_condition_and_numbers_come_over_the_same_connection(
    job_store: Callable[[], OdbcJobStore], his: Any
) -> None:
    store = job_store()
    first = store.take_msgids(3)
    assert store.take_msgids(1) == first + 3
    store.condition("JOB_FAILED", "catalogue", "失败")
    alerts = his.execute(
        "SELECT alert_type, alert_message FROM sp_check_medical_insurance_alerts()"
    ).fetchall()
    assert ("JOB_FAILED", "失败") in [tuple(row) for row in alerts]
    store.stop()
    store.close()
