from __future__ import annotations

from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mi_bridge.bridge import reconciliation_site
from mi_bridge.bridge.daily_jobs import daily_jobs
from mi_bridge.bridge.reconciler import Summary
from mi_bridge.bridge.reconciliation_site import ReconciliationJob
from mi_bridge.domain.settlement import Period
from mi_bridge.errors import JobFailed
from mi_bridge.settings import Settings
from mi_bridge.store.reconciliation_port import Findings
from site_settings import site_values


def settings(**section: Any) -> Settings:
    values = site_values("Driver=x", "http://127.0.0.1:9", "n1") | {"reconciliation": section}
    return Settings.model_validate(values)


def test_it_runs_daily_unless_switched_off() -> None:
    window = ReconciliationJob(settings()).window

    assert window is not None
    assert (window.at, window.until) == (time(6, 30), time(12))
    assert ReconciliationJob(settings(at="")).window is None
    assert [job.name for job in daily_jobs(settings()) if job.name == "reconciliation"] == ["reconciliation"]


@pytest.mark.parametrize("section", [{"at": "25:00"}, {"until": ""}, {"days": 0}, {"days": 32}])
def test_what_cannot_be_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="reconciliation"):
        settings(**section)


_JUST_AFTER_MIDNIGHT = datetime(2026, 1, 31, 0, 0, 1, tzinfo=ZoneInfo("Asia/Shanghai"))


class Played:
    """A reconciler whose days come to what they are told."""

    def __init__(self, *outcomes: str) -> None:
        self.outcomes = list(outcomes)
        self.days: list[date] = []

    async def run(self, period: Period) -> Summary:
        self.days.append(period.first)
        outcome = self.outcomes.pop(0)
        message = "3202 没有成功" if outcome == "INCOMPLETE" else ""
        return Summary(1, period, 0, Findings(outcome, 12, message, [], [], []), 0)


async def play(monkeypatch: pytest.MonkeyPatch, *outcomes: str) -> tuple[Played, Any]:
    played = Played(*outcomes)
    monkeypatch.setattr(reconciliation_site, "build_reconciler", lambda _: played)
    profile = SimpleNamespace(timezone="Asia/Shanghai")
    context: Any = SimpleNamespace(profile=profile, clock=_JUST_AFTER_MIDNIGHT.timestamp)
    return played, await ReconciliationJob(settings(days=len(outcomes))).run(context)


async def test_the_oldest_day_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    played, said = await play(monkeypatch, "BALANCED", "DIFFERS")

    assert played.days == [date(2026, 1, 29), date(2026, 1, 30)], "the site's days, by the database's clock"
    assert said.endswith(f"{played.days[1]} 不平：结算 12 笔，差异 0 个（新增 0 个）")


async def test_a_day_that_was_not_finished_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JobFailed, match="3202 没有成功"):
        await play(monkeypatch, "INCOMPLETE", "BALANCED")
