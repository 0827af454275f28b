"""Many requests, three nodes, eight submitters: every one in comes out, once; and the plans at a million rows."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import chaos_his as his
from chaos_processes import Fleet, SimulatorProcess
from chaos_site import Site
from mi_bridge.resources import folder
from mi_bridge.store.driver import load_pyodbc

Figures = Callable[[str], None]
_SUBMITTERS, _NODES = 8, 3
_QUEUED = 600
_MEASURED = 150
_BIG = frozenset({"medical_insurance_requests", "medical_insurance_responses", "medical_insurance_attempts"})
_SHORT = "medical_insurance_"
# what is asserted leaves room for a machine with other work to do; the ratio is printed
_SLOWER_AT_MOST = 2.0


@pytest.mark.parametrize("requests", [3_000, pytest.param(100_000, marks=pytest.mark.chaos)])
@pytest.mark.timeout(1800)
def test_what_goes_in_comes_out_once(
    requests: int,
    hospital_database: str,
    tmp_path: Path,
    fleet: Fleet,
    platform: SimulatorProcess,
    figures: Figures,
) -> None:
    # the times of a site: nothing here is about lost answers
    site = Site(hospital_database, tmp_path, fleet, platform, folder("config") / "profiles" / "demo.toml")
    for _ in range(_NODES):
        site.start(hurry=None, lease_s=30, renew_s=10)
    began = time.monotonic()

    with his.Submitters(
        site.database, _SUBMITTERS, each=requests // _SUBMITTERS, seed=requests
    ) as submitters:
        tally = submitters.finish(1500)
    submitted_s = time.monotonic() - began
    statuses = site.rest(900)
    seconds = time.monotonic() - began

    result = site.audit(list(tally.accepted.values()))
    figures(
        f"{_SUBMITTERS} submitters, {_NODES} nodes: submitted in {submitted_s:.1f} s, done in {seconds:.1f} s"
        f" ({requests / seconds:.0f}/s); errors at HIS {len(tally.codes) + len(tally.interruptions)},"
        f" slowest submit {tally.slowest_s * 1000:.0f} ms; {result.figures()}"
    )
    result.demand()
    assert len(set(tally.accepted.values())) == result.requests == requests
    assert tally.codes + tally.interruptions == []
    assert set(statuses) == {"COMPLETED"}


@pytest.fixture(
    params=[50_000, pytest.param(1_000_000, marks=pytest.mark.chaos)], ids=lambda rows: f"{rows}-rows"
)
def full(
    request: pytest.FixtureRequest, new_database: Callable[..., str], chaos_template: str
) -> Iterator[Connection]:
    """A database with many finished requests."""
    connection = Connection(new_database(chaos_template))
    connection.fill(request.param)
    connection.queue()
    yield connection
    connection.close()


@pytest.fixture
def empty(hospital_database: str) -> Iterator[Connection]:
    """A database with no finished requests, and the same queue."""
    connection = Connection(hospital_database)
    connection.queue()
    yield connection
    connection.close()


class Connection:
    """Calls the bridge's routines and watches the plans they run by.

    The plans are those of ``auto_explain``: of the statements inside the routines, as executed, with their own parameters and
    after plpgsql has cached them. Nothing is copied out of the routines.
    """

    def __init__(self, database: str) -> None:
        self._connection = load_pyodbc().connect(database, autocommit=True)
        self._numbers = iter(range(1, 1_000_000))

    def close(self) -> None:
        self._connection.close()

    def fill(self, rows: int) -> None:
        """Put finished requests into the tables, each with its attempt and its answer."""
        source = f"FROM generate_series(1, {rows}) AS n"
        self._connection.execute(
            "INSERT INTO medical_insurance_requests (interface_code, input_data, money_class, queue_rank, order_key, status,"
            " create_time, update_time, expires_at, business_key, epoch, sends, tries) "
            "SELECT CASE WHEN n % 2 = 0 THEN '1101' ELSE '2102' END, '{\"psn_no\": \"1\"}', CASE WHEN n % 2 = 0 THEN 'Q' ELSE 'M' END,"
            " n, CASE WHEN n % 2 = 1 THEN 'P:' || n % 40000 END, 'COMPLETED', now() - n * interval '1 second',"
            f" now() - n * interval '1 second', now() + interval '1 day', 'B' || n, 1, 1, 1 {source}"
        )
        self._connection.execute(
            "INSERT INTO medical_insurance_responses (request_id, response_data, infcode, outcome, msgid, create_time) "
            f"SELECT n, '{{}}', '0', 'OK', 'm' || n, now() {source}"
        )
        self._connection.execute(
            "INSERT INTO medical_insurance_attempts"
            " (request_id, epoch, msgid, node_id, body_hash, create_time, answer_time, outcome) "
            f"SELECT n, 1, 'm' || n, 'n1', repeat('a', 64), now(), now(), 'OK' {source}"
        )

    def queue(self) -> None:
        """Put requests into the queue."""
        for number in range(_QUEUED):
            content = his.purchase(his.citizen(1 + number))
            self.call(
                "CALL sp_medical_insurance_call('2102', ?, NULL, timeout => 86400)", json.dumps(content)
            )
        # full or empty, the planner knows it
        self._connection.execute("VACUUM ANALYZE")

    def watch(self) -> None:
        """Have every plan told from now on."""
        self._connection.execute("LOAD 'auto_explain'")
        for setting in ("log_min_duration = 0", "log_nested_statements = on", "log_format = 'json'"):
            self._connection.execute(f"SET auto_explain.{setting}")
        self._connection.execute("SET client_min_messages = log")

    def call(self, text: str, *parameters: Any) -> list[Any]:
        """Call and return the rows."""
        cursor = self._connection.execute(text, *parameters)
        return list(cursor.fetchall())

    def plans(self, text: str, *parameters: Any) -> tuple[list[Any], list[dict[str, Any]]]:
        """Call and return the rows and every node of every plan."""
        cursor = self._connection.execute(text, *parameters)
        rows = list(cursor.fetchall())
        # the driver cuts a long message into several
        told = "".join(message for _, message in cursor.messages)
        decoder = json.JSONDecoder()
        trees = [decoder.raw_decode(part)[0]["Plan"] for part in told.split("plan:\n")[1:]]
        return rows, [node for tree in trees for node in _nodes(tree)]

    def claim(self) -> list[Any]:
        """Claim one request."""
        return self.call("SELECT * FROM sp_mi_claim('n1', 1, 30, 0, 2, 0)")

    def intent(self, row: Any) -> str:
        """Return the item of a claimed row's intent."""
        number = next(self._numbers)
        return json.dumps(
            [{"request_id": row[0], "epoch": row[1], "msgid": f"i{number}", "body_hash": "a" * 64}]
        )

    def completion(self, intent: str) -> str:
        """Return the item that completes an intent."""
        answer = {
            "status": "COMPLETED",
            "delay_ms": 0,
            "outcome": "OK",
            "infcode": "0",
            "response_data": "{}",
        }
        return json.dumps([{**json.loads(intent)[0], **answer}])


