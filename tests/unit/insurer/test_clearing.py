from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.settlement import Account, Amounts, Period, Settlement, SettlementKind, Sums
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.clearing import (
    TotalsVerdict,
    details_input,
    platform_row,
    read_details,
    read_totals,
    totals_input,
    upload_row,
)
from mi_bridge.insurer.profile import Reconciliation
from mi_bridge.insurer.settlement_rules import load_settlement_rules

ACCOUNT = Account("H1", "310", "11", "990101")
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
SUMS = Sums(count=3, refunds=1, medfee_sumamt=Decimal("1.10"))
RULES = load_settlement_rules()


@pytest.mark.parametrize(
    ("node", "verdict", "words"),
    [
        ({"stmt_rslt": "0", "stmt_rslt_dscr": "平"}, TotalsVerdict.BALANCED, "平"),
        ({"stmt_rslt": 0}, TotalsVerdict.BALANCED, ""),
        ([{"stmt_rslt": 1, "stmt_rslt_dscr": "不平"}], TotalsVerdict.DIFFERS, "不平"),
        ({"stmt_rslt": "2"}, TotalsVerdict.UNKNOWN, ""),
        ([], TotalsVerdict.UNKNOWN, ""),
        ("平", TotalsVerdict.UNKNOWN, ""),
    ],
)
def test_the_verdict_on_totals(node: Any, verdict: TotalsVerdict, words: str) -> None:
    answer = read_totals(Answer(Outcome.OK, output={"stmtinfo": node}))

    assert (answer.verdict, answer.words) == (verdict, words)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN, Outcome.SUSPICIOUS])
def test_no_other_answer_is_a_verdict(outcome: Outcome) -> None:
    told = Answer(outcome, err_msg="无数据", output={"stmtinfo": {"stmt_rslt": "0"}})

    assert read_totals(told).verdict is TotalsVerdict.UNKNOWN
    assert read_totals(told).words == "无数据"
    assert read_details(told) is None
    assert read_totals(Answer(Outcome.OK, output=[])).verdict is TotalsVerdict.UNKNOWN


def test_what_a_site_does_differently() -> None:
    site = Reconciliation(refund_count=False, total_refund_flag="", with_times=True)

    totals = totals_input(ACCOUNT, MARCH, SUMS, site)["data"]
    details = details_input(ACCOUNT.book, MARCH, SUMS, "U1", site)["data"]

    for fields in (totals, details):
        assert fields["stmt_begndate"] == "2026-03-01 00:00:00"
        assert fields["stmt_enddate"] == "2026-03-31 23:59:59"
        assert fields["fixmedins_setl_cnt"] == 2
        assert "fixmedins_refd_setl_flag" not in fields


def test_a_refunds_row_has_its_flag_and_its_sign() -> None:
    amounts = Amounts(Decimal("-1.1"), Decimal("-1"), Decimal("-0.10"))
    moment = datetime(2026, 3, 1)  # noqa: DTZ001 - local
    refund = Settlement(1, SettlementKind.REFUND, "m", "r1", "", "", ACCOUNT, moment, amounts)
    site = Reconciliation(row_flags=("N", "Y"))

    assert upload_row(refund, RULES.upload_columns, site) == [
        "r1",
        None,
        None,
        "-1.10",
        "-1.00",
        "-0.10",
        "Y",
    ]
    row = platform_row(
        [None, "", "r1", "m", "0", "Y", None, "-1.10", "-1", "-0.1"], RULES.result_columns, site
    )
    assert (row.refund, row.agrees, row.amounts.differing(amounts)) == (True, True, ())
