"""A run from the answers to the cases; the platform and the database are doubles."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from account_desk import (
    BALANCED,
    CITY,
    DIFFERS,
    ORG,
    RURAL,
    UNKNOWN,
    WARD,
    Cabinet,
    Desk,
    alien,
    answer,
    row_of,
    settled,
)
from mi_bridge.bridge.reconciler import Reconciler, ReconcilerOptions
from mi_bridge.domain.reconciliation_case import OwnRequest
from mi_bridge.domain.settlement import Account, Book, Period
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.settlement_entry import EntryReader
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.store.reconciliation_port import AnswerPage

TODAY = Period(date(2026, 3, 1), date(2026, 3, 1))
TWO_DAYS = Period(date(2026, 3, 1), date(2026, 3, 2))
BOOK = CITY.book


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def cabinet() -> Cabinet:
    return Cabinet()


@pytest.fixture
def reconciler(desk: Desk, cabinet: Cabinet) -> Reconciler:
    profile, kinds = load_profile("demo"), load_settlement_rules().kinds
    reader = EntryReader(profile, profile.catalogue(), kinds, org_code=ORG)
    return Reconciler(cabinet, desk, reader, kinds, ReconcilerOptions("n1", ORG, "990101"))


async def test_totals_that_agree_need_no_details(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    cabinet.kept = [settled(1), settled(2, total="2.50"), settled(3, RURAL)]

    summary = await reconciler.run(TODAY)

    assert [(account, sums.count, sums.medfee_sumamt) for account, _, sums in desk.asked] == [
        (CITY, 2, Decimal("12.50")),
        (RURAL, 1, Decimal("10.00")),
    ]
    assert desk.compared == []
    findings = cabinet.recorded[0][1]
    assert (findings.outcome, findings.settlements, findings.cases, findings.message) == (
        "BALANCED",
        3,
        [],
        "",
    )
    assert (TODAY.first, BOOK) in findings.examined
    assert [(one.outcome, one.detailed) for one in findings.totals] == [("BALANCED", False)] * 2
    assert (summary.run_id, summary.new_cases, summary.entered) == (1, 0, 0)


async def test_answers_are_entered_page_by_page(reconciler: Reconciler, cabinet: Cabinet) -> None:
    cabinet.pages = [
        AnswerPage(0, 5, [answer(1), answer(4)]),
        AnswerPage(5, 9, []),
        AnswerPage(9, 10, [answer(10)]),
    ]

    summary = await reconciler.run(TODAY)

    assert summary.entered == 3
    assert [entry["request_id"] for entry in cabinet.entered] == [1, 4, 10]
    assert {entry["org_code"] for entry in cabinet.entered} == {ORG}


async def test_one_account_that_differs_has_its_whole_book_compared(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    ours = [settled(1), settled(2), settled(3, RURAL), settled(4, WARD)]
    cabinet.kept = ours
    desk.totals_of[RURAL] = DIFFERS
    desk.rows_of[BOOK] = [row_of(ours[0]), row_of(ours[1]), row_of(ours[2], agrees=False, total="9.00")]

    await reconciler.run(TODAY)

    # the file of 3202 says no insurance type: what is left out would come back as the platform's own
    assert desk.compared == [(BOOK, TODAY, ["s1", "s2", "s3"])]
    findings = cabinet.recorded[0][1]
    assert [(case.kind.value, case.request_id, case.account) for case in findings.cases] == [
        ("AMOUNTS_DIFFER", 3, RURAL)
    ]
    assert [(one.outcome, one.detailed) for one in findings.totals] == [
        ("BALANCED", True),
        ("DIFFERS", True),
        ("BALANCED", False),
    ]
    assert findings.outcome == "DIFFERS"


async def test_an_account_used_lately_is_asked_though_nothing_was_settled(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    cabinet.used = [Account(ORG, "390", "11", "")]
    cabinet.own = {"m7": OwnRequest(7, "MANUAL")}
    desk.totals_of[RURAL] = DIFFERS
    desk.rows_of[BOOK] = [alien("m7"), alien("m8")]

    await reconciler.run(TODAY)

    assert cabinet.lookback == Period(date(2026, 1, 29), date(2026, 3, 1))
    assert [(account, sums.count) for account, _, sums in desk.asked] == [(RURAL, 0)]
    cases = cabinet.recorded[0][1].cases
    assert [(case.kind.value, case.request_id, case.found_status, case.msgid) for case in cases] == [
        ("ONLY_THEIRS", 7, "MANUAL", "m7"),
        ("ONLY_THEIRS", None, "", "m8"),
    ]


async def test_what_has_no_amounts_is_told_and_not_sent(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    cabinet.kept = [settled(1), settled(2, total=None), settled(3, total=None)]
    cabinet.own = {"m3": OwnRequest(3, "COMPLETED")}
    desk.totals_of[CITY] = DIFFERS
    desk.rows_of[BOOK] = [row_of(cabinet.kept[0]), alien("m3")]

    await reconciler.run(TODAY)

    assert desk.compared[0][2] == ["s1"]
    findings = cabinet.recorded[0][1]
    assert [(case.kind.value, case.request_id) for case in findings.cases] == [
        ("ONLY_THEIRS", 3),
        ("NOT_COMPARABLE", 2),
    ]
    assert (TODAY.first, Book(ORG, "", "")) in findings.examined


@pytest.mark.parametrize("verdict", [DIFFERS, UNKNOWN])
async def test_no_details_leave_the_run_unfinished(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet, verdict: object
) -> None:
    cabinet.kept = [settled(1)]
    desk.totals_of[CITY] = verdict  # type: ignore[assignment]  # one of the two
    desk.rows_of[BOOK] = "3202 对明细账没有成功：FSI-文件为空"

    await reconciler.run(TODAY)

    findings = cabinet.recorded[0][1]
    assert findings.outcome == "INCOMPLETE"
    assert findings.message == "2026-03-01 清算类别 11 经办机构 990101：3202 对明细账没有成功：FSI-文件为空"
    assert (TODAY.first, BOOK) not in findings.examined
    kinds = [(case.kind.value, case.words) for case in findings.cases]
    assert kinds == (
        [("TOTALS_DIFFER", "不平；3202 对明细账没有成功：FSI-文件为空")] if verdict is DIFFERS else []
    )


async def test_details_settle_what_totals_left_open(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    cabinet.kept = [settled(1)]
    desk.totals_of[CITY] = UNKNOWN
    desk.rows_of[BOOK] = [row_of(cabinet.kept[0])]

    await reconciler.run(TODAY)

    assert cabinet.recorded[0][1].outcome == "BALANCED"


async def test_totals_that_differ_while_every_row_agrees_are_a_case(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    cabinet.kept = [settled(1)]
    desk.totals_of[CITY] = DIFFERS
    desk.rows_of[BOOK] = [row_of(cabinet.kept[0])]

    await reconciler.run(TODAY)

    findings = cabinet.recorded[0][1]
    assert [(case.kind.value, case.words) for case in findings.cases] == [
        ("TOTALS_DIFFER", "不平；明细没有指出差异")
    ]
    assert (TODAY.first, BOOK) in findings.examined


async def test_a_result_without_any_agreeing_row_raises_no_false_alarms(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    ours = [settled(number) for number in range(1, 5)]
    cabinet.kept = ours
    desk.totals_of[CITY] = DIFFERS
    desk.rows_of[BOOK] = [row_of(ours[0], agrees=False, total="9.00")]

    await reconciler.run(TODAY)

    findings = cabinet.recorded[0][1]
    assert [(case.kind.value, case.request_id) for case in findings.cases] == [("AMOUNTS_DIFFER", 1)]
    assert findings.outcome == "INCOMPLETE"
    assert "3 笔未列出的结算无法判断" in findings.message
    assert (TODAY.first, BOOK) not in findings.examined

    desk.rows_of[BOOK] = [row_of(ours[0]), row_of(ours[1])]
    await reconciler.run(TODAY)
    cases = cabinet.recorded[1][1].cases
    assert [(case.kind.value, case.request_id) for case in cases] == [("ONLY_OURS", 3), ("ONLY_OURS", 4)]


async def test_a_longer_period_is_asked_once_and_day_by_day_where_it_differs(
    reconciler: Reconciler, desk: Desk, cabinet: Cabinet
) -> None:
    cabinet.kept = [settled(1), settled(2, day=2), settled(3, WARD)]
    desk.totals_of[CITY] = DIFFERS
    desk.totals_of[CITY, 1] = BALANCED
    desk.rows_of[BOOK, 2] = [row_of(cabinet.kept[1], total="11.00"), alien("m9")]

    await reconciler.run(TWO_DAYS)

    periods = [(account.clr_type, period.first.day, period.last.day) for account, period, _ in desk.asked]
    assert periods == [("11", 1, 2), ("11", 1, 1), ("11", 2, 2), ("21", 1, 2)]
    assert desk.compared == [(BOOK, TWO_DAYS.days[1], ["s2"])]
    findings = cabinet.recorded[0][1]
    assert [(case.kind.value, case.day.day) for case in findings.cases] == [
        ("AMOUNTS_DIFFER", 2),
        ("ONLY_THEIRS", 2),
    ]
    assert [(day.day, book) for day, book in findings.examined if book.clr_type] == [(1, BOOK), (2, BOOK)]


async def test_many_faults_are_told_shortly(reconciler: Reconciler, desk: Desk, cabinet: Cabinet) -> None:
    accounts = [Account(ORG, "310", str(number), "990101") for number in range(10, 15)]
    cabinet.used = accounts
    for account in accounts:
        desk.totals_of[account] = UNKNOWN
        desk.rows_of[account.book] = "没有成功"

    await reconciler.run(TODAY)

    message = cabinet.recorded[0][1].message
    assert message.count("没有成功") == 3
    assert message.endswith("；另有 2 处")
