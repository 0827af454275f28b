"""A database used by one test after the other: what the last one left, and whoever it left connected, goes first."""

from __future__ import annotations

from typing import Any

from mi_bridge.store.driver import load_pyodbc
from waiting import eventually

_FILLED = (
    "medical_insurance_requests, medical_insurance_responses, medical_insurance_attempts, medical_insurance_error_log,"
    " medical_insurance_sign_ins, medical_insurance_terms, medical_insurance_limits, medical_insurance_limit_usage, medical_insurance_conditions, sdk_heartbeat,"
    " medical_insurance_sagas, medical_insurance_saga_steps, medical_insurance_saga_definitions, medical_insurance_saga_decisions,"
    " medical_insurance_job_runs, medical_insurance_terms, medical_insurance_catalogue_syncs, medical_insurance_catalogue_items,"
    " medical_insurance_settlements, medical_insurance_reconciliation_runs, medical_insurance_reconciliation_totals,"
    " medical_insurance_reconciliation_cases"
)
_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def clean(connection_string: str) -> None:
    """Bring a database back to what it was after its installation; its catalogue stays."""
    administrator = load_pyodbc().connect(connection_string, autocommit=True)
    # a killed daemon's call lives on in the server for a second, and would claim what the next test queues
    administrator.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}").fetchall()
    eventually(lambda: _alone(administrator), "the end of the last test's connections")
    administrator.execute(f"TRUNCATE {_FILLED} RESTART IDENTITY")
    # how far answers were read is told by their numbers, which begin again
    administrator.execute(
        "UPDATE medical_insurance_counters SET counter_value = 0 WHERE counter_name = 'settlements'"
    )
    administrator.close()


def _alone(administrator: Any) -> bool:
    return bool(administrator.execute(f"SELECT count(*) {_OTHERS}").fetchone()[0] == 0)
