"""What a HIS can get wrong: a code and a Chinese message, nothing queued; and what only looks wrong goes through whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, Completion, Heartbeat
from mi_bridge.domain.status import Status
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim

CALL = "CALL sp_medical_insurance_call(interface_code => ?, input_data => ?"
INJECTION = "'); DROP TABLE medical_insurance_requests; --"
TOO_BIG = '{"a": "' + "x" * 10_000_000 + '"}'

BAD: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "empty code": ("", "{}", {}, -1001),
    "blank code": ("  ", "{}", {}, -1001),
    "unknown code": ("4711", "{}", {}, -1006),
    "padded code": (" 1101", "{}", {}, -1001),
    "code with a line end": ("1101\n", "{}", {}, -1001),
    "long code": ("1" * 11, "{}", {}, -1001),
    "Chinese code": ("一一零一", "{}", {}, -1001),
    "SQL as code": ("1' OR '1'='1", "{}", {}, -1001),
    "empty input": ("1101", "", {}, -1001),
    "blank input": ("1101", " \t\r\n ", {}, -1001),
    "broken JSON": ("1101", '{"a": ', {}, -1001),
    "single quotes": ("1101", "{'a': 1}", {}, -1001),
    "two objects": ("1101", "{} {}", {}, -1001),
    "XML": ("1101", "<a/>", {}, -1001),
    "array": ("1101", "[{}]", {}, -1001),
    "string": ("1101", '"a"', {}, -1001),
    "null": ("1101", "null", {}, -1001),
    "number": ("1101", "12", {}, -1001),
    "NaN": ("1101", '{"a": NaN}', {}, -1001),
    "lone high surrogate escape": ("1101", '{"a": "\\ud840"}', {}, -1001),
    "lone low surrogate escape": ("1101", '{"a": "\\udfb7"}', {}, -1001),
    "NUL escape": ("1101", '{"a": "\\u0000"}', {}, -1001),
    "NUL": ("1101", '{"a": "x\0y"}', {}, -1001),
    "a number beyond every range": ("1101", '{"a": 1e999999999}', {}, -1001),
    "deep nesting": ("1101", '{"a":' * 100_000, {}, -1001),
    "10 MB": ("1101", TOO_BIG, {}, -1001),
    "priority beyond range": ("1101", "{}", {"priority": 2**31 - 1}, -1001),
    "negative priority": ("1101", "{}", {"priority": -1}, -1001),
    "timeout of nothing": ("1101", "{}", {"timeout": 0}, -1001),
    "timeout beyond range": ("1101", "{}", {"timeout": 2**31 - 1}, -1001),
    "negative retries": ("1101", "{}", {"retry_count": -1}, -1001),
    "retries beyond range": ("1101", "{}", {"retry_count": 2**31 - 1}, -1001),
    "long business key": ("1101", "{}", {"business_key": "B" * 65}, -1001),
    "long serial key": ("1101", "{}", {"serial_key": "S" * 65}, -1001),
    "long operator": ("1101", "{}", {"opter": "7" * 31}, -1001),
    "long name": ("1101", "{}", {"opter_name": "名" * 51}, -1001),
    "operator type": ("1101", "{}", {"opter_type": "1 OR 1"}, -1001),
    "organisation": ("1101", "{}", {"org_code": INJECTION}, -1001),
    "long organisation": ("1101", "{}", {"org_code": "H" + "9" * 12}, -1001),
    "area": ("1101", "{}", {"insuplc_admdvs": "９９０１０１"}, -1001),
}


def call(fields: dict[str, Any]) -> str:
    return CALL + "".join(f", {name} => ?" for name in fields) + ")"


@pytest.fixture(scope="module")
def shared(new_database: Callable[..., str], template: str, drop_database: Callable[[str], None]) -> Any:
    """One database for every refusal: nothing of it stays."""
    connection_string = new_database(template)
    connection = load_pyodbc().connect(connection_string, autocommit=True)
    connection.execute("SELECT * FROM sp_mi_heartbeat('n1', 'h', 1, '0', 'RUNNING', 0, 0)").fetchall()
    yield connection
    connection.close()
    drop_database(connection_string)


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_refused_in_chinese_and_queues_nothing(shared: Any, fault: str) -> None:
    code, text, fields, expected = BAD[fault]
    with pytest.raises(load_pyodbc().Error) as refused:
        shared.execute(call(fields), code, text, *fields.values())
    state, message = refused.value.args
    assert state == f"MI00{-1000 - expected}"
    assert str(expected) in message
    assert any("\u4e00" <= letter <= "\u9fff" for letter in message)
    assert len(message) < 1_000
    assert shared.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0] == 0


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_a_code_for_v2(shared: Any, fault: str) -> None:
    code, text, fields, expected = BAD[fault]
    fields = {"timeout": 1} | fields
    named = call(fields).replace("insurance_call(", "insurance_call_v2(")
    row = shared.execute(named, code, text, *fields.values()).fetchone()
    assert (row[0], row[1], row[2]) == (None, None, expected)
    assert len(row[3]) <= 500
    assert shared.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0] == 0


def test_half_a_surrogate_pair_does_not_reach_the_database(shared: Any) -> None:
    with pytest.raises(UnicodeEncodeError):
        shared.execute(CALL + ")", "1101", '{"a": "\ud840"}')
    assert shared.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()[0] == 0


@pytest.mark.parametrize(
    "value",
    [
        "𠮷野家",
        "👨‍👩‍👧 😀",
        "é ñ ß",
        "\\ud842\\udfb7",
        "'; --",
        'say \\"no\\"',
        "\\\\",
        "\\n\\t",
        "%s {0} ?",
        "{{}}",
        "$$",
    ],
)
def test_rare_text_makes_the_whole_round_trip(his: Any, connect: Callable[..., Any], value: str) -> None:
    store = OdbcStore(connect())
    text = f'{{"data": {{"名": "{value}"}}}}'
    his.execute(CALL + ")", "1101", text).fetchone()
    request = store.claim(Claim("n1", 1))[0]
    assert request.input_data == text
    answer = f'{{"output": "{value}"}}'
    attempt = Attempt(
        "m1", "a" * 64, Outcome.REFUSED, err_msg=json.loads(answer)["output"], response_data=answer
    )
    store.finish("n1", [Completion(request.lease, Status.COMPLETED, attempt)])
    row = his.execute("SELECT input_data, response_data, err_msg FROM v_medical_insurance_result").fetchone()
    assert tuple(row) == (text, answer, json.loads(answer)["output"])


def test_numbers_stay_as_they_were_written(his: Any, connect: Callable[..., Any]) -> None:
    text = '{"a": 1e400, "b": 0.10, "c": 123456789012345678901234567890.123456789, "d": -0.0}'
    his.execute(CALL + ")", "1101", text).fetchone()
    assert OdbcStore(connect()).claim(Claim("n1", 1))[0].input_data == text


def test_a_payload_of_the_largest_size_goes_through(his: Any, connect: Callable[..., Any]) -> None:
    text = '{"a": "' + "名" * (2_000_000 - 9) + '"}'
    his.execute(CALL + ")", "1101", text).fetchone()
    assert OdbcStore(connect()).claim(Claim("n1", 1))[0].input_data == text


def test_sql_in_every_text_is_only_text(his: Any, connect: Callable[..., Any]) -> None:
    fields = {
        "business_key": INJECTION,
        "serial_key": INJECTION,
        "opter": "'; DROP --",
        "opter_name": INJECTION,
    }
    text = json.dumps({"psn_no": INJECTION, INJECTION: INJECTION})
    his.execute(call(fields), "2207", text, *fields.values()).fetchone()
    store = OdbcStore(connect())
    request = store.claim(Claim(INJECTION, 1))[0]
    assert (request.input_data, request.opter, request.opter_name) == (text, "'; DROP --", INJECTION)
    store.heartbeat(Heartbeat(INJECTION, INJECTION, 1, "0'", "'"))
    store.condition(INJECTION[:32], INJECTION, INJECTION)
    poison = Attempt(
        "m'1", "a" * 64, Outcome.OK, infcode="'", err_msg=INJECTION, fault=INJECTION, response_data=INJECTION
    )
    assert store.finish(INJECTION, [Completion(request.lease, Status.ERROR, poison)]) == set()
    row = his.execute("SELECT fault, answer_data FROM medical_insurance_attempts").fetchone()
    assert tuple(row) == (INJECTION, INJECTION)


def test_an_answer_no_database_takes_costs_the_others_nothing(his: Any, connect: Callable[..., Any]) -> None:
    for _ in range(2):
        his.execute(CALL + ")", "1101", "{}").fetchone()
    store = OdbcStore(connect())
    leases = [request.lease for request in store.claim(Claim("n1", 2))]
    strange = Attempt(
        "m1", "a" * 64, Outcome.REFUSED, infcode="-" * 99, err_msg="空\0字符 \ud840", serial_no="9" * 99,
        inf_refmsgid="8" * 99, fault="f" * 99, response_data="half a pair: \udfb7",
    )  # fmt: skip
    plain = Attempt("m2", "a" * 64, Outcome.OK, infcode="0", response_data="{}")
    batch = [Completion(leases[0], Status.COMPLETED, strange), Completion(leases[1], Status.COMPLETED, plain)]
    assert len(store.finish("n1", batch)) == 2
    rows = his.execute(
        "SELECT infcode, err_msg, response_data, length(serial_no), result_status "
        "FROM v_medical_insurance_result ORDER BY request_id"
    ).fetchall()
    assert tuple(rows[0]) == ("-" * 10, "空\ufffd字符 \ufffd", "half a pair: \ufffd", 64, "BUSINESS_ERROR")
    assert rows[1][4] == "SUCCESS"
