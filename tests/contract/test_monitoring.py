"""Alerts, each provoked, and the data of HIS's monitoring screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, Completion, Heartbeat
from mi_bridge.domain.status import Status
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim


@pytest.fixture
def store(connect: Callable[..., Any]) -> OdbcStore:
    """A bridge that lives."""
    made = OdbcStore(connect())
    made.heartbeat(Heartbeat("n1", "host", 1, "0.1.0", "RUNNING", in_flight=2, completed=5))
    return made


def submit(his: Any, times: int = 1, code: str = "1101") -> None:
    for _ in range(times):
        his.execute("CALL sp_medical_insurance_call(?, '{}')", code).fetchone()


def answer(store: OdbcStore, outcome: Outcome = Outcome.OK, status: Status = Status.COMPLETED) -> None:
    for request in store.claim(Claim("n1", 100)):
        attempt = Attempt(f"m{request.request_id}", "a" * 64, outcome)
        store.finish("n1", [Completion(request.lease, status, attempt)])


def alerts(his: Any) -> dict[str, tuple[str, str]]:
    cursor = his.execute("SELECT * FROM sp_check_medical_insurance_alerts()")
    assert [column[0] for column in cursor.description] == [
        "alert_type", "alert_level", "alert_message", "alert_time"]  # fmt: skip
    found = cursor.fetchall()
    assert all(row[3] is not None for row in found)
    return {row[0]: (row[1], row[2]) for row in found}


def test_all_is_well(his: Any, store: OdbcStore) -> None:
    submit(his, 20)
    answer(store)
    assert alerts(his) == {}


@pytest.mark.parametrize("how", ["never", "old", "stopped"])
def test_service_down(his: Any, connect: Callable[..., Any], how: str) -> None:
    if how != "never":
        status = "STOPPED" if how == "stopped" else "RUNNING"
        OdbcStore(connect()).heartbeat(Heartbeat("n1", "host", 1, "0.1.0", status))
    if how == "old":
        his.execute("UPDATE sdk_heartbeat SET heartbeat_time = heartbeat_time - interval '61 seconds'")
    level, message = alerts(his)["SERVICE_DOWN"]
    assert level == "CRITICAL"
    assert "60 秒" in message


def test_high_error_rate_needs_more_than_ten_requests_and_ten_per_cent(his: Any, store: OdbcStore) -> None:
    submit(his)
    answer(store, Outcome.REFUSED)
    submit(his, 9)
    answer(store)
    assert alerts(his) == {}
    submit(his)
    answer(store, Outcome.UNKNOWN, Status.ERROR)
    assert alerts(his)["HIGH_ERROR_RATE"] == ("WARNING", "最近一小时 11 个请求中失败 2 个，超过 10%")
    his.execute("UPDATE medical_insurance_requests SET create_time = create_time - interval '61 minutes'")
    assert alerts(his) == {}


def test_slow_response(his: Any, store: OdbcStore) -> None:
    submit(his, 2)
    answer(store)
    his.execute("UPDATE medical_insurance_responses SET create_time = create_time + interval '5 seconds'")
    level, message = alerts(his)["SLOW_RESPONSE"]
    assert level == "WARNING"
    assert "5000 毫秒" in message


def test_queue_stalled(his: Any, store: OdbcStore) -> None:
    submit(his, 2)
    his.execute("UPDATE medical_insurance_requests SET update_time = update_time - interval '62 seconds'")
    level, message = alerts(his)["QUEUE_STALLED"]
    assert level == "CRITICAL"
    assert message.startswith("有 2 个请求停滞，最久 62 秒")


@pytest.mark.parametrize(("seconds", "level"), [(61, "WARNING"), (601, "CRITICAL")])
@pytest.mark.parametrize("status", ["UNCERTAIN", "REVERSING", "MANUAL"])
def test_uncertain_aging(his: Any, store: OdbcStore, seconds: int, level: str, status: str) -> None:
    submit(his, code="2207")
    his.execute("UPDATE medical_insurance_requests SET status = ?", status)
    assert set(alerts(his)) == ({"REVERSAL_FAILING"} if status == "MANUAL" else set())
    his.execute(
        "UPDATE medical_insurance_requests SET update_time = update_time - make_interval(secs => ?)", seconds
    )
    assert alerts(his)["UNCERTAIN_AGING"][0] == level


@pytest.mark.parametrize(
    ("kind", "level"),
    [("SIGN_IN_FAILED", "CRITICAL"), ("BREAKER_OPEN", "WARNING"), ("REVERSAL_FAILING", "WARNING")],
)
def test_what_the_bridge_reports(his: Any, store: OdbcStore, kind: str, level: str) -> None:
    store.condition(kind, "n1", "第一次")
    store.condition(kind, "n1", "长" * 501)
    assert alerts(his)[kind] == (level, "长" * 500)
    store.condition(kind, "n1", "")
    assert alerts(his) == {}


@pytest.mark.parametrize("kind", ["BREAKER_OPEN", "PROFILE_REFUSED", "RULES_REFUSED", "SAGA_REFUSED"])
@pytest.mark.parametrize(
    "end", ["status = 'STOPPED'", "heartbeat_time = heartbeat_time - interval '61 seconds'"]
)
def test_what_a_node_said_of_itself_ends_with_it(his: Any, store: OdbcStore, kind: str, end: str) -> None:
    store.heartbeat(Heartbeat("n2", "host", 2, "0.1.0", "RUNNING"))
    store.condition(kind, "n2", "一")
    store.condition("JOB_FAILED", "n2", "对账未完成")
    assert set(alerts(his)) == {kind, "JOB_FAILED"}
    his.execute(f"UPDATE sdk_heartbeat SET {end} WHERE node_id = 'n2'")
    assert set(alerts(his)) == {"JOB_FAILED"}
    his.execute("DELETE FROM sdk_heartbeat WHERE node_id = 'n2'")
    assert store.housekeep() == 1
    assert store.housekeep() == 0


def data(his: Any, kind: str) -> list[dict[str, Any]]:
    cursor = his.execute("SELECT * FROM sp_get_medical_insurance_monitor_data(?)", kind)
    names = [column[0] for column in cursor.description]
    assert names[:3] == ["item", "item_name", "item_status"]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture
def busy(his: Any, store: OdbcStore) -> None:
    """Two answered, one failed, one open."""
    submit(his, 2)
    answer(store)
    submit(his, 1, "3501")
    answer(store, Outcome.UNKNOWN, Status.ERROR)
    submit(his)


def test_health_is_the_whole_and_each_node(his: Any, busy: None) -> None:
    whole, node = data(his, "health")
    assert (whole["item"], whole["item_status"]) == ("service", "RUNNING")
    assert [int(whole[name]) for name in (
        "total_count", "success_count", "business_error_count", "system_error_count", "open_count")] == [
        4, 2, 0, 1, 1]  # fmt: skip
    assert (node["item"], node["item_status"], node["total_count"], node["open_count"]) == (
        "n1",
        "RUNNING",
        5,
        2,
    )


def test_health_of_an_empty_database(his: Any) -> None:
    (whole,) = data(his, "HEALTH")
    assert (whole["item_status"], int(whole["total_count"])) == ("DOWN", 0)


def test_performance_by_the_hour(his: Any, busy: None) -> None:
    his.execute(
        "UPDATE medical_insurance_requests SET create_time = create_time - interval '1 hour' WHERE request_id = 1"
    )
    hours = data(his, "performance")
    assert [int(hour["total_count"]) for hour in hours] == [1, 3]
    assert [int(hour["open_count"]) for hour in hours] == [0, 1]
    assert hours[0]["item"].endswith(":00")


def test_interfaces(his: Any, busy: None) -> None:
    found = data(his, "interfaces")
    assert [(row["item"], row["item_name"], int(row["total_count"])) for row in found] == [
        ("1101", "人员信息获取", 3),
        ("3501", "商品盘存上传", 1),
    ]


@pytest.mark.parametrize("kind", ["", None, "everything", "'; DROP TABLE x"])
def test_another_type_is_refused(his: Any, kind: str | None) -> None:
    with pytest.raises(load_pyodbc().Error) as refused:
        data(his, kind or "")
    assert refused.value.args[0] == "MI001"
    assert "data_type：应为 health、performance 或 interfaces" in refused.value.args[1]
