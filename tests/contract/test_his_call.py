"""``sp_medical_insurance_call`` as HIS calls it on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.store.driver import load_pyodbc

CALL = "CALL sp_medical_insurance_call"
ROW = (
    "SELECT interface_code, input_data, org_code, business_key, priority, order_key, timeout_seconds, max_retry_count, "
    "insuplc_admdvs, opter, opter_name, opter_type, status, money_class FROM medical_insurance_requests"
)


@pytest.fixture
def installed(own_copy: str) -> str:
    """A database of the test's own: tables and routines are made in it."""
    return own_copy


def refusal(his: Any, text: str, *parameters: Any) -> tuple[str, str]:
    with pytest.raises(load_pyodbc().Error) as refused:
        his.execute(text, *parameters)
    return refused.value.args[0], refused.value.args[1]


def count(his: Any) -> int:
    return int(his.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0])


def test_two_parameters_are_enough(his: Any) -> None:
    assert his.execute(f"{CALL}('1101', '{{\"psn_no\": \"1\"}}')").fetchone()[0] == 1
    row = his.execute(ROW).fetchone()
    assert tuple(row) == (
        "1101", '{"psn_no": "1"}', "", None, 5, None, 300, 3, "", "", "", "", "PENDING", "Q",
    )  # fmt: skip


def test_every_parameter_by_place(his: Any) -> None:
    his.execute(
        f"{CALL}(?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "2207", "{}", "H99010100001", "B1", 0, "S1", 60, 5, "990101", "007", "张三", "1",
    )  # fmt: skip
    assert tuple(his.execute(ROW).fetchone()) == (
        "2207", "{}", "H99010100001", "B1", 0, "S:S1", 60, 5, "990101", "007", "张三", "1", "PENDING", "M",
    )  # fmt: skip


def test_every_parameter_by_name_in_any_order(his: Any) -> None:
    his.execute(
        f"{CALL}(opter_type => '3', opter_name => '李四', opter => '008', insuplc_admdvs => '990101', "
        "retry_count => 0, timeout => 86400, serial_key => 'S2', priority => 9, business_key => 'B2', "
        "org_code => 'P99010100001', result_id => NULL, input_data => '{}', interface_code => '1101')"
    )
    assert tuple(his.execute(ROW).fetchone())[2:12] == (
        "P99010100001", "B2", 9, "S:S2", 86400, 0, "990101", "008", "李四", "3",
    )  # fmt: skip


def test_from_a_procedure_of_the_hospitals_own(his: Any) -> None:
    his.execute(
        "CREATE TABLE bill (result_id bigint); "
        "CREATE FUNCTION settle() RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE v bigint; BEGIN "
        f"{CALL}('1101', '{{}}', v); INSERT INTO bill VALUES (v); RETURN v; END $$"
    )
    number = his.execute("SELECT settle()").fetchone()[0]
    assert his.execute("SELECT result_id FROM bill").fetchone()[0] == number
    assert count(his) == 1


def test_a_transaction_rolled_back_leaves_nothing(his: Any) -> None:
    his.autocommit = False
    his.execute(f"{CALL}('1101', '{{}}')").fetchone()
    assert count(his) == 1
    his.rollback()
    assert count(his) == 0


def test_a_refusal_leaves_the_hospitals_savepoint_usable(his: Any) -> None:
    his.autocommit = False
    his.execute("CREATE TEMPORARY TABLE bill (n integer)")
    his.execute("INSERT INTO bill VALUES (1)")
    his.execute("SAVEPOINT before_submit")
    refusal(his, f"{CALL}('', '{{}}')")
    his.execute("ROLLBACK TO SAVEPOINT before_submit")
    his.execute(f"{CALL}('1101', '{{}}')").fetchone()
    his.commit()
    assert count(his) == 1
    assert his.execute("SELECT count(*) FROM bill").fetchone()[0] == 1


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        (f"{CALL}('', '{{}}')", "MI001", "-1001 参数错误：interface_code：不能为空"),
        (f"{CALL}(NULL, '{{}}')", "MI001", "interface_code：不能为空"),
        (f"{CALL}('1101', NULL)", "MI001", "input_data：不能为空"),
        (f"{CALL}('4711', '{{}}')", "MI006", "-1006 未知接口 4711"),
        (f"{CALL}('9001', '{{}}')", "MI006", "-1006 接口 9001 已停用"),
    ],
)
def test_a_refusal_has_a_state_a_code_and_words(his: Any, text: str, state: str, words: str) -> None:
    found, message = refusal(his, text)
    assert found == state
    assert words in message
    assert count(his) == 0


def test_all_faults_are_told_together(his: Any) -> None:
    state, message = refusal(
        his,
        f"{CALL}('', '', org_code => 'X', priority => 10, timeout => 0, retry_count => 21, "
        "insuplc_admdvs => '1', opter_type => '9')",
    )
    assert state == "MI001"
    for name in ("interface_code", "input_data", "org_code", "priority", "timeout", "retry_count",
                 "insuplc_admdvs", "opter_type"):  # fmt: skip
        assert f"{name}：" in message


def test_a_business_key_is_idempotent_and_refuses_other_content(his: Any) -> None:
    first = his.execute(f"{CALL}('1101', '{{\"a\": 1}}', business_key => 'B')").fetchone()[0]
    assert his.execute(f"{CALL}('1101', '{{\"a\": 1}}', business_key => 'B')").fetchone()[0] == first
    state, message = refusal(his, f"{CALL}('1101', '{{\"a\": 2}}', business_key => 'B')")
    assert state == "MI008"
    assert f"-1008 业务键 B 已用于内容不同的请求 {first}" in message
    assert count(his) == 1


def test_a_failure_of_the_database_is_told_as_one(his: Any) -> None:
    his.execute("ALTER TABLE medical_insurance_requests ADD CONSTRAINT no_more CHECK (false) NOT VALID")
    state, message = refusal(his, f"{CALL}('1101', '{{}}')")
    assert state == "MI003"
    assert "-1003 请求未能排队（23514）" in message


def test_eight_submitters_of_one_business_key_make_one_row(his: Any, installed: str) -> None:
    together = threading.Barrier(8)
    numbers: list[int] = []

    def submit() -> None:
        connection = load_pyodbc().connect(installed, autocommit=True)
        together.wait()
        for key in range(10):
            row = connection.execute(f"{CALL}('2207', '{{}}', business_key => ?)", f"B{key}").fetchone()
            numbers.append(row[0])
        connection.close()

    _run([submit] * 8)
    assert len(numbers) == 80
    assert len(set(numbers)) == 10
    assert count(his) == 10


def test_crossed_business_keys_in_two_transactions_never_raise_a_deadlock(his: Any, installed: str) -> None:
    his.execute("ALTER DATABASE {} SET deadlock_timeout = '20ms'".format(
        his.execute("SELECT current_database()").fetchone()[0]))  # fmt: skip
    together = threading.Barrier(2)
    states: list[str] = []

    def submit(keys: list[str]) -> None:
        connection = load_pyodbc().connect(installed)
        try:
            for key in keys:
                connection.execute(f"{CALL}('1101', '{{}}', business_key => ?)", key).fetchone()
                together.wait(10) if key == keys[0] else None
            connection.commit()
            states.append("done")
        except load_pyodbc().Error as error:
            states.append(error.args[0])
        connection.close()

    _run([lambda: submit(["A", "B"]), lambda: submit(["B", "A"])])
    assert sorted(states) == ["MI003", "done"]
    assert count(his) == 2


def _run(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
