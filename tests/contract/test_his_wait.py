"""The waiting procedures and the cancel, as HIS calls them on PostgreSQL: codes, never an error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Heartbeat, Intent
from mi_bridge.domain.status import Status
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim

V2 = "CALL sp_medical_insurance_call_v2"
WAIT = "CALL sp_medical_insurance_wait"
CANCEL = "CALL sp_medical_insurance_cancel"
ANSWER = '{"infcode": 0, "output": {"名": "𠮷"}}'
Answer = Callable[[ClaimedRequest], Completion]


@pytest.fixture
def installed(own_copy: str) -> str:
    """A database of the test's own: tables and routines are made in it."""
    return own_copy


def ok(request: ClaimedRequest) -> Completion:
    attempt = Attempt("m1", "a" * 64, Outcome.OK, infcode="0", response_data=ANSWER)
    return Completion(request.lease, Status.COMPLETED, attempt)


def error(request: ClaimedRequest) -> Completion:
    return Completion(request.lease, Status.ERROR, error_code=-1004, error_message="未能连接医保平台")


@pytest.fixture
def store(connect: Callable[..., Any]) -> OdbcStore:
    """A bridge that lives."""
    made = OdbcStore(connect())
    made.heartbeat(Heartbeat("n1", "host", 1, "0.1.0", "RUNNING"))
    return made


@contextmanager
def answering(store: OdbcStore, answer: Answer) -> Iterator[None]:
    """Claim one request and answer it while HIS waits."""

    def work() -> None:
        for request in store.claim(Claim("n1", 1, wait_ms=20_000)):
            store.finish("n1", [answer(request)])

    bridge = threading.Thread(target=work)
    bridge.start()
    yield
    bridge.join()


def number_of(his: Any, code: str = "1101") -> int:
    return int(his.execute("CALL sp_medical_insurance_call(?, '{}')", code).fetchone()[0])


def status_of(his: Any, number: int) -> str:
    return str(
        his.execute("SELECT status FROM medical_insurance_requests WHERE request_id = ?", number).fetchone()[
            0
        ]
    )


@pytest.mark.parametrize("bound", [False, True])
def test_v2_returns_the_answer(his: Any, store: OdbcStore, bound: bool) -> None:
    with answering(store, ok):
        if bound:
            row = his.execute(f"{V2}(?, ?, ?)", "1101", "{}", 20).fetchone()
        else:
            row = his.execute(f"{V2}('1101', '{{}}', timeout => 20)").fetchone()
    assert tuple(row) == (1, ANSWER, 0, "")


def test_v2_after_a_comment_and_in_a_script_block(his: Any, store: OdbcStore) -> None:
    with answering(store, ok):
        row = his.execute(f"/* HIS */ -- cashier\n {V2}('1101', '{{}}', 20)").fetchone()
    assert row[2] == 0
    with answering(store, ok):
        his.execute(
            "DO $$ DECLARE i bigint; r text; c integer; m varchar; BEGIN "
            f"{V2}('1101', '{{}}', 20, 3, i, r, c, m); ASSERT c = 0, c; END $$"
        )
    assert status_of(his, 2) == "COMPLETED"


def test_v2_tells_a_failure(his: Any, store: OdbcStore) -> None:
    with answering(store, error):
        row = his.execute(f"{V2}('1101', '{{}}', 20)").fetchone()
    assert tuple(row) == (1, None, -1004, "未能连接医保平台")


def test_v2_without_a_live_bridge_queues_nothing(his: Any) -> None:
    row = his.execute(f"{V2}('1101', '{{}}')").fetchone()
    assert tuple(row) == (None, None, -1002, "医保接口服务未运行：请联系信息科")
    assert his.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("code", "text", "expected", "words"),
    [
        ("", "{}", -1001, "interface_code：不能为空"),
        ("1101", "[]", -1001, "应为 JSON 对象"),
        ("4711", "{}", -1006, "未知接口 4711"),
        ("9001", "{}", -1006, "已停用"),
    ],
)
def test_v2_refuses_in_codes(
    his: Any, store: OdbcStore, code: str, text: str, expected: int, words: str
) -> None:
    row = his.execute(f"{V2}(?, ?, 1)", code, text).fetchone()
    assert (row[0], row[1], row[2]) == (None, None, expected)
    assert words in row[3]
    assert store.claim(Claim("n1", 1)) == []


