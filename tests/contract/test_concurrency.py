"""Many at once: each request claimed once, and HIS sees no error of ours."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim, RescuePatience

CALL = "CALL sp_medical_insurance_call('2207', ?)"
EACH = 60


@pytest.fixture
def installed(own_copy: str) -> str:
    """A database of the test's own: a table is made in it."""
    return own_copy


def together(works: Sequence[Callable[[], None]]) -> None:
    """Run all at once; raise what any of them raised."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def carry(store: OdbcStore, node: str, requests: list[ClaimedRequest]) -> None:
    """Send and finish, as a node would."""
    intents = [Intent(request.lease, f"m{request.msgid_number}", "a" * 64) for request in requests]
    held = store.begin_send(node, 30, intents)
    store.renew(node, 30, [request.lease for request in requests])
    done = [
        Completion(request.lease, Status.COMPLETED, Attempt(f"m{request.msgid_number}", "a" * 64, Outcome.OK))
        for request in requests
        if request.request_id in held
    ]
    store.finish(node, done)
    store.rescue(node, RescuePatience(5))


def test_each_request_is_claimed_once_and_in_its_keys_order(
    his: Any, installed: str, connect: Callable[..., Any]
) -> None:
    submitting = 4
    claimed: list[Lease] = []
    left = threading.Semaphore(0)
    done = threading.Event()

    def submit(place: int) -> None:
        connection = load_pyodbc().connect(installed, autocommit=True)
        for turn in range(EACH):
            person = (place * EACH + turn) % 17
            connection.execute(CALL, f'{{"psn_no": "{person}", "desk": "{place}"}}').fetchone()
        connection.close()
        left.release()

    def work(node: str) -> None:
        store = OdbcStore(connect(greeting=("sp_mi_attend", node)))
        while not done.is_set():
            requests = store.claim(Claim(node, 7, wait_ms=50))
            claimed.extend(request.lease for request in requests)
            carry(store, node, requests)
            if len(claimed) >= submitting * EACH:
                done.set()

    together(
        [partial(submit, place) for place in range(submitting)]
        + [partial(work, f"n{node}") for node in range(4)]
    )
    assert Counter(claimed).most_common(1)[0][1] == 1
    assert {lease.epoch for lease in claimed} == {1}
    rows = his.execute("SELECT status, count(*) FROM medical_insurance_requests GROUP BY status").fetchall()
    assert [tuple(row) for row in rows] == [("COMPLETED", submitting * EACH)]
    # what two desks hand in at the same time has no order but the database's; what one hands in has
    out_of_order = his.execute(
        "SELECT count(*) FROM medical_insurance_requests AS a JOIN medical_insurance_attempts AS x USING (request_id) "
        "JOIN medical_insurance_requests AS b ON b.order_key = a.order_key AND b.request_id > a.request_id "
        "AND b.input_data::jsonb ->> 'desk' = a.input_data::jsonb ->> 'desk' "
        "JOIN medical_insurance_attempts AS y ON y.request_id = b.request_id "
        "WHERE x.attempt_id > y.attempt_id"
    ).fetchone()[0]
    assert out_of_order == 0
    msgids = his.execute("SELECT count(*), count(DISTINCT msgid) FROM medical_insurance_attempts").fetchone()
    assert msgids[0] == msgids[1] == submitting * EACH


def test_eight_submitters_in_transactions_see_no_error(
    his: Any, installed: str, connect: Callable[..., Any]
) -> None:
    his.execute("CREATE TABLE bill (bill_id bigint PRIMARY KEY, result_id bigint)")
    finished = threading.Event()
    submitters = 8
    ended: list[int] = []

    def submit(place: int) -> None:
        connection = load_pyodbc().connect(installed)
        for turn in range(20):
            number = connection.execute(CALL, f'{{"psn_no": "{turn % 5}"}}').fetchone()[0]
            connection.execute("INSERT INTO bill VALUES (?, ?)", place * 1_000 + turn, number)
            if turn % 4 == 0:
                connection.execute(f"CALL sp_medical_insurance_cancel({number})").fetchone()
            connection.rollback() if turn % 5 == 0 else connection.commit()
            connection.execute(f"CALL sp_medical_insurance_cancel({number})").fetchone()
            connection.commit()
        connection.close()
        ended.append(place)
        if len(ended) == submitters:
            finished.set()

    def work(node: str) -> None:
        store = OdbcStore(connect(greeting=("sp_mi_attend", node)))
        while not finished.is_set():
            carry(store, node, store.claim(Claim(node, 10, wait_ms=20)))

    together(
        [partial(submit, place) for place in range(submitters)]
        + [partial(work, f"n{node}") for node in range(3)]
    )
    assert sorted(ended) == list(range(submitters))
    assert his.execute("SELECT count(*) FROM bill").fetchone()[0] == submitters * 16
    assert his.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0] == submitters * 16
    assert his.execute("SELECT count(*) FROM medical_insurance_error_log").fetchone()[0] == 0


def test_a_transaction_of_his_held_open_stops_nobody(his: Any, connect: Callable[..., Any]) -> None:
    his.autocommit = False
    his.execute(CALL, '{"psn_no": "1"}').fetchone()
    store = OdbcStore(connect())
    other = load_pyodbc().connect(connect()._connection_string, autocommit=True)
    number = other.execute(CALL, '{"psn_no": "1"}').fetchone()[0]
    assert [request.request_id for request in store.claim(Claim("n1", 10))] == [number]
    assert store.rescue("n1", RescuePatience(5)) == []
    other.close()
    his.commit()
    assert store.claim(Claim("n1", 10)) == []
