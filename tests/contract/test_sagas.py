"""Sagas in the database: leased, moved under a fence, and never moved wrongly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from hospitals import REGISTRATION
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.saga import Advance
from mi_bridge.domain.saga_status import Direction, SagaStatus
from mi_bridge.domain.status import Status
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim
from saga_desk import SagaDesk
from saga_play import NODE, VISIT, answer, one, started, step


@pytest.fixture
def store(connect: Callable[..., DatabaseConnection]) -> OdbcSagaStore:
    made = OdbcSagaStore(connect())
    made.sync_sagas([VISIT], ())
    return made


@pytest.fixture
def desk(installed: str) -> Iterator[SagaDesk]:
    with SagaDesk(installed) as opened:
        yield opened


@pytest.fixture
def requests(connect: Callable[..., DatabaseConnection]) -> OdbcStore:
    return OdbcStore(connect())


def test_a_claim_brings_everything_a_node_needs(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    number = started(store, desk)
    assert store.claim_sagas(NODE, 10, 30) == []
    request_id = answer(requests)
    saga = one(store)
    assert (saga.saga_id, saga.epoch, saga.status, saga.direction) == (
        number,
        2,
        SagaStatus.RUNNING,
        Direction.FORWARD,
    )
    assert (saga.definition, saga.digest, saga.input_data) == (VISIT.text, VISIT.digest, '{"psn_no":"P1"}')
    [record] = saga.records
    assert (record.code, record.request_id, record.succeeded, record.answer) == (
        "reg",
        request_id,
        True,
        '{"infcode":0}',
    )
    assert store.claim_sagas("n2", 10, 30) == []


def test_a_dead_holders_saga_is_taken_up_and_the_dead_one_is_fenced(
    store: OdbcSagaStore, desk: SagaDesk
) -> None:
    desk.submit("visit", '{"psn_no":"P1"}')
    old = store.claim_sagas("dead", 10, 0)[0]
    new = one(store, "n2")
    assert new.epoch == old.epoch + 1
    assert not store.advance_saga("dead", old, Advance(SagaStatus.RUNNING, step(1))).moved
    assert store.advance_saga("n2", new, Advance(SagaStatus.RUNNING, step(1))).moved
    assert not store.advance_saga("n2", new, Advance(SagaStatus.RUNNING, step(1))).moved
    assert [code for code, *_ in desk.requests(new.saga_id)] == [REGISTRATION]


def test_a_step_is_submitted_as_an_ordinary_request(store: OdbcSagaStore, desk: SagaDesk) -> None:
    number = desk.submit(
        "visit", "{}", priority=2, timeout=60, org_code="H99010100001", insuplc_admdvs="990101", opter="o1", opter_name="甲", opter_type="1"
    )  # fmt: skip
    assert store.advance_saga(NODE, one(store), Advance(SagaStatus.RUNNING, step(1))).moved
    row = desk.sql.execute(
        "SELECT business_key, input_data, priority, timeout_seconds, max_retry_count, org_code, insuplc_admdvs, opter, opter_name,"
        " opter_type, order_key FROM medical_insurance_requests"
    ).fetchone()
    assert tuple(row) == (
        f"saga:{number}:reg:forward", '{"psn_no":"P1","n":1.50}', 2, 60, 3, "H99010100001", "990101", "o1", "甲", "1", "P:P1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("watched", "advance"),
    [
        ("", Advance(SagaStatus.COMPLETED)),
        ("", Advance(SagaStatus.WAITING, keep=True)),
        ("", Advance(SagaStatus.RUNNING)),
        ("", Advance(SagaStatus.RUNNING, step(1, Direction.BACK))),
        ("", Advance(SagaStatus.COMPENSATING, step(1))),
        ("PENDING", Advance(SagaStatus.RUNNING, step(2))),
        ("PENDING", Advance(SagaStatus.COMPLETED)),
        ("PENDING", Advance(SagaStatus.COMPENSATED)),
        ("PENDING", Advance(SagaStatus.COMPENSATING, step(1, Direction.BACK))),
        ("PENDING", Advance(SagaStatus.MANUAL)),
        ("REFUSED", Advance(SagaStatus.RUNNING, step(2))),
        ("REFUSED", Advance(SagaStatus.COMPLETED)),
        ("UNCERTAIN", Advance(SagaStatus.RUNNING, step(2))),
        ("UNCERTAIN", Advance(SagaStatus.COMPENSATED)),
        ("UNCERTAIN", Advance(SagaStatus.COMPENSATING, step(1, Direction.BACK))),
        ("UNCERTAIN", Advance(SagaStatus.MANUAL)),
    ],
)
def test_the_database_refuses_an_illegal_move(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore, watched: str, advance: Advance
) -> None:
    number = started(store, desk) if watched else desk.submit("visit", "{}")
    if watched == "REFUSED":
        answer(requests, outcome=Outcome.REFUSED)
    if watched == "UNCERTAIN":
        answer(requests, Status.UNCERTAIN, Outcome.UNKNOWN)
    if watched == "PENDING":
        desk.sql.execute("UPDATE medical_insurance_sagas SET due_at = now()")
    saga = one(store)
    before = desk.requests(number)
    assert not store.advance_saga(NODE, saga, advance).moved
    assert desk.status(number) == "RUNNING"
    assert desk.requests(number) == before


def test_what_turned_back_never_goes_forward(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    started(store, desk)
    answer(requests)
    assert store.advance_saga(
        NODE, one(store), Advance(SagaStatus.COMPENSATING, step(1, Direction.BACK))
    ).moved
    answer(requests)
    saga = one(store)
    assert not store.advance_saga(NODE, saga, Advance(SagaStatus.RUNNING, step(2))).moved
    assert not store.advance_saga(NODE, saga, Advance(SagaStatus.COMPLETED)).moved
    assert store.advance_saga(NODE, saga, Advance(SagaStatus.COMPENSATED)).moved
    assert store.claim_sagas(NODE, 10, 30) == []


def test_a_compensation_does_not_lapse(store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore) -> None:
    number = started(store, desk)
    answer(requests)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.COMPENSATING, step(1, Direction.BACK, 2)))
    row = desk.sql.execute(
        "SELECT timeout_seconds, max_retry_count, business_key FROM medical_insurance_requests ORDER BY request_id DESC LIMIT 1"
    ).fetchone()
    assert tuple(row) == (86400, 20, f"saga:{number}:reg:back:2")


def test_a_request_that_is_not_taken_moves_nothing(store: OdbcSagaStore, desk: SagaDesk) -> None:
    number = desk.submit("visit", "{}")
    desk.sql.execute(
        "UPDATE medical_insurance_interfaces SET enabled = 0 WHERE interface_code = ?", REGISTRATION
    )
    saga = one(store)
    moved = store.advance_saga(NODE, saga, Advance(SagaStatus.RUNNING, step(1)))
    desk.sql.execute(
        "UPDATE medical_insurance_interfaces SET enabled = 1 WHERE interface_code = ?", REGISTRATION
    )
    assert (moved.moved, moved.error_code) == (False, -1006)
    assert desk.see(number).steps == ()
    store.release_saga(NODE, saga, 0)
    assert one(store).saga_id == number


def test_what_is_due_at_once_is_found_at_once(store: OdbcSagaStore, desk: SagaDesk) -> None:
    # the time it is due is kept in whole milliseconds: of a finer clock half of these would be early
    number = desk.submit("visit", "{}")
    for _ in range(50):
        saga = one(store)
        assert saga.saga_id == number
        store.release_saga(NODE, saga, 0)


def test_a_released_saga_waits_for_its_delay_or_its_step(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    desk.submit("visit", "{}")
    store.release_saga(NODE, one(store), 60_000)
    assert store.claim_sagas(NODE, 10, 30) == []
    desk.sql.execute("UPDATE medical_insurance_sagas SET due_at = now()")
    assert store.advance_saga(NODE, one(store), Advance(SagaStatus.RUNNING, step(1))).moved
    answer(requests)
    store.release_saga(NODE, one(store), 0)
    assert one(store).saga_id


def test_it_waits_out_doubt(store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore) -> None:
    number = started(store, desk)
    request_id = answer(requests, Status.UNCERTAIN, Outcome.UNKNOWN)
    assert store.advance_saga(NODE, one(store), Advance(SagaStatus.WAITING, keep=True)).moved
    assert store.claim_sagas(NODE, 10, 30) == []
    assert desk.see(number).advice.startswith(f"步骤请求 {request_id} 结果不确定")
    assert desk.wait(number, 0)[1] == -1009
    desk.sql.execute("UPDATE medical_insurance_requests SET status = 'MANUAL'")
    assert store.claim_sagas(NODE, 10, 30) == []
    assert desk.see(number).advice.startswith(f"步骤请求 {request_id} 等待人工核实")
    desk.sql.execute("CALL sp_medical_insurance_resolve(?, 'EFFECTIVE', '张', '查到')", request_id)
    saga = one(store)
    assert saga.records[0].succeeded
    assert store.advance_saga(NODE, saga, Advance(SagaStatus.RUNNING, step(2))).moved
    assert desk.status(number) == "RUNNING"


def test_a_compensation_a_person_must_verify_lists_the_saga(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    number = started(store, desk)
    answer(requests)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.COMPENSATING, step(1, Direction.BACK)))
    request_id = answer(requests, Status.UNCERTAIN, Outcome.UNKNOWN)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.WAITING, keep=True))
    desk.sql.execute(
        "UPDATE medical_insurance_requests SET status = 'MANUAL' WHERE request_id = ?", request_id
    )
    assert store.advance_saga(
        NODE, one(store), Advance(SagaStatus.MANUAL, keep=True, error_code=-1009, error_message="撤销不确定")
    ).moved
    assert store.claim_sagas(NODE, 10, 30) == []
    assert desk.see(number).advice.startswith(f"撤销请求 {request_id} 等待人工核实")
    assert desk.resolve(number, "RETRY")[0] == -1004
    alerts = {
        row[0]: row[1]
        for row in desk.sql.execute("SELECT * FROM sp_check_medical_insurance_alerts()").fetchall()
    }
    assert alerts["SAGA_MANUAL"] == "CRITICAL"
    desk.sql.execute("CALL sp_medical_insurance_resolve(?, 'EFFECTIVE', '张', '查到')", request_id)
    assert store.advance_saga(NODE, one(store), Advance(SagaStatus.COMPENSATED)).moved
    assert desk.wait(number)[1:] == (-1004, "撤销不确定。已办步骤均已撤销，可以重新提交")


def test_the_claims_wait_ends_when_a_saga_is_due(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    threading.Timer(0.2, lambda: desk.submit("visit", "{}")).start()
    assert requests.claim(Claim(NODE, 10, wait_ms=60_000, step_ms=5)) == []
    assert one(store).code == "visit"


def test_a_hundred_sagas_of_two_nodes_are_each_moved_once(
    store: OdbcSagaStore, desk: SagaDesk, connect: Callable[..., DatabaseConnection]
) -> None:
    numbers = [desk.submit("visit", "{}") for _ in range(100)]
    moved: list[int] = []

    def work(node: str) -> None:
        own = OdbcSagaStore(connect())
        while sagas := own.claim_sagas(node, 7, 30):
            moved.extend(
                saga.saga_id
                for saga in sagas
                if own.advance_saga(node, saga, Advance(SagaStatus.RUNNING, step(1))).moved
            )

    threads = [threading.Thread(target=work, args=(name,)) for name in ("n1", "n2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(moved) == numbers
    assert desk.sql.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0] == 100
