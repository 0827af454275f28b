"""People decide on MANUAL requests: named, with a reason, once; and the request believes them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from hospitals import MONEY, NEVER
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepKind
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.port import Claim
from unresolved import LEASE_S, QUIET_S, RESOLVER, WORKER, Case, bring, uncertain

WHO, WHY = "张组长", "电话核对 12393，工单 7"
CALL = "CALL sp_medical_insurance_resolve(?, ?, ?, ?, ?)"
DECISIONS = (
    "SELECT decision, operator, reason, setl_id, status_before, status_after FROM medical_insurance_decisions"
)


def manual(hospital: Any, code: str = MONEY, *, quiet: bool = True, **fields: Any) -> Case:
    case = uncertain(hospital, code, **fields)
    case.to_manual(reversed_before=code == MONEY)
    if quiet:
        hospital.pass_time(QUIET_S + 1)
    return case


@pytest.mark.parametrize(
    ("decision", "status", "result_status", "code"),
    [
        ("EFFECTIVE", Status.COMPLETED, "SUCCESS", None),
        ("NOT_EFFECTIVE", Status.REVERSED, "REVERSED", -1004),
        ("RETRY", Status.UNCERTAIN, "UNCERTAIN", -1009),
    ],
)
def test_a_person_ends_the_doubt(
    hospital: Any, decision: str, status: Status, result_status: str, code: int | None
) -> None:
    case = manual(hospital)
    assert hospital.resolve(case.number, decision, WHO, WHY, "S1") == 0
    seen = hospital.see(case.number)
    assert (seen.status, seen.error_code, seen.resolve_tries) == (status, code, 0)
    assert hospital.result(case.number)[1] == result_status


def test_what_took_effect_carries_the_settlements_number(hospital: Any) -> None:
    case = manual(hospital)
    assert hospital.resolve(case.number, " effective ", WHO, WHY, "S-77") == 0
    _, _, infcode, text = hospital.result(case.number)
    assert infcode == "0"
    assert json.loads(text or "") == {"infcode": 0, "output": {"setlinfo": {"setl_id": "S-77"}}}


@pytest.mark.parametrize("decision", ["EFFECTIVE", "NOT_EFFECTIVE"])
def test_a_decision_frees_the_key_and_is_for_good(hospital: Any, decision: str) -> None:
    holder = '{"psn_no": "P1"}'
    case = manual(hospital, input_data=holder)
    waiting = hospital.submit(MONEY, input_data=holder)
    assert case.store.claim(Claim(WORKER, 5)) == []
    assert hospital.resolve(case.number, decision, WHO, WHY, "S1") == 0
    settled = hospital.see(case.number)
    assert [one.request_id for one in case.store.claim(Claim(WORKER, 5))] == [waiting]
    for again in ("EFFECTIVE", "NOT_EFFECTIVE", "RETRY"):
        assert hospital.resolve(case.number, again, WHO, WHY) == -1004
    assert not case.late(Outcome.OK)
    assert not case.finish(Status.MANUAL)
    assert case.begin() == ""
    assert case.store.claim_uncertain(RESOLVER, 5, LEASE_S) == []
    assert hospital.see(case.number) == settled


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.MANUAL}))
def test_people_decide_on_nothing_else(hospital: Any, status: Status) -> None:
    case = bring(hospital, status)
    before = hospital.see(case.number)
    for decision in ("EFFECTIVE", "NOT_EFFECTIVE", "RETRY"):
        assert hospital.resolve(case.number, decision, WHO, WHY, "S1") == -1004
    assert hospital.see(case.number) == before


@pytest.mark.parametrize("code", [MONEY, NEVER])
def test_people_too_believe_an_absence_only_after_the_quiet_period(hospital: Any, code: str) -> None:
    case = manual(hospital, code, quiet=False)
    assert hospital.resolve(case.number, "NOT_EFFECTIVE", WHO, WHY) == -1004
    assert case.status is Status.MANUAL
    hospital.pass_time(QUIET_S + 1)
    assert hospital.resolve(case.number, "NOT_EFFECTIVE", WHO, WHY) == 0


def test_what_nothing_can_undo_is_not_tried_again(hospital: Any) -> None:
    case = manual(hospital, NEVER)
    assert hospital.resolve(case.number, "RETRY", WHO, WHY) == -1004
    assert case.status is Status.MANUAL
    assert hospital.resolve(case.number, "NOT_EFFECTIVE", WHO, WHY) == 0


def test_after_another_try_success_stays_out_of_reach(hospital: Any) -> None:
    """An earlier reversal may have taken the effect away, or may still: neither a late answer nor an inquiry decides."""
    case = manual(hospital)
    assert hospital.resolve(case.number, "RETRY", WHO, WHY) == 0
    assert not case.late(Outcome.OK)
    held = case.lease_step()
    assert held.status is Status.REVERSING, "so that the resolver does not inquire"
    asked = case.begin(StepKind.INQUIRY)
    assert not case.finish(Status.COMPLETED, asked or "never-sent", Outcome.OK)
    assert case.status is Status.UNCERTAIN
    msgid = case.begin()
    assert hospital.see(case.number).resolve_tries == 1
    assert case.finish(Status.REVERSED, msgid, Outcome.OK)


def test_another_try_of_what_was_never_reversed_may_still_succeed(hospital: Any) -> None:
    case = uncertain(hospital)
    case.to_manual(reversed_before=False)
    assert hospital.resolve(case.number, "RETRY", WHO, WHY) == 0
    assert case.lease_step().status is Status.UNCERTAIN
    assert case.finish(Status.COMPLETED, case.begin(StepKind.INQUIRY), Outcome.OK)


def test_another_try_is_not_undone_by_a_resolvers_repeated_write(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    msgid = case.begin()
    assert case.finish(Status.MANUAL, msgid)
    assert hospital.resolve(case.number, "RETRY", WHO, WHY) == 0
    assert not case.finish(Status.MANUAL, msgid), "the first answer to this call was lost"
    assert case.status is Status.UNCERTAIN


def test_another_try_believes_an_absence_after_the_same_quiet_period(hospital: Any) -> None:
    case = manual(hospital, quiet=False)
    assert hospital.resolve(case.number, "RETRY", WHO, WHY) == 0
    assert case.lease_step().quiet_ms > 0
    assert not case.finish(Status.REVERSED, case.begin(), Outcome.REFUSED, needs_quiet=True)
    hospital.pass_time(QUIET_S + 1)
    assert case.lease_step().quiet_ms == 0
    assert case.finish(Status.REVERSED, case.begin(), Outcome.REFUSED, needs_quiet=True)


@pytest.mark.parametrize(
    ("decision", "operator", "reason", "setl_id"),
    [
        ("", WHO, WHY, ""),
        ("MAYBE", WHO, WHY, ""),
        ("EFFECTIVE", " ", WHY, ""),
        ("EFFECTIVE", "长" * 51, WHY, ""),
        ("EFFECTIVE", WHO, "\t\u3000", ""),
        ("EFFECTIVE", WHO, "长" * 501, ""),
        ("EFFECTIVE", WHO, WHY, "9" * 41),
    ],
)
def test_a_decision_without_name_reason_or_sense_decides_nothing(
    hospital: Any, decision: str, operator: str, reason: str, setl_id: str
) -> None:
    case = manual(hospital)
    assert hospital.resolve(case.number, decision, operator, reason, setl_id) == -1001
    assert hospital.resolve(99, "RETRY", WHO, WHY) == -1001
    assert case.status is Status.MANUAL


@pytest.fixture
def case(both: Any) -> Case:
    """A MANUAL request on PostgreSQL."""
    return manual(both[1])


def test_an_early_absence_is_refused_with_the_time_to_wait(his: Any, both: Any) -> None:
    early = manual(both[1], quiet=False)
    code, message = his.execute(CALL, early.number, "NOT_EFFECTIVE", WHO, WHY, None).fetchone()
    assert code == -1004
    assert message.startswith("不能决定未生效：原报文在 ")
    assert message.endswith(" 秒内仍可能生效，请届时再核实一次")


def test_all_faults_are_told_at_once_in_chinese(his: Any, case: Case) -> None:
    code, message = his.execute(CALL, case.number, "X", "", None, "9" * 41).fetchone()
    assert code == -1001
    assert message == (
        "参数错误：decision：应为 EFFECTIVE（已生效）、NOT_EFFECTIVE（未生效）或 RETRY（再次冲正）；operator：请填写决定人，不超过 50 个字符；"
        "reason：请填写依据，不超过 500 个字符；setl_id：不能超过 40 个字符"
    )


@pytest.mark.parametrize("number", [None, -1, 10**15])
def test_an_unknown_request_is_named(his: Any, case: Case, number: int | None) -> None:
    code, message = his.execute(CALL, number, "RETRY", WHO, WHY, None).fetchone()
    shown = "NULL" if number is None else number
    assert (code, message) == (-1001, f"参数错误：request_id：没有编号为 {shown} 的请求")


def test_hostile_text_is_kept_as_it_is(his: Any, case: Case) -> None:
    reason = "'; DROP TABLE medical_insurance_requests; -- 𠮷😀 %s {0} \\"
    assert his.execute(CALL, case.number, "EFFECTIVE", "O'Brien", reason, 'S"1\\').fetchone()[0] == 0
    assert tuple(his.execute(DECISIONS).fetchone()) == (
        "EFFECTIVE", "O'Brien", reason, 'S"1\\', "MANUAL", "COMPLETED")  # fmt: skip
    text = his.execute("SELECT response_data FROM v_medical_insurance_result").fetchone()[0]
    assert json.loads(text)["output"]["setlinfo"]["setl_id"] == 'S"1\\'


def test_each_decision_is_audited_and_refused_ones_are_not(his: Any, case: Case) -> None:
    assert his.execute(CALL, case.number, "retry", WHO, WHY, None).fetchone()[0] == 0
    assert his.execute(CALL, case.number, "RETRY", WHO, WHY, None).fetchone()[0] == -1004
    case.to_manual()
    case.hospital.pass_time(QUIET_S + 1)
    assert his.execute(CALL, case.number, "NOT_EFFECTIVE", f" {WHO} ", WHY, "").fetchone()[0] == 0
    assert [tuple(row) for row in his.execute(f"{DECISIONS} ORDER BY decision_id").fetchall()] == [
        ("RETRY", WHO, WHY, None, "MANUAL", "UNCERTAIN"),
        ("NOT_EFFECTIVE", WHO, WHY, None, "MANUAL", "REVERSED"),
    ]


def test_two_people_at_once_decide_once(his: Any, installed: str, case: Case) -> None:
    codes: list[int] = []

    def decide(decision: str) -> None:
        connection = load_pyodbc().connect(installed, autocommit=True)
        codes.append(connection.execute(CALL, case.number, decision, WHO, WHY, None).fetchone()[0])
        connection.close()

    threads = [threading.Thread(target=decide, args=(word,)) for word in ("EFFECTIVE", "NOT_EFFECTIVE") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [-1004] * 5 + [0]
    assert len(his.execute(DECISIONS).fetchall()) == 1


def test_the_list_for_people_tells_what_is_known_and_no_payload(his: Any, case: Case) -> None:
    cursor = his.execute("SELECT * FROM v_medical_insurance_manual")
    names = [column[0] for column in cursor.description]
    (row,) = cursor.fetchall()
    shown = dict(zip(names, row, strict=True))
    assert (shown["request_id"], shown["original_msgid"]) == (case.number, case.original())
    assert (shown["original_outcome"], shown["reversal_tries"]) == ("UNKNOWN", 1)
    assert "sp_medical_insurance_resolve" in shown["advice"]
    assert shown["age_seconds"] >= 0
    assert not {"input_data", "opter", "opter_name", "order_key"} & set(names)
