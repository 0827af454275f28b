"""The night's jobs on two nodes: one of them runs each, once, whichever dies."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge_process import BridgeProcess
from catalogue_site import CatalogueSite
from insurer_platform import InsurerPlatform
from site_settings import site_values, write_settings
from waiting import eventually


@pytest.fixture
def site(hospital_database: str, platform: InsurerPlatform, tmp_path: Path) -> CatalogueSite:
    return CatalogueSite(hospital_database, platform, tmp_path)


@pytest.fixture
def start(site: CatalogueSite, stack: ExitStack, tmp_path: Path) -> Callable[[str], BridgeProcess]:
    """Start a node whose night is now."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    schedule: dict[str, Any] = {
        "catalogue_at": f"{now - timedelta(minutes=5):%H:%M}",
        "catalogue_until": f"{now + timedelta(hours=3):%H:%M}",
        "retry_minutes": 0.01,
    }

    def make(node: str) -> BridgeProcess:
        values = site_values(site.database, site.platform.base_url, node)
        values |= {"files": {"dir": str(tmp_path / node)}, "schedule": schedule}
        folder = tmp_path / f"{node}-settings"
        folder.mkdir()
        process = BridgeProcess(write_settings(folder, values), node)
        stack.callback(process.end)
        process.start()
        return process

    return make


def outcomes(site: CatalogueSite) -> list[tuple[Any, ...]]:
    return site.rows("SELECT outcome, node_id FROM medical_insurance_job_runs ORDER BY run_id")


def test_two_nodes_run_the_night_s_job_once(
    site: CatalogueSite, start: Callable[[str], BridgeProcess]
) -> None:
    for node in ("node-a", "node-b"):
        start(node)
    eventually(lambda: [row[0] for row in outcomes(site)] == ["SUCCEEDED"], "the job's end", limit_s=60)
    start("node-c")
    eventually(lambda: len(site.rows("SELECT 1 FROM sdk_heartbeat")) == 3, "the third node", limit_s=30)
    assert len(site.platform.messages(infno="1301")) == 2
    assert len(outcomes(site)) == 1
    assert site.rows("SELECT DISTINCT outcome FROM v_medical_insurance_jobs") == [("SUCCEEDED",)]


def test_another_node_goes_on_where_a_stopped_one_was(
    site: CatalogueSite, start: Callable[[str], BridgeProcess]
) -> None:
    site.platform.order({"fault": "latency", "infno": "1310", "ms": 30_000, "times": 1})
    first = start("node-a")
    eventually(lambda: site.platform.messages(infno="1310"), "the job's middle", limit_s=60)
    first.tell(signal.SIGTERM)
    eventually(lambda: [row[0] for row in outcomes(site)] == ["STOPPED"], "the job's stop", limit_s=30)
    start("node-b")
    eventually(
        lambda: [row[0] for row in outcomes(site)] == ["STOPPED", "SUCCEEDED"], "the job's end", limit_s=60
    )
    assert len({row[1] for row in outcomes(site)}) == 2
    assert site.rows("SELECT count(*) FROM v_medical_insurance_catalogue") == [(19 * 40,)]
