from __future__ import annotations

from datetime import date
from decimal import Decimal

from mi_bridge.cli.reconcile.reading import gap, label
from mi_bridge.domain.settlement import Period
from report_rows import DAY, case_line, only_theirs, report_of, run_line


def test_open_differences_come_first_and_the_largest_before_the_others() -> None:
    report = report_of(
        case_line(1, case_state="CLOSED"), case_line(2), only_theirs(3), case_line(4, case_state="GONE")
    )

    assert [case["case_id"] for case in report.cases] == [3, 2, 4, 1]
    assert [case["case_id"] for case in report.open_cases] == [3, 2]


def test_the_gap_between_the_sides() -> None:
    assert gap(case_line(), "medfee_sumamt") == Decimal("-6.00")
    assert gap(only_theirs(), "medfee_sumamt") == Decimal("88.00")
    assert gap(case_line(their_acct_pay=None, our_acct_pay=None), "acct_pay") is None
    assert gap(case_line(kind="TOTALS_DIFFER", their_medfee_sumamt=None), "medfee_sumamt") is None


def test_days_nobody_has_reconciled_are_counted() -> None:
    runs = [run_line(), run_line(run_id=2, first_day=date(2026, 3, 3), last_day=date(2026, 3, 4))]

    report = report_of(runs=runs, period=Period(DAY, date(2026, 3, 5)))

    assert report.missing_days == 2
    assert report.unfinished == []
    assert len(report_of(runs=[run_line(outcome="INCOMPLETE"), run_line(outcome=None)]).unfinished) == 2


def test_a_later_run_of_the_month_makes_a_day_good() -> None:
    day = run_line(outcome="INCOMPLETE")
    month = run_line(run_id=2, last_day=date(2026, 3, 31), outcome="BALANCED")
    period = Period(DAY, date(2026, 3, 31))

    assert report_of(runs=[day, month], period=period).unfinished == []
    assert report_of(runs=[day, month | {"run_id": 0}], period=period).unfinished == [day]
    assert len(report_of(runs=[day, month | {"outcome": None}], period=period).unfinished) == 2


def test_patients_are_whole_only_when_asked_for() -> None:
    masked = report_of(case_line(), patients={1: "990101198001016571"})
    clear = report_of(case_line(), only_theirs(), in_clear=True, patients={1: "990101198001016571"})

    assert masked.cases[0]["psn_no"] == "****6571"
    assert {case["psn_no"] for case in clear.cases} == {"990101198001016571", ""}
    assert "6571" not in repr(clear)


def test_codes_have_their_names() -> None:
    assert label("insutype", "310") == "310 职工基本医疗保险"
    assert label("clr_type", "99968") == "99968 域外异地住院"
    assert label("insutype", "777") == "777"
    assert label("unknown", "1") == "1"
