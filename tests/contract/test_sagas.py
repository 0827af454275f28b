"""Sagas in the database: taken from HIS, leased, moved under a fence, shown, waited for, decided on."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hospitals import MONEY, NEVER, QUERY, REGISTRATION
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, Completion, Intent
from mi_bridge.domain.saga import Advance, ClaimedSaga, Compensation, NextStep, Step
from mi_bridge.domain.saga_definition import define
from mi_bridge.domain.saga_status import Direction, SagaStatus
from mi_bridge.domain.status import Status
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim
from saga_desk import SagaDesk

VISIT = define(
    "visit",
    "门诊",
    (
        Step("reg", REGISTRATION, {"psn_no": "${input.psn_no}"}, Compensation(NEVER, {"x": "1"})),
        Step("pay", MONEY, {"psn_no": "${input.psn_no}"}, Compensation(NEVER, {"x": "2"})),
    ),
)
NODE = "n1"


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


_msgids = itertools.count(1)


def answer(
    store: OdbcStore, status: Status = Status.COMPLETED, outcome: Outcome = Outcome.OK, **fields: Any
) -> int:
    """Work off the one waiting request."""
    [request] = store.claim(Claim(NODE, 10))
    attempt = Attempt(
        f"m{next(_msgids)}", "a" * 64, outcome, infcode="0", response_data='{"infcode":0}', **fields
    )
    store.begin_send(NODE, 30, [Intent(request.lease, attempt.msgid, attempt.body_hash)])
    assert store.finish(NODE, [Completion(request.lease, status, attempt)])
    return request.request_id


def step(order: int, direction: Direction = Direction.FORWARD, attempt: int = 1, **fields: Any) -> NextStep:
    known = VISIT.steps[order - 1]
    values = {"input_data": '{"psn_no":"P1","n":1.50}', **fields}
    return NextStep(order, known.code, direction, attempt, known.infno, **values)


def one(store: OdbcSagaStore, node: str = NODE) -> ClaimedSaga:
    [saga] = store.claim_sagas(node, 10, 30)
    return saga


def started(store: OdbcSagaStore, desk: SagaDesk) -> int:
    """Return a saga whose first step is under way."""
    number = desk.submit("visit", '{"psn_no":"P1"}')
    assert store.advance_saga(NODE, one(store), Advance(SagaStatus.RUNNING, step(1))).moved
    return number


def raised(desk: SagaDesk, *arguments: Any, **fields: Any) -> str:
    with pytest.raises(load_pyodbc().Error) as fault:
        desk.submit(*arguments, **fields)
    return str(fault.value)


@pytest.mark.parametrize(
    ("code", "content", "fields", "sqlstate", "words"),
    [
        ("", "{}", {}, "MI001", "saga_code：不能为空"),
        ("门诊", "{}", {}, "MI001", "saga_code：应为"),
        ("visit", "", {}, "MI001", "input_data：不能为空"),
        ("visit", "{", {}, "MI001", "不是有效的 JSON"),
        ("visit", "[]", {}, "MI001", "应为 JSON 对象"),
        ("visit", '"' + "x" * 2_000_000 + '"', {}, "MI001", "超过上限"),
        ("visit", "{}", {"timeout": 0, "priority": 10, "org_code": "x", "insuplc_admdvs": "1"}, "MI001", "timeout：应为"),
        ("visit", "{}", {"opter": "x" * 31, "opter_name": "x" * 51, "opter_type": "9"}, "MI001", "opter_type：应为"),
        ("visit", "{}", {"business_key": "x" * 65}, "MI001", "business_key：不能超过"),
        ("gone", "{}", {}, "MI006", "未知流程 gone"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_told_and_leaves_nothing(
    store: OdbcSagaStore,
    desk: SagaDesk,
    code: str,
    content: str,
    fields: dict[str, Any],
    sqlstate: str,
    words: str,
) -> None:
    message = raised(desk, code, content, **fields)
    assert sqlstate in message
    assert words in message
    assert desk.sql.execute("SELECT count(*) FROM medical_insurance_sagas").fetchone()[0] == 0


def test_it_is_queued_in_the_callers_transaction(store: OdbcSagaStore, installed: str) -> None:
    his = load_pyodbc().connect(installed, autocommit=False)
    his.execute("CALL sp_medical_insurance_saga(?, ?)", "visit", "{}").fetchone()
    assert store.claim_sagas(NODE, 10, 30) == []
    his.rollback()
    assert store.claim_sagas(NODE, 10, 30) == []
    his.execute("CALL sp_medical_insurance_saga(?, ?)", "visit", "{}").fetchone()
    his.commit()
    his.close()
    assert one(store).code == "visit"


def test_a_business_key_makes_it_idempotent(store: OdbcSagaStore, desk: SagaDesk) -> None:
    first = desk.submit("visit", '{"a":1}', business_key="bill-1")
    assert desk.submit("visit", '{"a":1}', business_key="bill-1") == first
    assert desk.submit("visit", '{"a":1}', business_key="bill-1", org_code="H99010100001") != first
    message = raised(desk, "visit", '{"a":2}', business_key="bill-1")
    assert "MI008" in message
    assert f"内容不同的流程 {first}" in message


def test_eight_submitters_of_one_key_get_one_saga(store: OdbcSagaStore, installed: str) -> None:
    numbers: list[int] = []

    def submit() -> None:
        with SagaDesk(installed) as desk:
            numbers.append(desk.submit("visit", "{}", business_key="bill-1"))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 8
    assert len(set(numbers)) == 1


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
    assert (moved.moved, moved.error_code) == (False, -1006)
    assert desk.see(number).steps == ()
    store.release_saga(NODE, saga, 0)
    assert one(store).saga_id == number


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


def test_a_person_decides_on_a_refused_compensation(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    number = started(store, desk)
    answer(requests)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.COMPENSATING, step(1, Direction.BACK)))
    answer(requests, outcome=Outcome.REFUSED)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.MANUAL, error_message="撤销被拒"))
    assert store.claim_sagas(NODE, 10, 30) == []
    assert "sp_medical_insurance_saga_resolve" in desk.see(number).advice
    assert desk.wait(number)[1] == -1009
    assert desk.resolve(number, "x", "", "")[0] == -1001
    assert desk.resolve(0, "DONE")[0] == -1001
    assert desk.resolve(number, "retry") == (0, "")
    saga = one(store)
    assert saga.records[-1].decision == "RETRY"
    assert store.advance_saga(NODE, saga, Advance(SagaStatus.COMPENSATING, step(1, Direction.BACK, 2))).moved
    answer(requests, outcome=Outcome.REFUSED)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.MANUAL))
    assert desk.resolve(number, "DONE") == (0, "")
    assert one(store).records[-1].decision == "DONE"
    audit = desk.sql.execute(
        "SELECT attempt, decision, operator, reason FROM medical_insurance_saga_decisions ORDER BY 1"
    ).fetchall()
    assert [tuple(row) for row in audit] == [
        (1, "RETRY", "张主任", "已核对"),
        (2, "DONE", "张主任", "已核对"),
    ]
    desk.sql.execute("UPDATE medical_insurance_sagas SET status = 'COMPENSATED'")
    assert "状态为 COMPENSATED" in desk.resolve(number, "DONE")[1]


def test_a_compensation_that_could_not_be_made_is_recorded_for_a_person(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    number = started(store, desk)
    answer(requests)
    lost = step(1, Direction.BACK, input_data=None)
    assert store.advance_saga(
        NODE, one(store), Advance(SagaStatus.MANUAL, lost, error_code=-1009, error_message="输入无法组成")
    ).moved
    line = desk.see(number)
    assert line.steps[-1] == ("reg", "BACK", 1, REGISTRATION, "ERROR")
    assert (line.status, line.error_message) == ("MANUAL", "输入无法组成")
    assert desk.resolve(number, "DONE") == (0, "")
    assert one(store).records[-1].decision == "DONE"


def test_his_waits_and_gets_the_last_answer(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore, installed: str
) -> None:
    number = started(store, desk)
    assert desk.wait(number, 0) == (None, -1005, "尚未完成：请稍后按流程编号查询")
    answer(requests)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.RUNNING, step(2)))
    answer(requests)
    store.advance_saga(NODE, one(store), Advance(SagaStatus.COMPLETED))
    assert desk.wait(number) == ('{"infcode":0}', 0, "")
    assert desk.wait(0)[1] == -1001
    his = load_pyodbc().connect(installed, autocommit=False)
    assert his.execute("CALL sp_medical_insurance_saga_wait(?)", number).fetchone()[1] == -1007
    his.close()


def test_versions_are_only_added_and_a_saga_keeps_its_own(store: OdbcSagaStore, desk: SagaDesk) -> None:
    first = desk.submit("visit", "{}")
    changed = define("visit", "门诊（新）", VISIT.steps[:1])
    other = define("other", "其他", (Step("a", QUERY, {}),))
    assert store.sync_sagas([changed, other], ()) == 2
    second = desk.submit("visit", "{}")
    held = {saga.saga_id: saga.digest for saga in store.claim_sagas(NODE, 10, 30)}
    assert held == {first: VISIT.digest, second: changed.digest}
    assert store.sync_sagas([changed, other], ()) == 0
    assert store.sync_sagas([other], ["visit"]) == 0
    assert desk.submit("visit", "{}")
    assert store.sync_sagas([other], ()) == 1
    assert "MI006" in raised(desk, "visit", "{}")
    assert store.sync_sagas([VISIT], ()) == 1
    assert desk.submit("visit", "{}")


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


def test_the_look_for_due_sagas_reads_two_small_indexes(
    store: OdbcSagaStore, desk: SagaDesk, requests: OdbcStore
) -> None:
    desk.sql.execute(
        "INSERT INTO medical_insurance_sagas (saga_code, definition_hash, input_data, status, create_time, update_time)"
        " SELECT 'visit', ?, '{}', 'COMPLETED', now(), now() FROM generate_series(1, 20000)",
        VISIT.digest,
    )
    started(store, desk)
    desk.sql.execute("ANALYZE medical_insurance_sagas")
    plan = plan_of(
        desk,
        "SELECT 1 FROM medical_insurance_sagas AS s JOIN medical_insurance_requests AS r ON r.request_id = s.watched_request_id"
        " WHERE s.watched_request_id IS NOT NULL AND s.due_at IS NULL AND r.status IN ('COMPLETED', 'ERROR')",
    )
    assert "ix_medical_insurance_sagas_watched" in plan
    plan = plan_of(
        desk,
        "SELECT 1 FROM medical_insurance_sagas AS s WHERE s.due_at IS NOT NULL AND s.due_at <= clock_timestamp()",
    )
    assert "ix_medical_insurance_sagas_due" in plan


def plan_of(desk: SagaDesk, statement: str) -> str:
    return json.dumps(json.loads(desk.sql.execute(f"EXPLAIN (FORMAT JSON) {statement}").fetchone()[0]))


def test_an_operator_lists_sagas_and_their_steps(
    store: OdbcSagaStore, desk: SagaDesk, connect: Callable[..., DatabaseConnection]
) -> None:
    number = started(store, desk)
    desk.submit("visit", "{}")
    rows = connect().call("sp_mi_sagas", "", "visit", None, 10)
    assert [(row[0], row[2], row[3]) for row in rows] == [
        (number + 1, "RUNNING", None),
        (number, "RUNNING", "reg"),
    ]
    assert connect().call("sp_mi_sagas", "MANUAL", "", None, 10) == []
    assert [row[0] for row in connect().call("sp_mi_sagas", "", "", number + 1, 10)] == [number]
    [row] = connect().call("sp_mi_saga_steps", number)
    assert tuple(row[:5]) == (1, "reg", "FORWARD", 1, REGISTRATION)