def test_v2_tells_a_reused_business_key(his: Any, store: OdbcStore) -> None:
    with answering(store, ok):
        first = his.execute(f"{V2}('1101', '{{}}', 20, business_key => 'B')").fetchone()
    again = his.execute(f"{V2}('1101', '{{}}', 20, business_key => 'B')").fetchone()
    assert tuple(again) == tuple(first)
    assert his.execute(f"{V2}('1101', '{{\"a\": 1}}', business_key => 'B')").fetchone()[2] == -1008


def test_v2_that_nobody_took_in_time_is_never_sent(his: Any, store: OdbcStore) -> None:
    row = his.execute(f"{V2}('1101', '{{}}', 1)").fetchone()
    assert tuple(row) == (1, None, -1005, "超时未发送，请求已作废：可以重新提交")
    assert status_of(his, 1) == "TIMEOUT"
    assert store.claim(Claim("n1", 1)) == []


def test_v2_that_was_taken_leaves_the_answer_to_the_view(his: Any, store: OdbcStore) -> None:
    claimed: list[ClaimedRequest] = []
    bridge = threading.Thread(target=lambda: claimed.extend(store.claim(Claim("n1", 1, wait_ms=20_000))))
    bridge.start()
    row = his.execute(f"{V2}('1101', '{{}}', 1)").fetchone()
    bridge.join()
    assert tuple(row) == (1, None, -1005, "尚无结果：请稍后按请求编号查询")
    assert status_of(his, 1) == "CLAIMED"
    store.finish("n1", [ok(claimed[0])])
    view = his.execute("SELECT result_status, response_data FROM v_medical_insurance_result").fetchone()
    assert tuple(view) == ("SUCCESS", ANSWER)


@pytest.mark.parametrize("how", ["driver", "begin", "function", "written"])
@pytest.mark.parametrize("call", [f"{V2}('1101', '{{}}', 1)", f"{WAIT}(1, 1)"])
def test_no_wait_inside_a_transaction(his: Any, store: OdbcStore, how: str, call: str) -> None:
    number_of(his)
    if how == "written":
        his.execute("CREATE TABLE bill (n integer)")
        his.execute(
            "CREATE PROCEDURE settle(INOUT c integer) LANGUAGE plpgsql AS $$ DECLARE i bigint; r text; m varchar; "
            "BEGIN INSERT INTO bill VALUES (1); "
            + (
                f"{WAIT}(1, 1, r, c, m); END $$"
                if "wait" in call
                else f"{V2}('1101', '{{}}', 1, 3, i, r, c, m); END $$"
            )
        )
        code = his.execute("CALL settle(NULL)").fetchone()[0]
    elif how == "function":
        his.execute(
            "CREATE FUNCTION settle() RETURNS integer LANGUAGE plpgsql AS $$ "
            "DECLARE i bigint; r text; c integer; m varchar; BEGIN "
            + (f"{WAIT}(1, 1, r, c, m);" if "wait" in call else f"{V2}('1101', '{{}}', 1, 3, i, r, c, m);")
            + " RETURN c; END $$"
        )
        code = his.execute("SELECT settle()").fetchone()[0]
    else:
        his.autocommit = how == "begin"
        if how == "begin":
            his.execute("BEGIN")
        row = his.execute(call).fetchone()
        code = row[-2]
        assert "事务" in row[-1]
        his.execute("ROLLBACK")
        his.autocommit = True
    assert code == -1007
    assert his.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0] == 1


def test_wait_returns_what_a_request_queued_earlier_came_to(his: Any, store: OdbcStore) -> None:
    number = number_of(his)
    with answering(store, ok):
        row = his.execute(f"{WAIT}(?, ?)", number, 20).fetchone()
    assert tuple(row) == (ANSWER, 0, "")
    assert tuple(his.execute(f"{WAIT}({number})").fetchone()) == (ANSWER, 0, "")


@pytest.mark.parametrize(
    ("asked", "words"), [("99", "没有编号为 99 的请求"), ("NULL", "没有编号为 NULL 的请求")]
)
def test_wait_for_nothing(his: Any, asked: str, words: str) -> None:
    row = his.execute(f"{WAIT}({asked}, 1)").fetchone()
    assert row[1] == -1001
    assert words in row[2]


@pytest.mark.parametrize("timeout", ["0", "-5"])
def test_wait_that_may_not_wait(his: Any, timeout: str) -> None:
    number = number_of(his)
    row = his.execute(f"{WAIT}({number}, {timeout})").fetchone()
    assert row[1] == -1005
    assert status_of(his, number) == "TIMEOUT"


