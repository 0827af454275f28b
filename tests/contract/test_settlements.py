"""The account of settlements, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from answer_book import DAY, ORG, AnswerBook, told
from mi_bridge.domain.settlement import Account, Amounts, Period, SettlementKind
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.settlement_entry import EntryReader
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.odbc_reconciliation_store import OdbcReconciliationStore

TODAY = Period(DAY, DAY)
CODES = load_settlement_rules().kinds
ACCOUNT = Account(ORG, "310", "11", "990101")


@pytest.fixture
def store(connect: Callable[..., DatabaseConnection]) -> OdbcReconciliationStore:
    return OdbcReconciliationStore(connect())


@pytest.fixture
def ledger(his: Any) -> AnswerBook:
    return AnswerBook(his)


@pytest.fixture
def collect(store: OdbcReconciliationStore) -> Callable[[], int]:
    """Read every answer into the account, a few at a time; returns how many were new."""
    profile = load_profile("demo")
    reader = EntryReader(profile, profile.catalogue(), CODES)

    def run() -> int:
        new, after = 0, None
        while page := store.answers(CODES, after, 3):
            new += store.enter([reader.read(answer) for answer in page.answers], page)
            after = page.upto
        return new

    return run


def test_settlements_are_entered_once_whoever_reads(
    ledger: AnswerBook, collect: Callable[[], int], store: OdbcReconciliationStore
) -> None:
    first, msgid = ledger.answer(told=told("s1"))
    ledger.answer("1101", told=told("not a settlement"))
    ledger.answer(told=told("refused"), outcome="REFUSED")
    ledger.answer("2304", told=told("s2", "250.40", setl_time=f"{DAY} 23:59:59"))
    ledger.answer("2304", told=told("tomorrow", setl_time=f"{DAY + timedelta(days=1)} 00:00:00"))

    assert (collect(), collect()) == (3, 0)

    found = store.settlements(TODAY)
    assert [row.setl_id for row in found] == ["s1", "s2"]
    assert found[0].request_id == first
    assert (found[0].msgid, found[0].kind, found[0].account) == (msgid, SettlementKind.SETTLEMENT, ACCOUNT)
    assert found[0].amounts == Amounts(Decimal("100.00"), Decimal("60.50"), Decimal("10.00"))
    assert found[0].setl_time == datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001 - the platform's local time
    assert found[1].amounts.medfee_sumamt == Decimal("250.40")
    assert store.accounts(TODAY) == [ACCOUNT]


def test_a_refund_takes_what_its_answer_leaves_out_from_its_settlement(
    ledger: AnswerBook, collect: Callable[[], int], store: OdbcReconciliationStore
) -> None:
    ledger.answer(told=told("s1"))
    bare = {
        "setl_id": "r1",
        "mdtrt_id": "vs1",
        "setl_time": f"{DAY} 10:00:00",
        "medfee_sumamt": -100,
        "fund_pay_sumamt": "-60.50",
        "acct_pay": -10,
    }
    ledger.answer("2208", asked={"data": {"setl_id": "s1", "psn_no": "990101198001016571"}}, told=bare)

    collect()

    refund = store.settlements(TODAY)[1]
    assert (refund.kind, refund.setl_id, refund.account) == (SettlementKind.REFUND, "r1", ACCOUNT)
    assert refund.amounts == Amounts(Decimal(-100), Decimal("-60.50"), Decimal(-10))
    assert refund.psn_no == "990101198001016571"


def test_what_his_own_2601_reversed_does_not_stand(
    ledger: AnswerBook, collect: Callable[[], int], store: OdbcReconciliationStore
) -> None:
    _, gone = ledger.answer(told=told("s1"))
    ledger.answer(told=told("s2"))
    ledger.answer("2601", asked={"data": {"omsgid": gone, "oinfno": "2207", "psn_no": "1"}})

    collect()

    assert [row.setl_id for row in store.settlements(TODAY)] == ["s2"]


def test_what_a_person_recorded_is_there_without_amounts(
    ledger: AnswerBook, collect: Callable[[], int], store: OdbcReconciliationStore, his: Any
) -> None:
    ledger.answer(told={"setl_id": "by hand"}, msgid=None)
    ledger.answer(text="no json at all")

    collect()

    day = his.execute("SELECT now()::timestamp").fetchone()[0].date()
    found = store.settlements(Period(day, day))
    assert [(row.setl_id, row.comparable) for row in found] == [("by hand", False), ("", False)]


def test_answers_older_than_a_day_are_not_read_again(
    ledger: AnswerBook, collect: Callable[[], int], store: OdbcReconciliationStore, his: Any
) -> None:
    for number in range(7):
        ledger.answer(told=told(f"old{number}"), age="2 days")
    ledger.answer(told=told("new"))
    collect()

    assert (
        his.execute(
            "SELECT counter_value FROM medical_insurance_counters WHERE counter_name = 'settlements'"
        ).fetchone()[0]
        == 7
    )
    page = store.answers(CODES, None, 100)
    assert page is not None
    assert (page.after, page.upto, page.answers) == (7, 8, [])
    assert store.answers(CODES, 8, 100) is None


def test_a_message_leads_to_its_request(store: OdbcReconciliationStore, his: Any, ledger: AnswerBook) -> None:
    request, msgid = ledger.answer(status="REVERSED", outcome="UNKNOWN")
    his.execute(
        "INSERT INTO medical_insurance_attempts (request_id, epoch, msgid, node_id, body_hash, create_time) VALUES (?, 1, ?, 'n', 'x', now())",
        request, msgid,
    )  # fmt: skip

    found = store.messages([msgid, "unknown", "x" * 99])

    assert set(found) == {msgid}
    assert (found[msgid].request_id, found[msgid].status) == (request, "REVERSED")
    assert store.messages([]) == {}
