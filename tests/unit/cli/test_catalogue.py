"""The bars that a person sees, and what is said of a sync that could not be."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from mi_bridge.bridge.job import Progress
from mi_bridge.bridge.job_runner import JobResult
from mi_bridge.cli import catalogue
from mi_bridge.errors import JobFailed
from mi_bridge.store.job_port import JobOutcome, JobVerdict


def test_a_terminal_gets_a_bar_for_each_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(catalogue, "console", lambda **_: Console(file=screen, force_terminal=True, width=80))
    with catalogue._progress(quiet=False) as watch:
        for done in (1, 2):
            watch(Progress("1301", done, 2))
        watch(Progress("1312", 5))
    shown = screen.getvalue()
    assert "1301" in shown
    assert "2/2" in shown
    assert "5/?" in shown


def test_nobody_who_looks_gets_none(capsys: pytest.CaptureFixture[str]) -> None:
    with catalogue._progress(quiet=True) as watch:
        watch(Progress("1301", 1, 2))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (JobResult(JobVerdict.BUSY, wait_s=30), "其他节点"),
        (JobResult(JobVerdict.RUN, JobOutcome.FAILED, "平台拒绝"), "平台拒绝"),
    ],
)
def test_what_did_not_succeed_is_a_fault(result: JobResult, words: str) -> None:
    with pytest.raises(JobFailed, match=words):
        catalogue._tell(result, as_json=False)


def test_a_success_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    done: Any = JobResult(JobVerdict.RUN, JobOutcome.SUCCEEDED, "19 种目录已同步")
    catalogue._tell(done, as_json=False)
    assert capsys.readouterr().out == "19 种目录已同步\n"
