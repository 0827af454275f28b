"""What a failed call means, as PostgreSQL's and Microsoft's drivers tell it."""

from __future__ import annotations

import pytest

from mi_bridge.errors import StoreConflict, StoreDuplicate, StoreError, StoreRejected, StoreUnavailable
from mi_bridge.store.sqlstate import classify

MICROSOFT = "[Microsoft][ODBC Driver 18 for SQL Server]"
SERVER = f"{MICROSOFT}[SQL Server]"


@pytest.mark.parametrize(
    ("state", "text", "expected"),
    [
        ("40P01", "ERROR: deadlock detected;\nError while executing the query", StoreConflict),
        ("40001", "ERROR: could not serialize access due to concurrent update", StoreConflict),
        ("55P03", "ERROR: canceling statement due to lock timeout", StoreConflict),
        ("57014", "ERROR: canceling statement due to user request", StoreConflict),
        ("HY008", f"{MICROSOFT}Operation canceled", StoreConflict),
        ("40001", f"{SERVER}Transaction (Process ID 53) was deadlocked on lock resources (1205)", StoreConflict),
        ("42000", f"{SERVER}Lock request time out period exceeded. (1222) (SQLExecDirectW)", StoreConflict),
        ("42000", f"{SERVER}Snapshot isolation transaction aborted due to update conflict. (3960)", StoreConflict),
        ("08001", "connection to server at 127.0.0.1 failed: Connection refused", StoreUnavailable),
        ("08S01", "[Microsoft]Communication link failure (10054)", StoreUnavailable),
        ("08S01", "server closed the connection unexpectedly", StoreUnavailable),
        ("57P01", "FATAL: terminating connection due to administrator command", StoreUnavailable),
        ("57P03", "FATAL: the database system is starting up", StoreUnavailable),
        ("53300", "FATAL: sorry, too many clients already", StoreUnavailable),
        ("25006", "ERROR: cannot execute UPDATE in a read-only transaction", StoreUnavailable),
        ("HYT00", f"{MICROSOFT}Login timeout expired (0)", StoreUnavailable),
        ("HYT01", "Connection timeout expired", StoreUnavailable),
        ("IM002", "Data source name not found and no default driver specified", StoreUnavailable),
        ("HY000", "could not send data to server: Broken pipe", StoreUnavailable),
        ("HY000", "The connection has been lost", StoreUnavailable),
        ("HY000", "something else", StoreRejected),
        ("23505", 'ERROR: duplicate key value violates unique constraint "u"', StoreDuplicate),
        ("23000", f"{SERVER}Violation of UNIQUE KEY constraint (2627)", StoreDuplicate),
        ("23000", f"{SERVER}Cannot insert duplicate key row with unique index 'u'. (2601)", StoreDuplicate),
        ("23000", f"{SERVER}Cannot insert the value NULL into column 'c' (515)", StoreRejected),
        ("22001", "ERROR: value too long for type character varying(30)", StoreRejected),
        ("42501", "ERROR: permission denied for table medical_insurance_requests", StoreRejected),
        ("42000", f"{SERVER}The EXECUTE permission was denied (229)", StoreRejected),
        ("MI001", "ERROR: -1001 参数错误", StoreRejected),
    ],
)  # fmt: skip
def test_each_state_has_its_class(state: str, text: str, expected: type[StoreError]) -> None:
    error = classify(RuntimeError(state, text), "sp_mi_claim")
    assert type(error) is expected
    assert error.sqlstate == state
    assert error.message.startswith(f"sp_mi_claim failed ({state}): ")
    assert bool(error.remedy) is (expected is StoreUnavailable)


def test_details_that_quote_data_are_left_out() -> None:
    text = "ERROR: duplicate key value violates unique constraint\nDETAIL: Key (psn_no)=(990101198001016571) exists."
    assert "990101" not in classify(RuntimeError("23505", text), "sp_mi_finish").message


def test_a_long_line_is_cut() -> None:
    assert len(classify(RuntimeError("HY000", "x" * 5_000), "sp_mi_finish").message) < 400


@pytest.mark.parametrize("arguments", [(), ("only words",)])
def test_an_error_without_a_state(arguments: tuple[str, ...]) -> None:
    error = classify(RuntimeError(*arguments), "sp_mi_finish")
    assert error.sqlstate == ""
    assert "no SQLSTATE" in error.message
