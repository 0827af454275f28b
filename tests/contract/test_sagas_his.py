"""Sagas as people see them: taken from HIS, waited for, listed, decided on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hospitals import QUERY, REGISTRATION
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.saga import Advance, Step
from mi_bridge.domain.saga_definition import define
from mi_bridge.domain.saga_status import Direction, SagaStatus
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.store.odbc_store import OdbcStore
from saga_desk import SagaDesk
from saga_play import NODE, VISIT, answer, one, raised, started, step


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
        "SELECT 1 FROM medical_insurance_sagas AS s WHERE s.due_at IS NOT NULL AND s.due_at <= now()",
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
