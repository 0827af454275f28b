"""The plans that keep the promises of speed: by index, whatever has piled up behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mi_bridge.resources import folder
from mi_bridge.store.driver import load_pyodbc

FINISHED, QUEUED = 20_000, 1_000


@pytest.fixture(scope="module")
def full(
    new_database: Callable[..., str], template: str, drop_database: Callable[[str], None]
) -> Iterator[Any]:
    """A database with many finished requests and some queued ones."""
    connection_string = new_database(template)
    connection = load_pyodbc().connect(connection_string, autocommit=True)
    connection.execute(
        "INSERT INTO medical_insurance_requests (interface_code, input_data, money_class, queue_rank, order_key, status, "
        "create_time, update_time, expires_at, business_key) "
        "SELECT '1101', '{}', 'Q', n, CASE WHEN n % 2 = 0 THEN 'P:' || n END, "
        f"CASE WHEN n <= {FINISHED} THEN 'COMPLETED' ELSE 'PENDING' END, "
        "now(), now(), now() + interval '1 day', 'B' || n "
        f"FROM generate_series(1, {FINISHED + QUEUED}) AS n"
    )
    connection.execute(
        "INSERT INTO medical_insurance_responses (request_id, response_data, outcome, create_time) "
        "SELECT request_id, '{}', 'OK', now() FROM medical_insurance_requests WHERE status = 'COMPLETED'"
    )
    connection.execute(
        "INSERT INTO medical_insurance_attempts (request_id, epoch, msgid, node_id, body_hash, create_time) "
        "SELECT request_id, 1, 'm' || request_id, 'n1', repeat('a', 64), now() FROM medical_insurance_requests "
        "WHERE status = 'COMPLETED'"
    )
    connection.execute("ANALYZE")
    yield connection
    connection.close()
    drop_database(connection_string)


def plan(connection: Any, query: str) -> dict[str, Any]:
    text = connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchone()[0]
    found: dict[str, Any] = json.loads(text)[0]["Plan"]
    return found


def nodes(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield found
    for child in found.get("Plans", []):
        yield from nodes(child)


def indexes(found: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in nodes(found) if "Index Name" in node}


def scanned(found: dict[str, Any]) -> set[str]:
    return {node["Relation Name"] for node in nodes(found) if node["Node Type"] == "Seq Scan"}


def inner(routine: str, begins: str) -> str:
    """Cut a statement out of a routine's source, its variables made values."""
    source = (folder("sql") / "postgresql" / "routines" / f"{routine}.sql").read_text("utf-8")
    start = source.index(begins)
    depth, end = 0, start
    while source[end] != ";" and depth >= 0:
        depth += {"(": 1, ")": -1}.get(source[end], 0)
        end += 1
    query = source[start : end if depth >= 0 else end - 1]
    values = {
        "v_full_orgs": "NULL::varchar[]", "v_full_codes": "NULL::varchar[]", "v_floor": "0", "p_floor_rank": "0",
        "p_capacity": "200", "v_now": "now()", "p_request_id": "7",
        "p_node_id": "'n1'", "v_node": "'n2'",
    }  # fmt: skip
    return re.sub(r"\b[vp]_\w+\b", lambda name: values.get(name[0], name[0]), query)


def test_the_claim_reads_the_queue_from_its_head(full: Any) -> None:
    found = plan(
        full, inner("sp_mi_claim", "SELECT r.request_id FROM public.medical_insurance_requests AS r")
    )
    assert "ix_medical_insurance_requests_queue" in indexes(found)
    assert scanned(found) == set()
    assert "Sort" not in {node["Node Type"] for node in nodes(found)}


def test_waiting_for_work_looks_at_the_queue_alone(full: Any) -> None:
    found = plan(full, inner("sp_mi_has_work", "SELECT 1 FROM public.medical_insurance_requests AS r"))
    assert scanned(found) == set()


@pytest.mark.parametrize(
    ("begins", "index"),
    [
        (
            "SELECT l.request_id FROM public.medical_insurance_requests AS l",
            "ix_medical_insurance_requests_lease",
        ),
        (
            "SELECT p.request_id FROM public.medical_insurance_requests AS p",
            "ix_medical_insurance_requests_expiry",
        ),
    ],
)
def test_the_rescue_does_not_wade_through_what_is_finished(full: Any, begins: str, index: str) -> None:
    found = plan(full, inner("sp_mi_rescue", begins))
    assert indexes(found) == {index}


def test_the_resolver_finds_what_is_due_without_wading(full: Any) -> None:
    found = plan(
        full,
        inner("sp_mi_claim_uncertain", "SELECT r.request_id FROM public.medical_insurance_requests AS r"),
    )
    # both hold only what is unresolved; which one is read depends on how little that is
    unresolved = {"ix_medical_insurance_requests_resolve", "ix_medical_insurance_requests_unresolved"}
    assert indexes(found) <= unresolved
    assert scanned(found) == set()


