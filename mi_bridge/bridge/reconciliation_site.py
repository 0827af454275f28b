"""Puts a site's reconciler together, and is the daily job that runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from mi_bridge.bridge.job import JobContext, JobDatabase
from mi_bridge.bridge.reconciler import Reconciler, ReconcilerOptions, Summary
from mi_bridge.domain.daily_window import DailyWindow, clock_time
from mi_bridge.domain.settlement import Period
from mi_bridge.errors import JobFailed
from mi_bridge.insurer.settlement_entry import EntryReader
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.settings import Settings
from mi_bridge.settings.file_folders import file_folders
from mi_bridge.store.odbc_reconciliation_store import OdbcReconciliationStore
from mi_bridge.store.reconciliation_port import ReconciliationStore
from mi_bridge.traffic.clearing import Clearing

Result = TypeVar("Result")
JOB = "reconciliation"
_OUTCOMES = {"BALANCED": "平", "DIFFERS": "不平"}


class JobThread:
    """The store of reconciliation, on the thread and the connection of jobs.

    Args:
        database: of the jobs.
    """

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    async def run(self, work: Callable[[ReconciliationStore], Result]) -> Result:
        """Do something with the store there."""
        return await self._database.run(lambda store: work(OdbcReconciliationStore(store)))


def build_reconciler(context: JobContext) -> Reconciler:
    """Return a site's reconciler.

    Raises:
        CatalogueError: the rules of settlements cannot be used.
    """
    profile, rules = context.profile, load_settlement_rules()
    folders = file_folders(context.settings.files)
    site, org_code = profile.reconciliation, context.insurer.org_code
    return Reconciler(
        JobThread(context.database),
        Clearing(context.insurer, profile, rules, quarantine=folders.quarantine),
        EntryReader(profile, profile.catalogue(), rules.kinds, org_code=org_code),
        rules.kinds,
        ReconcilerOptions(
            node_id=context.node_id,
            org_code=org_code,
            clearing_agency=site.clearing_agency or profile.mdtrtarea_admvs,
            lists_all=site.result_rows == "all",
        ),
    )


class ReconciliationJob:
    """Reconciles the last days, one after the other; the oldest first.

    Args:
        settings: the operator's.
    """

    name = JOB

    def __init__(self, settings: Settings) -> None:
        section = settings.reconciliation
        self.window = DailyWindow(clock_time(section.at), clock_time(section.until)) if section.at else None
        self._days = section.days

    async def run(self, context: JobContext) -> str:
        """Reconcile.

        Raises:
            BridgeError: the database is away, or the platform did not say everything; what it said is kept.
        """
        today = datetime.fromtimestamp(context.clock(), ZoneInfo(context.profile.timezone)).date()
        reconciler = build_reconciler(context)
        summaries: list[Summary] = []
        for ago in range(self._days, 0, -1):
            day = today - timedelta(days=ago)
            summaries.append(await reconciler.run(Period(day, day)))
        lacking = [one for one in summaries if one.findings.outcome not in _OUTCOMES]
        if lacking:
            raise JobFailed("；".join(f"{one.period.first} {one.findings.message}" for one in lacking))
        return "；".join(map(_said, summaries))


def _said(summary: Summary) -> str:
    findings = summary.findings
    counts = f"结算 {findings.settlements} 笔，差异 {len(findings.cases)} 个（新增 {summary.new_cases} 个）"
    return f"{summary.period.first} {_OUTCOMES[findings.outcome]}：{counts}"
