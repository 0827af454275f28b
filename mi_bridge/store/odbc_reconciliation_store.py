"""Reconciliation over ODBC: each verb is one call of one routine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from mi_bridge.domain.reconciliation_case import OwnRequest
from mi_bridge.domain.settlement import Account, Period, Settlement
from mi_bridge.store import items
from mi_bridge.store.connection import Row
from mi_bridge.store.reconciliation_items import answer_of, findings_json, settlement_of
from mi_bridge.store.reconciliation_port import AnswerPage, Findings


class Caller(Protocol):
    """Whatever calls routines by their names: a ``DatabaseConnection``, or a job's store."""

    def call(self, routine: str, *parameters: Any) -> list[Row]:
        """Call a routine and return its rows."""
        ...


class OdbcReconciliationStore:
    """Implements ``ReconciliationStore`` on a connection of somebody's.

    Args:
        connection: used by one thread at a time.
    """

    def __init__(self, connection: Caller) -> None:
        self._connection = connection

    def answers(self, codes: Iterable[str], after: int | None, limit: int) -> AnswerPage | None:
        """Read on in the answers; see ``ReconciliationStore``."""
        rows = self._connection.call("sp_mi_settlement_answers", json.dumps(sorted(codes)), after, limit)
        if not rows:
            return None
        found = [answer_of(row) for row in rows if row[2] is not None]
        return AnswerPage(rows[0][0], rows[0][1], found)

    def enter(self, entries: Sequence[dict[str, Any]], page: AnswerPage) -> int:
        """Enter settlements in the account; see ``ReconciliationStore``."""
        batch = items.to_json(list(entries))
        return int(self._connection.call("sp_mi_settlement_store", batch, page.after, page.upto)[0][0])

    def settlements(self, period: Period) -> list[Settlement]:
        """Return what was settled and refunded; see ``ReconciliationStore``."""
        return [settlement_of(row) for row in self._connection.call("sp_mi_settlements", *_span(period))]

    def accounts(self, period: Period) -> list[Account]:
        """Return the accounts of a period; see ``ReconciliationStore``."""
        rows = self._connection.call("sp_mi_settlement_accounts", *_span(period))
        return [Account(row[0], row[1], row[2], row[3]) for row in rows]

    def messages(self, msgids: Iterable[str]) -> dict[str, OwnRequest]:
        """Return whose messages these are; see ``ReconciliationStore``."""
        wanted = [{"msgid": msgid} for msgid in sorted(set(msgids))]
        if not wanted:
            return {}
        rows = self._connection.call("sp_mi_settlement_messages", items.to_json(wanted))
        return {row[0]: OwnRequest(row[1], row[3]) for row in rows}

    def begin_run(self, node_id: str, period: Period) -> int:
        """Note that a run begins; return its number."""
        rows = self._connection.call("sp_mi_reconciliation_begin", node_id, period.first, period.last)
        return int(rows[0][0])

    def record(self, run_id: int, findings: Findings) -> int:
        """Keep what a run found; see ``ReconciliationStore``."""
        rows = self._connection.call(
            "sp_mi_reconciliation_record",
            run_id,
            findings.outcome,
            findings.settlements,
            findings.message,
            findings_json(findings),
        )
        return int(rows[0][0])

    def runs(self, period: Period) -> list[Row]:
        """Return the last run of each span in a period."""
        return self._connection.call("sp_mi_reconciliation_runs", period.first, period.last)

    def totals(self, period: Period) -> list[Row]:
        """Return what was last found of each account, in the columns of ``sp_mi_reconciliation_totals``."""
        return self._connection.call("sp_mi_reconciliation_totals", period.first, period.last)

    def cases(self, period: Period) -> list[Row]:
        """Return the cases of a period, in the columns of ``sp_mi_reconciliation_cases``; the patient's number is masked."""
        return self._connection.call("sp_mi_reconciliation_cases", period.first, period.last)

    def patients(self, period: Period) -> dict[int, str]:
        """Return the patient's number of each case, in clear; needs the role ``mi_resolver``."""
        rows = self._connection.call("sp_mi_reconciliation_patients", period.first, period.last)
        return {row[0]: row[1] for row in rows}


def _span(period: Period) -> tuple[datetime, datetime]:
    """Return a period as local times: from its first midnight to before the one after it."""
    return (
        datetime.combine(period.first, time.min),
        datetime.combine(period.last + timedelta(days=1), time.min),
    )