def test_the_dead_are_looked_for_among_what_is_leased(full: Any) -> None:
    begins = "SELECT r.node_id FROM public.medical_insurance_requests AS r"
    found = plan(full, inner("sp_mi_bury", begins).split("LOOP")[0])
    assert scanned(found) == set()
    assert "ix_medical_insurance_requests_lease" in indexes(found)


def test_a_result_is_found_by_its_number(full: Any) -> None:
    found = plan(full, "SELECT * FROM v_medical_insurance_result WHERE request_id = 17")
    assert indexes(found) >= {"pk_medical_insurance_requests", "ux_medical_insurance_responses_request"}
    assert scanned(found) <= {"medical_insurance_interfaces"}


def test_a_business_key_is_found_by_its_index(full: Any) -> None:
    found = plan(
        full,
        "SELECT request_id FROM medical_insurance_requests "
        "WHERE org_code = '' AND interface_code = '1101' AND business_key = 'B17'",
    )
    assert indexes(found) == {"ux_medical_insurance_requests_business"}


def test_attempts_are_found_by_msgid_and_by_request(full: Any) -> None:
    by_msgid = plan(full, "SELECT 1 FROM medical_insurance_attempts WHERE msgid = 'm17'")
    assert indexes(by_msgid) == {"ux_medical_insurance_attempts_msgid"}
    by_request = plan(full, "SELECT * FROM v_medical_insurance_attempts WHERE request_id = 17")
    assert "ix_medical_insurance_attempts_request" in indexes(by_request)


@pytest.mark.parametrize("view", ["uncertain", "manual", "blocked", "queue", "stuck"])
def test_lists_people_watch_do_not_scan_what_is_finished(full: Any, view: str) -> None:
    assert "medical_insurance_requests" not in scanned(
        plan(full, f"SELECT * FROM v_medical_insurance_{view}")
    )


def buffers(connection: Any, query: str) -> int:
    rows = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}").fetchone()[0]
    top = json.loads(rows)[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


def test_calls_touch_few_pages_however_much_is_finished(full: Any) -> None:
    pages = int(
        full.execute("SELECT relpages FROM pg_class WHERE relname = 'medical_insurance_requests'").fetchone()[
            0
        ]
    )
    for call in (
        "sp_mi_has_work(0)",
        "sp_mi_rescue('n1', 5, 300, 5)",
        "sp_mi_claim_uncertain('n1', 20, 90)",
        "sp_mi_claim('n1', 1, 30, 0, 2, 0)",
        "sp_mi_peek(17)",
    ):
        buffers(full, f"SELECT * FROM {call}")
        assert buffers(full, f"SELECT * FROM {call}") < pages, call


def test_what_is_divided_is_looked_for_among_what_is(full: Any) -> None:
    begins = "SELECT r.request_id, r.status\n    FROM public.medical_insurance_requests AS r\n    WHERE r.status = 'DIVIDED'"
    found = plan(full, inner("sp_mi_rescue", begins))
    assert indexes(found) >= {"ix_medical_insurance_requests_divided", "ux_medical_insurance_requests_part"}
    assert scanned(found) == set()


def test_the_parts_of_a_request_are_found_by_its_number(full: Any) -> None:
    found = plan(full, "SELECT * FROM v_medical_insurance_parts WHERE request_id = 17")
    assert "ux_medical_insurance_requests_part" in indexes(found)
    assert scanned(found) == set()


def filled_in(routine: str, begins: str, **values: str) -> str:
    """Cut a statement out of a routine's source, with values of the test's own."""
    query = inner(routine, begins)
    return re.sub(r"\b[vp]_\w+\b", lambda name: values.get(name[0], name[0]), query)


def test_settlements_are_read_out_of_the_newest_answers_by_their_keys(full: Any) -> None:
    query = filled_in(
        "sp_mi_settlement_answers", "SELECT v_after", v_after="19000", v_upto="19500", p_codes="'[\"2207\"]'"
    )

    # as the routine has it set
    full.execute("SET enable_seqscan = off")
    found = plan(full, query)
    full.execute("RESET enable_seqscan")

    keys = {"pk_medical_insurance_responses", "pk_medical_insurance_requests"}
    assert keys <= indexes(found)
    assert not scanned(found) & {"medical_insurance_requests", "medical_insurance_responses"}


def test_a_days_settlements_are_found_by_the_platforms_time(full: Any) -> None:
    full.execute(
        "INSERT INTO medical_insurance_settlements (request_id, response_id, interface_code, org_code, kind, msgid, setl_id,"
        " setl_time, create_time) SELECT n, n, '2207', 'H', 'SETTLEMENT', 'm' || n, 's' || n,"
        " timestamp '2026-01-01' + n * interval '10 minutes', now() FROM generate_series(1, 20000) AS n"
    )
    full.execute("ANALYZE medical_insurance_settlements")
    day = {"p_begin": "timestamp '2026-03-01'", "p_end": "timestamp '2026-03-02'"}

    found = plan(full, filled_in("sp_mi_settlements", "SELECT s.request_id", **day))

    assert "ix_medical_insurance_settlements_time" in indexes(found)
    assert scanned(found) == set()