def test_wait_tells_an_uncertain_outcome(his: Any, store: OdbcStore) -> None:
    number = number_of(his, "2207")
    lease = store.claim(Claim("n1", 1))[0].lease
    store.begin_send("n1", 30, [Intent(lease, "m1", "a" * 64)])
    lost = Attempt("m1", "a" * 64, Outcome.UNKNOWN, fault="read_timeout")
    store.finish("n1", [Completion(lease, Status.UNCERTAIN, lost, error_code=-1009)])
    row = his.execute(f"{WAIT}({number}, 0)").fetchone()
    assert (row[0], row[1]) == (None, -1009)
    assert "请勿重新提交" in row[2]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("CANCELLED", -1004, "请求已取消"),
        ("REVERSED", -1004, "已冲正"),
        ("MANUAL", -1009, "等待人工核实"),
        ("REVERSING", -1009, "正在冲正"),
        ("TIMEOUT", -1005, "超时未发送"),
    ],
)
def test_wait_tells_every_end(his: Any, status: str, code: int, words: str) -> None:
    number = number_of(his)
    his.execute("UPDATE medical_insurance_requests SET status = ?", status)
    row = his.execute(f"{WAIT}({number}, 0)").fetchone()
    assert (row[0], row[1]) == (None, code)
    assert words in row[2]


def test_cancel_before_it_was_claimed(his: Any, store: OdbcStore) -> None:
    number = number_of(his)
    assert tuple(his.execute(f"{CANCEL}({number})").fetchone()) == (0, "")
    assert tuple(his.execute(f"{CANCEL}({number})").fetchone()) == (0, "")
    assert store.claim(Claim("n1", 1)) == []


@pytest.mark.parametrize("asked", ["99", "NULL"])
def test_cancel_of_nothing(his: Any, asked: str) -> None:
    row = his.execute(f"{CANCEL}({asked})").fetchone()
    assert row[0] == -1001
    assert "没有编号为" in row[1]


@pytest.mark.parametrize(
    ("status", "words"),
    [("CLAIMED", "已发送或正在发送"), ("UNCERTAIN", "已发送或正在发送"), ("COMPLETED", "请求已结束")],
)
def test_cancel_too_late(his: Any, status: str, words: str) -> None:
    number = number_of(his)
    his.execute("UPDATE medical_insurance_requests SET status = ?", status)
    row = his.execute(f"{CANCEL}({number})").fetchone()
    assert row[0] == -1004
    assert words in row[1]
    assert status_of(his, number) == status


def test_cancel_inside_a_transaction_is_part_of_it(his: Any, store: OdbcStore) -> None:
    number = number_of(his)
    his.autocommit = False
    assert his.execute(f"{CANCEL}({number})").fetchone()[0] == 0
    assert store.claim(Claim("n1", 1)) == []
    his.rollback()
    assert [request.request_id for request in store.claim(Claim("n1", 1))] == [number]


def test_a_failing_cancel_is_told_and_logged(his: Any) -> None:
    number = number_of(his)
    his.execute("ALTER TABLE medical_insurance_requests ADD CONSTRAINT c CHECK (status <> 'CANCELLED')")
    row = his.execute(f"{CANCEL}({number})").fetchone()
    assert row[0] == -1999
    logged = his.execute(
        "SELECT source, error_code, error_message FROM v_medical_insurance_errors"
    ).fetchone()
    assert tuple(logged) == ("sp_medical_insurance_cancel", -1999, "23514")


def test_v2_logs_what_it_could_not_queue(his: Any, store: OdbcStore) -> None:
    his.execute("ALTER TABLE medical_insurance_requests ADD CONSTRAINT c CHECK (false) NOT VALID")
    assert his.execute(f"{V2}('1101', '{{}}', 1)").fetchone()[2] == -1003
    logged = his.execute("SELECT source, error_message FROM v_medical_insurance_errors").fetchone()
    assert tuple(logged) == ("sp_mi_submit", "23514")


def test_service_status_follows_the_heartbeat(his: Any, store: OdbcStore) -> None:
    status = "SELECT sp_check_sdk_service_status()"
    assert his.execute(status).fetchone()[0] == 1
    his.execute("UPDATE sdk_heartbeat SET heartbeat_time = heartbeat_time - interval '31 seconds'")
    assert his.execute(status).fetchone()[0] == 0
    store.heartbeat(Heartbeat("n1", "host", 1, "0.1.0", "STOPPED"))
    assert his.execute(status).fetchone()[0] == 0
    store.heartbeat(Heartbeat("n2", "host", 2, "0.1.0", "RUNNING"))
    assert his.execute(status).fetchone()[0] == 1
    assert load_pyodbc().pooling is False