def _nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for child in tree.get("Plans", []):
        yield from _nodes(child)


def _indexes(nodes: list[dict[str, Any]]) -> set[str]:
    named = {node["Index Name"] for node in nodes if "Index Name" in node}
    arbiters = {name for node in nodes for name in node.get("Conflict Arbiter Indexes", [])}
    return {re.sub(_SHORT, "", name) for name in named | arbiters}


def _scanned(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & _BIG


_CLAIM = "SELECT * FROM sp_mi_claim('n1', 5, 30, 0, 2, 0)"
_SUBMIT = "CALL sp_medical_insurance_call('2102', ?, NULL, business_key => ?)"
_BEGIN = "SELECT * FROM sp_mi_begin_send('n1', 30, ?)"
_FINISH = "SELECT * FROM sp_mi_finish('n1', ?)"
_RESULT = "SELECT * FROM v_medical_insurance_result WHERE request_id = ?"
_RESCUE = "SELECT * FROM sp_mi_rescue('n2', 5, 300, 5)"
_UNCERTAIN = "SELECT * FROM sp_mi_claim_uncertain('n1', 20, 30)"


@pytest.mark.timeout(900)
def test_every_call_reads_by_its_index(full: Connection, figures: Figures) -> None:
    full.watch()
    content = json.dumps(his.purchase(his.citizen(998)))
    seen: dict[str, set[str]] = {}
    scanned: dict[str, set[str]] = {}

    def look(name: str, text: str, *parameters: Any) -> list[Any]:
        rows, nodes = full.plans(text, *parameters)
        assert nodes, "auto_explain told nothing"
        seen.setdefault(name, set()).update(_indexes(nodes))
        scanned.setdefault(name, set()).update(_scanned(nodes))
        return rows

    # more often than plpgsql looks before it keeps a plan for good
    for number in range(8):
        row = look("claim", _CLAIM)[0]
        intent = full.intent(row)
        look("begin_send", _BEGIN, intent)
        assert look("finish", _FINISH, full.completion(intent))[0][0] == row[0]
        look("submit", _SUBMIT, content, f"new-{number}")
        look("submit again", _SUBMIT, content, f"new-{number}")
        assert look("result", _RESULT, row[0])[0][3] == "COMPLETED"
        look("rescue", _RESCUE)
        look("resolve", _UNCERTAIN)

    figures("; ".join(f"{name}: {', '.join(sorted(found))}" for name, found in seen.items()))
    assert {name: tables for name, tables in scanned.items() if tables} == {}
    assert seen["claim"] >= {"ix_requests_queue", "pk_requests"}
    # by number, or by the index of the few that are leased
    assert seen["begin_send"] & {"pk_requests", "ix_requests_lease"}
    assert seen["finish"] >= {"pk_requests", "ux_attempts_msgid"}
    assert seen["submit"] >= {"ux_requests_business"}
    assert seen["submit again"] >= {"ux_requests_business"}
    assert seen["result"] >= {"pk_requests", "ux_responses_request"}


@pytest.mark.timeout(900)
def test_a_claim_takes_no_longer_however_much_is_finished(
    full: Connection, empty: Connection, figures: Figures
) -> None:
    content = json.dumps(his.purchase(his.citizen(998)))
    times: dict[tuple[str, str], list[float]] = {}

    def timed(name: str, place: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = work()
        times.setdefault((name, place), []).append((time.perf_counter() - began) * 1000)
        return result

    # turn and turn about, so that whatever else the machine does strikes both
    for _ in range(_MEASURED):
        for place, where in (("full", full), ("empty", empty)):
            [row] = timed("claim", place, where.claim)
            intent = where.intent(row)
            timed("begin_send", place, lambda: where.call(_BEGIN, intent))  # noqa: B023 - called at once
            timed("finish", place, lambda: where.call(_FINISH, where.completion(intent)))  # noqa: B023 - called at once
            timed("submit", place, lambda: where.call(_SUBMIT, content, None))  # noqa: B023 - called at once
            timed("result", place, lambda: where.call(_RESULT, row[0]))  # noqa: B023 - called at once

    medians = {key: statistics.median(taken) for key, taken in times.items()}
    names = [name for name, place in medians if place == "full"]
    ratios = {name: medians[name, "full"] / medians[name, "empty"] for name in names}
    figures(
        "; ".join(
            f"{name} {medians[name, 'full']:.2f} ms, empty {medians[name, 'empty']:.2f} ms, ratio {ratios[name]:.2f}"
            for name in names
        )
    )
    assert ratios["claim"] < _SLOWER_AT_MOST
