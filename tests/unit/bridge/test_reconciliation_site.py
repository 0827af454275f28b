from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from mi_bridge.bridge.daily_jobs import daily_jobs
from mi_bridge.bridge.reconciliation_site import ReconciliationJob
from mi_bridge.settings import Settings
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
