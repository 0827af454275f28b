"""What HIS, a DBA and an auditor read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import Attempt, Completion, Heartbeat, Intent
from mi_bridge.domain.status import Status
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim

CANARY = "990101198001016571"


@pytest.fixture
def store(connect: Callable[..., Any]) -> OdbcStore:
    return OdbcStore(connect())


def submit(his: Any, code: str = "1101", text: str = "{}", **fields: Any) -> int:
    named = "".join(f", {name} => ?" for name in fields)
    row = his.execute(f"CALL sp_medical_insurance_call(?, ?{named})", code, text, *fields.values())
    return int(row.fetchone()[0])


def rows(his: Any, view: str, columns: str = "*") -> list[dict[str, Any]]:
    cursor = his.execute(f"SELECT {columns} FROM {view} ORDER BY 1")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def finish_all(store: OdbcStore, status: Status, outcome: Outcome, **answer: Any) -> None:
    for request in store.claim(Claim("n1", 100)):
        attempt = Attempt(f"m{request.request_id}", "a" * 64, outcome, **answer)
        store.finish("n1", [Completion(request.lease, status, attempt)])


def test_result_has_the_contracts_columns_in_its_order(his: Any) -> None:
    names = [column[0] for column in his.execute("SELECT * FROM v_medical_insurance_result").description]
    assert names[:10] == [
        "request_id", "interface_code", "input_data", "status", "request_time", "response_data", "infcode",
        "err_msg", "response_time", "result_status",
    ]  # fmt: skip
    assert {"result_id", "interface_name", "error_code", "error_message", "attempts", "msgid"} <= set(names)


def test_result_of_an_answer(his: Any, store: OdbcStore) -> None:
    number = submit(his, text='{"psn_no": "1"}', business_key="B")
    answer = {"infcode": "-1", "err_msg": "查无此人", "response_data": '{"infcode": -1}', "serial_no": "S9"}
    finish_all(store, Status.COMPLETED, Outcome.REFUSED, inf_refmsgid="R1", **answer)
    row = rows(his, "v_medical_insurance_result")[0]
    assert row["request_time"] <= row["response_time"]
    assert {
        name: row[name] for name in ("status", "result_status", "infcode", "err_msg", "response_data")
    } == {
        "status": "COMPLETED",
        "result_status": "BUSINESS_ERROR",
        "infcode": "-1",
        "err_msg": "查无此人",
        "response_data": '{"infcode": -1}',
    }
    assert (row["result_id"], row["interface_name"], row["attempts"]) == (number, "人员信息获取", 1)
    assert (row["msgid"], row["inf_refmsgid"], row["serial_no"]) == (f"m{number}", "R1", "S9")


def test_result_of_a_check_stays_whole_and_is_not_forgotten(his: Any, store: OdbcStore) -> None:
    submit(his, text='{"psn_no": "1"}')
    (request,) = store.claim(Claim("n1", 1))
    report = "误" * 4100
    again = Completion(
        request.lease, Status.PENDING, Attempt("m1", "a" * 64, Outcome.NOT_SENT), check_report=report
    )
    store.finish("n1", [again])
    (request,) = store.claim(Claim("n1", 1))
    store.finish("n1", [Completion(request.lease, Status.COMPLETED, Attempt("m2", "a" * 64, Outcome.OK))])
    assert rows(his, "v_medical_insurance_result")[0]["check_report"] == "误" * 4000


@pytest.mark.parametrize(
    ("status", "public", "result_status"),
    [
        ("PENDING", "PENDING", "PROCESSING"),
        ("CLAIMED", "PROCESSING", "PROCESSING"),
        ("SENDING", "PROCESSING", "PROCESSING"),
        ("DIVIDED", "PROCESSING", "PROCESSING"),
        ("ERROR", "ERROR", "SYSTEM_ERROR"),
        ("TIMEOUT", "TIMEOUT", "TIMEOUT"),
        ("CANCELLED", "CANCELLED", "CANCELLED"),
        ("UNCERTAIN", "PROCESSING", "UNCERTAIN"),
        ("REVERSING", "PROCESSING", "UNCERTAIN"),
        ("REVERSED", "REVERSED", "REVERSED"),
        ("MANUAL", "PROCESSING", "UNCERTAIN"),
    ],
)
def test_every_status_in_the_contracts_words(his: Any, status: str, public: str, result_status: str) -> None:
    submit(his)
    his.execute("UPDATE medical_insurance_requests SET status = ?, error_message = '说明'", status)
    row = rows(his, "v_medical_insurance_result")[0]
    assert (row["status"], row["result_status"], row["err_msg"]) == (public, result_status, "说明")


def test_result_of_an_inner_failure(his: Any, store: OdbcStore) -> None:
    submit(his)
    lease = store.claim(Claim("n1", 1))[0].lease
    store.finish("n1", [Completion(lease, Status.ERROR, error_code=-1001, error_message="节点 data 缺失")])
    row = rows(his, "v_medical_insurance_result")[0]
    assert (row["result_status"], row["err_msg"], row["error_code"]) == (
        "SYSTEM_ERROR",
        "节点 data 缺失",
        -1001,
    )


def test_monitor_counts_and_ranks(his: Any, store: OdbcStore) -> None:
    for _ in range(10):
        submit(his)
    finish_all(store, Status.COMPLETED, Outcome.OK)
    submit(his)
    finish_all(store, Status.COMPLETED, Outcome.REFUSED)
    submit(his)
    finish_all(store, Status.ERROR, Outcome.UNKNOWN)
    submit(his)
    his.execute(
        "UPDATE medical_insurance_responses SET create_time = r.create_time + make_interval(secs => r.request_id) "
        "FROM medical_insurance_requests AS r "
        "WHERE r.request_id = medical_insurance_responses.request_id"
    )
    row = rows(his, "v_medical_insurance_monitor")[0]
    assert [int(row[name]) for name in (
        "total_count", "success_count", "business_error_count", "system_error_count", "open_count")] == [
        13, 10, 1, 1, 1]  # fmt: skip
    assert [float(row[name]) for name in ("avg_seconds", "p50_seconds", "p95_seconds", "p99_seconds")] == [
        6.0, 6.0, 11.0, 11.0]  # fmt: skip


def test_queue_tells_what_waits_and_how_long(his: Any, store: OdbcStore) -> None:
    submit(his)
    store.finish(
        "n1",
        [
            Completion(
                request.lease, Status.PENDING, Attempt("m", "a" * 64, Outcome.NOT_SENT), delay_ms=60_000
            )
            for request in store.claim(Claim("n1", 1))
        ],
    )
    submit(his)
    his.execute("UPDATE medical_insurance_requests SET create_time = create_time - interval '1 minute'")
    row = rows(his, "v_medical_insurance_queue")[0]
    assert (row["status"], row["request_count"], row["backing_off"]) == ("PENDING", 2, 1)
    assert row["oldest_age_seconds"] >= 60


def test_stuck_tells_why(his: Any, store: OdbcStore) -> None:
    submit(his)
    store.claim(Claim("n1", 1))
    submit(his)
    assert rows(his, "v_medical_insurance_stuck") == []
    his.execute(
        "UPDATE medical_insurance_requests SET update_time = update_time - interval '61 seconds', "
        "lease_until = lease_until - interval '61 seconds'"
    )
    stuck = rows(his, "v_medical_insurance_stuck")
    assert [row["status"] for row in stuck] == ["CLAIMED", "PENDING"]
    assert "租约已过期" in stuck[0]["reason"]
    assert "长时间未领取" in stuck[1]["reason"]


def test_slow_answers(his: Any, store: OdbcStore) -> None:
    submit(his)
    finish_all(store, Status.COMPLETED, Outcome.OK)
    assert rows(his, "v_medical_insurance_slow") == []
    his.execute("UPDATE medical_insurance_responses SET create_time = create_time + interval '6 seconds'")
    assert rows(his, "v_medical_insurance_slow")[0]["seconds"] >= 6


def uncertain(his: Any, store: OdbcStore) -> int:
    number = submit(his, "2207", f'{{"psn_no": "{CANARY}"}}')
    lease = store.claim(Claim("n1", 1))[0].lease
    store.begin_send("n1", 30, [Intent(lease, "m9", "a" * 64)])
    lost = Attempt(
        "m9", "a" * 64, Outcome.UNKNOWN, fault="read_timeout", err_msg=CANARY, response_data=CANARY
    )
    store.finish("n1", [Completion(lease, Status.UNCERTAIN, lost, error_code=-1009)])
    return number


def test_blocked_and_uncertain_tell_what_holds_whom(his: Any, store: OdbcStore) -> None:
    number = uncertain(his, store)
    for _ in range(2):
        submit(his, "2207", f'{{"psn_no": "{CANARY}"}}')
    row = rows(his, "v_medical_insurance_blocked")[0]
    assert (row["held_by_request_id"], row["held_by_status"], row["waiting_count"]) == (
        number,
        "UNCERTAIN",
        2,
    )
    assert "核实中" in row["advice"]
    row = rows(his, "v_medical_insurance_uncertain")[0]
    assert (row["request_id"], row["msgid"], row["outcome"], row["fault"]) == (
        number, "m9", "UNKNOWN", "read_timeout")  # fmt: skip
    assert row["age_seconds"] >= 0


def test_nodes_tell_who_lives(his: Any, store: OdbcStore) -> None:
    for node, status in (("n1", "RUNNING"), ("n2", "RUNNING"), ("n3", "STOPPED")):
        store.heartbeat(Heartbeat(node, "host", 7, "0.1.0", status, in_flight=3, completed=9))
    his.execute(
        "UPDATE sdk_heartbeat SET heartbeat_time = heartbeat_time - interval '31 seconds' WHERE node_id <> 'n1'"
    )
    nodes = rows(his, "v_medical_insurance_nodes")
    assert [(row["node_id"], row["status"]) for row in nodes] == [
        ("n1", "RUNNING"), ("n2", "LOST"), ("n3", "STOPPED")]  # fmt: skip
    assert (nodes[0]["in_flight"], nodes[0]["completed"], nodes[0]["process_id"]) == (3, 9, 7)


def test_a_node_that_starts_again_has_a_new_start(his: Any, store: OdbcStore) -> None:
    store.heartbeat(Heartbeat("n1", "host", 7, "0.1.0", "RUNNING"))
    his.execute("UPDATE sdk_heartbeat SET start_time = start_time - interval '1 hour'")
    before = rows(his, "v_medical_insurance_nodes")[0]["start_time"]
    store.heartbeat(Heartbeat("n1", "host", 7, "0.1.0", "RUNNING"))
    assert rows(his, "v_medical_insurance_nodes")[0]["start_time"] == before
    store.heartbeat(Heartbeat("n1", "host", 8, "0.1.0", "RUNNING"))
    assert rows(his, "v_medical_insurance_nodes")[0]["start_time"] > before


def test_interfaces_in_words(his: Any) -> None:
    found = {row["interface_code"]: row for row in rows(his, "v_medical_insurance_interfaces")}
    assert {code: row["money_class"] for code, row in found.items()} == {
        "1101": "查询", "3501": "幂等上传", "2207": "资金（可冲正或撤销）", "2208": "资金（不可撤销）", "9001": "查询",
        "2201": "资金（可冲正或撤销）", "2401": "资金（可冲正或撤销）",
    }  # fmt: skip
    assert found["9001"]["enabled"] == 0
    assert found["2207"]["reversed_by"] == "2601"


def test_attempts_are_the_evidence_without_payload(his: Any, store: OdbcStore) -> None:
    number = uncertain(his, store)
    row = rows(his, "v_medical_insurance_attempts")[0]
    assert (row["request_id"], row["msgid"], row["kind"], row["outcome"]) == (
        number,
        "m9",
        "original",
        "UNKNOWN",
    )


def test_no_view_but_the_result_names_a_person(his: Any, store: OdbcStore) -> None:
    uncertain(his, store)
    submit(his, "2207", f'{{"psn_no": "{CANARY}"}}', business_key=CANARY, opter=CANARY, opter_name=CANARY)
    views = his.execute(
        "SELECT object_name FROM medical_insurance_schema "
        "WHERE object_type = 'VIEW' AND object_name <> 'v_medical_insurance_result'"
    ).fetchall()
    assert len(views) >= 11
    for (view,) in views:
        assert CANARY not in str(rows(his, view)), view


def test_limits_tell_what_is_taken_and_until_when(his: Any, store: OdbcStore) -> None:
    his.execute(
        "INSERT INTO medical_insurance_limits (interface_code, max_in_flight, max_per_minute, remark) "
        "VALUES ('1101', 5, 2, '目录')"
    )
    for _ in range(3):
        submit(his)
    assert len(store.claim(Claim("n1", 10))) == 2
    row = rows(his, "v_medical_insurance_limits")[0]
    assert (row["in_flight"], row["last_minute"], row["room"], row["remark"]) == (2, 2, 0, "目录")
    assert row["waits_until"] is not None


def test_operators_functions_tell_the_same(his: Any, store: OdbcStore) -> None:
    first = uncertain(his, store)
    second = submit(his)
    finish_all(store, Status.COMPLETED, Outcome.OK, infcode="0")
    found = his.execute("SELECT * FROM sp_mi_requests('', '', NULL, 10)").fetchall()
    assert [row[0] for row in found] == [second, first]
    assert [row[0] for row in his.execute("SELECT * FROM sp_mi_requests('UNCERTAIN', '2207', NULL, 10)")] == [
        first
    ]
    assert [row[0] for row in his.execute("SELECT * FROM sp_mi_requests('', '', ?, 10)", second)] == [first]
    sent = his.execute("SELECT msgid, outcome, fault FROM sp_mi_request_attempts(?)", first).fetchall()
    assert [tuple(row) for row in sent] == [("m9", "UNKNOWN", "read_timeout")]
    results = his.execute(
        "SELECT request_id, result_status FROM sp_mi_request_result(?)", f"[{first}, {second}]"
    )
    assert [tuple(row) for row in results] == [(first, "UNCERTAIN"), (second, "SUCCESS")]
    assert [row[0] for row in his.execute("SELECT * FROM sp_mi_monitor()")] == ["1101", "2207"]


def divided(his: Any, store: OdbcStore, patient: int = 1) -> int:
    number = submit(his, "2207", f'{{"psn_no": "{patient}"}}')
    [request] = store.claim(Claim("n1", 1))
    assert store.divide("n1", request.lease, [Part(1, 1, 99, "{}"), Part(2, 100, 3, "{}")]) == 2
    return number


def test_parts_tell_of_each_its_rows_and_its_fate(his: Any, store: OdbcStore) -> None:
    number = divided(his, store)
    [part] = store.claim(Claim("n1", 1))
    store.begin_send("n1", 30, [Intent(part.lease, "m1", "a" * 64)])
    on_the_wire = rows(his, "v_medical_insurance_parts")
    assert [(row["status"], row["result_status"], row["msgid"]) for row in on_the_wire] == [
        ("PROCESSING", "PROCESSING", "m1"),
        ("PENDING", "PROCESSING", None),
    ]
    attempt = Attempt("m1", "a" * 64, Outcome.REFUSED, infcode="-1", err_msg="重复", response_data="{}")
    store.finish("n1", [Completion(part.lease, Status.COMPLETED, attempt)])
    first, second = sorted(rows(his, "v_medical_insurance_parts"), key=lambda row: row["part_no"])
    assert {
        key: first[key] for key in ("request_id", "first_row", "last_row", "result_status", "err_msg")
    } == {
        "request_id": number,
        "first_row": 1,
        "last_row": 99,
        "result_status": "BUSINESS_ERROR",
        "err_msg": "重复",
    }
    assert (second["first_row"], second["last_row"]) == (100, 102)


def test_a_request_in_parts_counts_once_and_its_parts_wait(his: Any, store: OdbcStore) -> None:
    number = divided(his, store)
    assert [row["request_id"] for row in rows(his, "v_medical_insurance_result")] == [number]
    assert [row["total_count"] for row in rows(his, "v_medical_insurance_monitor")] == [1]
    assert [row["open_count"] for row in rows(his, "v_medical_insurance_monitor")] == [1]
    assert [(row["status"], row["request_count"]) for row in rows(his, "v_medical_insurance_queue")] == [
        ("PENDING", 2)
    ]


def test_parts_that_wait_their_turn_are_not_stuck_and_a_whole_nobody_moves_is(
    his: Any, store: OdbcStore
) -> None:
    number = divided(his, store)
    [part] = store.claim(Claim("n1", 1, lease_seconds=600))
    age = "UPDATE medical_insurance_requests SET update_time = update_time - interval '2 minutes'"
    his.execute(age)
    assert rows(his, "v_medical_insurance_stuck") == []
    store.release("n1", [part.lease])
    assert rows(his, "v_medical_insurance_stuck") == []  # it moved just now
    his.execute(age)
    [stuck] = rows(his, "v_medical_insurance_stuck")
    assert (stuck["request_id"], stuck["status"]) == (number, "DIVIDED")
    assert stuck["reason"].startswith("分批请求停滞")


def test_the_patient_is_blocked_by_the_whole_and_parts_by_nothing(his: Any, store: OdbcStore) -> None:
    number = divided(his, store)
    submit(his, "2207", '{"psn_no": "1"}')
    store.claim(Claim("n1", 9))
    [row] = rows(his, "v_medical_insurance_blocked")
    assert (row["held_by_request_id"], row["held_by_status"], row["waiting_count"]) == (number, "DIVIDED", 1)
    assert row["advice"].startswith("分批办理中")


def test_a_waiter_is_told_of_the_part_in_doubt(his: Any, store: OdbcStore) -> None:
    number = divided(his, store)
    peek = "SELECT done, error_code, error_message FROM sp_mi_peek(?)"
    assert tuple(his.execute(peek, number).fetchone()) == (
        0, -1005, "正在分批办理，尚未全部结束：请稍后按请求编号查询，各批见 v_medical_insurance_parts",
    )  # fmt: skip
    for status, done in (("UNCERTAIN", 0), ("MANUAL", 1)):
        his.execute(
            "UPDATE medical_insurance_requests SET status = ? WHERE parent_id = ? AND part_no = 1",
            status,
            number,
        )
        row = his.execute(peek, number).fetchone()
        assert (row[0], row[1]) == (done, -1009)
