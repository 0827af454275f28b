"""``mi-bridge requests resolve``: what a named person decides, recorded for good."""

from __future__ import annotations

import json

import pytest

from command_line import Invoke, his, installed, invoke, settings_file  # noqa: F401 - fixtures
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.his import HisClient


@pytest.fixture
def undecided(his: HisClient, database: str) -> int:
    """A settlement that waits for a person."""
    number = his.call("2207", '{"psn_no": "1", "mdtrt_id": "2"}').request_id
    connection = load_pyodbc().connect(database, autocommit=True)
    connection.execute(
        "UPDATE medical_insurance_requests SET status = 'MANUAL', quiet_until = now() WHERE request_id = ?",
        number,
    )
    connection.close()
    assert number is not None
    return number


@pytest.mark.parametrize(
    ("decision", "status"),
    [("effective", "COMPLETED"), ("not-effective", "REVERSED"), ("RETRY", "UNCERTAIN")],
)
def test_requests_resolve_records_what_a_person_decides(
    installed: Invoke, his: HisClient, undecided: int, decision: str, status: str
) -> None:
    said = ("--operator", "王主任", "--reason", "电话核实", "--setl-id", "990896115")
    done = installed("requests", "resolve", str(undecided), decision, *said, "--yes")
    again = installed("requests", "resolve", str(undecided), decision, *said, "--yes")
    shown = installed("requests", "--json", "--status", status)
    assert (done.exit_code, again.exit_code) == (0, 1), done.output
    assert "不能决定" in again.stderr
    assert [row["request_id"] for row in json.loads(shown.stdout)] == [undecided]


def test_requests_resolve_asks_once_more(installed: Invoke, undecided: int) -> None:
    refused = installed("requests", "resolve", str(undecided), "retry", "--operator", "王", "--reason", "x")
    shown = installed("requests", "--json", "--status", "MANUAL")
    assert refused.exit_code != 0
    assert [row["request_id"] for row in json.loads(shown.stdout)] == [undecided]
