"""The cases of a reconciliation, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from answer_book import DAY, ORG, AnswerBook
from mi_bridge.domain.reconciliation import DifferenceKind
from mi_bridge.domain.reconciliation_case import Case
from mi_bridge.domain.settlement import Account, Amounts, Book, Period, Sums
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.odbc_reconciliation_store import OdbcReconciliationStore
from mi_bridge.store.reconciliation_port import ComparedTotals, Findings

TODAY = Period(DAY, DAY)
ACCOUNT = Account(ORG, "310", "11", "990101")


@pytest.fixture
def store(connect: Callable[..., DatabaseConnection]) -> OdbcReconciliationStore:
    return OdbcReconciliationStore(connect())


@pytest.fixture
def ledger(his: Any) -> AnswerBook:
    return AnswerBook(his)


def case(setl_id: str = "s1", kind: DifferenceKind = DifferenceKind.ONLY_OURS, **fields: Any) -> Case:
    return Case(
        DAY,
        ACCOUNT,
        kind,
        setl_id=setl_id,
        psn_no="990101198001016571",
        ours=Amounts(Decimal("1.10")),
        **fields,
    )


def found(*cases: Case, examined: bool = True, outcome: str = "DIFFERS") -> Findings:
    totals = ComparedTotals(ACCOUNT, TODAY, Sums(2, 1, Decimal("3.30")), "DIFFERS", "不平", detailed=True)
    return Findings(outcome, 2, "", [totals], [(DAY, ACCOUNT.book)] if examined else [], cases)


def states(his: Any) -> dict[str, str]:
    rows = his.execute("SELECT setl_id, case_state FROM v_medical_insurance_reconciliation").fetchall()
    return {row[0]: row[1] for row in rows}


def test_a_second_run_makes_no_second_case(store: OdbcReconciliationStore, his: Any) -> None:
    first = store.begin_run("n1", TODAY)
    assert store.record(first, found(case("s1"), case("s2"))) == 2
    assert (
        store.record(first, found(case("s1"), case("s3"))) == 0
    )  # repeated after its commit was not heard of
    second = store.begin_run("n1", TODAY)
    assert store.record(second, found(case("s1"), case("s2"))) == 0

    rows = his.execute(
        "SELECT first_run_id, last_run_id FROM medical_insurance_reconciliation_cases ORDER BY 1"
    ).fetchall()
    assert [tuple(row) for row in rows] == [(first, second), (first, second)]
    assert tuple(store.runs(TODAY)[0][6:8]) == ("DIFFERS", 2)


def test_a_difference_that_is_gone_is_marked_and_comes_back(store: OdbcReconciliationStore, his: Any) -> None:
    store.record(store.begin_run("n1", TODAY), found(case("s1"), case("s2")))
    store.record(store.begin_run("n1", TODAY), found(case("s1"), examined=False))
    assert states(his) == {"s1": "OPEN", "s2": "OPEN"}  # nobody looked
    store.record(store.begin_run("n1", TODAY), found(case("s1")))
    assert states(his) == {"s1": "OPEN", "s2": "GONE"}
    assert store.record(store.begin_run("n1", TODAY), found(case("s1"), case("s2"))) == 0
    assert states(his) == {"s1": "OPEN", "s2": "OPEN"}


def test_an_earlier_run_that_ends_later_outdoes_nothing(store: OdbcReconciliationStore, his: Any) -> None:
    store.record(store.begin_run("n1", TODAY), found(case("s1")))
    early, late = store.begin_run("n1", TODAY), store.begin_run("n2", TODAY)
    store.record(late, found(case("s2")))
    assert states(his) == {"s1": "GONE", "s2": "OPEN"}
    store.record(early, found(case("s1")))
    assert states(his) == {"s1": "GONE", "s2": "OPEN"}


def test_other_amounts_are_another_difference(store: OdbcReconciliationStore, his: Any) -> None:
    store.record(store.begin_run("n1", TODAY), found(case("s1")))
    changed = Case(DAY, ACCOUNT, DifferenceKind.ONLY_OURS, setl_id="s1", ours=Amounts(Decimal("1.20")))
    assert store.record(store.begin_run("n1", TODAY), found(changed)) == 1
    same = Case(DAY, ACCOUNT, DifferenceKind.ONLY_OURS, setl_id="s1", ours=Amounts(Decimal("1.200")))
    assert store.record(store.begin_run("n1", TODAY), found(same)) == 0
    rows = his.execute(
        "SELECT our_medfee_sumamt, case_state FROM v_medical_insurance_reconciliation ORDER BY 1"
    ).fetchall()
    assert [tuple(row) for row in rows] == [(Decimal("1.10"), "GONE"), (Decimal("1.20"), "OPEN")]


def test_many_runs_at_once_make_each_case_once(connect: Callable[..., DatabaseConnection], his: Any) -> None:
    stores = [OdbcReconciliationStore(connect()) for _ in range(4)]
    cases = [case(f"s{number}") for number in range(40)]
    added: list[int] = []

    def run(store: OdbcReconciliationStore, order: int) -> None:
        for _ in range(3):
            run_id = store.begin_run(f"n{order}", TODAY)
            added.append(store.record(run_id, found(*cases[order:], *cases[:order][::-1])))

    threads = [threading.Thread(target=run, args=(store, number * 7)) for number, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(added) == 12
    assert sum(added) == 40
    counts = his.execute(
        "SELECT count(*), count(DISTINCT setl_id) FROM medical_insurance_reconciliation_cases"
    )
    assert tuple(counts.fetchone()) == (40, 40)
    assert set(states(his).values()) == {"OPEN"}


def close(his: Any, number: int, operator: str = "王主任", reason: str = "两定平台已核对") -> tuple[int, str]:
    row = his.execute(
        "CALL sp_medical_insurance_reconciliation_close(?::bigint, ?::varchar, ?::varchar)",
        number,
        operator,
        reason,
    ).fetchone()
    return row[0], row[1]


def test_a_person_closes_a_case_once_with_a_name_and_a_reason(
    store: OdbcReconciliationStore, his: Any
) -> None:
    store.record(store.begin_run("n1", TODAY), found(case("s1")))
    number = his.execute("SELECT case_id FROM v_medical_insurance_reconciliation").fetchone()[0]

    assert close(his, number, "  ", "　") == (
        -1001,
        "参数错误：operator：请填写关闭人，不超过 50 个字符；reason：请填写依据，不超过 500 个字符",
    )
    assert close(his, 999) == (-1001, "参数错误：case_id：没有编号为 999 的对账差异")
    assert close(his, number, " 王主任 ") == (0, "")
    assert close(his, number, "李主任") == (-1004, "不能关闭：该差异已由 王主任 关闭")

    row = his.execute(
        "SELECT case_state, closed_by, close_reason, next_step FROM v_medical_insurance_reconciliation"
    ).fetchone()
    assert tuple(row) == ("CLOSED", "王主任", "两定平台已核对", "已关闭")
    assert store.record(store.begin_run("n1", TODAY), found(case("s1"))) == 0
    assert states(his) == {"s1": "CLOSED"}


def alerts(his: Any) -> dict[str, str]:
    rows = his.execute("SELECT alert_type, alert_message FROM sp_check_medical_insurance_alerts()").fetchall()
    return {row[0]: row[1] for row in rows}


def test_open_cases_raise_an_alert_with_their_number_and_age(
    store: OdbcReconciliationStore, his: Any
) -> None:
    assert "RECONCILIATION_DIFFERS" not in alerts(his)
    store.record(store.begin_run("n1", TODAY), found(case("s1"), case("s2")))
    his.execute(
        "UPDATE medical_insurance_reconciliation_cases SET first_seen = first_seen - interval '1 hour' WHERE setl_id = 's2'"
    )
    text = alerts(his)["RECONCILIATION_DIFFERS"]
    assert text.startswith("有 2 个对账差异待处理，最久 360")
    for row in his.execute("SELECT case_id FROM v_medical_insurance_reconciliation").fetchall():
        close(his, row[0])
    assert "RECONCILIATION_DIFFERS" not in alerts(his)


def test_days_that_were_not_finished_raise_one_alert_until_made_good(
    store: OdbcReconciliationStore, his: Any
) -> None:
    today = his.execute("SELECT current_date").fetchone()[0]
    days = [Period(today - timedelta(days=ago), today - timedelta(days=ago)) for ago in (1, 2, 90)]
    lacking = Findings("INCOMPLETE", 0, "3202 没有成功", [], [], [])
    for day in (days[1], days[2], days[0], days[0]):
        store.record(store.begin_run("n1", day), lacking)
    assert (
        alerts(his)["RECONCILIATION_FAILED"]
        == f"有 2 次对账未能完成，最近一次 {days[0].first}：3202 没有成功"
    )

    store.begin_run("n1", days[0])  # under way: nothing is made good yet
    assert "有 2 次" in alerts(his)["RECONCILIATION_FAILED"]
    store.record(
        store.begin_run("n1", Period(days[1].first, days[0].first)), Findings("DIFFERS", 0, "", [], [], [])
    )
    assert "RECONCILIATION_FAILED" not in alerts(his)


def test_the_view_masks_the_patient_and_says_what_to_do(
    store: OdbcReconciliationStore, ledger: AnswerBook, his: Any
) -> None:
    wanted = {
        ("COMPLETED", "OK"): "两边都有此结算",
        ("COMPLETED", "REFUSED"): "矛盾",
        ("REVERSED", "UNKNOWN"): "矛盾",
        ("ERROR", "UNKNOWN"): "矛盾",
        ("MANUAL", "UNKNOWN"): "见人工核实",
        ("UNCERTAIN", "UNKNOWN"): "仍在核实",
    }
    cases = [
        case(
            f"{status} {outcome}",
            DifferenceKind.ONLY_THEIRS,
            request_id=ledger.answer(status=status, outcome=outcome)[0],
        )
        for status, outcome in wanted
    ]
    more = [case(kind.value, kind) for kind in DifferenceKind]
    store.record(store.begin_run("n1", TODAY), found(*cases, *more))

    rows = his.execute(
        "SELECT setl_id, psn_no, kind_name, next_step FROM v_medical_insurance_reconciliation"
    ).fetchall()
    advice = {row[0]: row[3] for row in rows}
    assert {row[1] for row in rows} == {"****6571"}
    for (status, outcome), words in wanted.items():
        assert words in advice[f"{status} {outcome}"]
    assert len({advice[kind.value] for kind in DifferenceKind}) == len(DifferenceKind)
    assert len({row[2] for row in rows}) == len(DifferenceKind)
    assert set(store.patients(TODAY).values()) == {"990101198001016571"}
    assert len(store.cases(TODAY)) == len(rows)
    assert store.cases(Period(DAY - timedelta(days=9), DAY - timedelta(days=1))) == []


def test_a_report_sees_the_last_totals(store: OdbcReconciliationStore) -> None:
    store.record(store.begin_run("n1", TODAY), found(case("s1")))
    store.record(store.begin_run("n1", TODAY), found())
    store.begin_run("n1", TODAY)
    rows = store.totals(TODAY)
    assert [(row[2], row[6], row[7], row[10], row[12]) for row in rows] == [
        (ORG, 2, Decimal("3.30"), "DIFFERS", 1)
    ]
    assert store.runs(TODAY)[0][6] is None  # under way


def test_books_are_told_apart(store: OdbcReconciliationStore, his: Any) -> None:
    other = Account(ORG, "310", "21", "990101")
    store.record(
        store.begin_run("n1", TODAY),
        found(case("s1"), Case(DAY, other, DifferenceKind.ONLY_OURS, setl_id="s2")),
    )
    elsewhere = Findings("BALANCED", 0, "", [], [(DAY, Book(ORG, "21", "990101"))], [])
    store.record(store.begin_run("n1", TODAY), elsewhere)
    assert states(his) == {"s1": "OPEN", "s2": "GONE"}
