from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.cli.reconcile.sheet import COLUMNS, cell, write_sheet
from report_rows import NOON, case_line, only_theirs, report_of, totals_line


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_table_excel_opens_as_chinese(tmp_path: Path) -> None:
    file = tmp_path / "对账.csv"
    closed = case_line(3, case_state="CLOSED", closed_by="王主任", close_reason="已退费", close_time=NOON)

    write_sheet(report_of(case_line(), only_theirs(), closed, totals=[totals_line()]), file)

    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    theirs, amounts, done, totals = rows(file)
    assert (
        theirs["记录"],
        theirs["结论"],
        theirs["状态"],
        theirs["本方医疗费总额"],
        theirs["医保端医疗费总额"],
    ) == ("差异", "仅医保端有", "待处理", "", "88.00")
    assert (amounts["不同的金额"], amounts["险种"], amounts["人员编号"]) == (
        "医疗费总额",
        "310 职工基本医疗保险",
        "****6571",
    )
    assert amounts["结算编号"] == "\t990000000000001"
    assert (done["关闭人"], done["关闭依据"], done["关闭时间"]) == ("王主任", "已退费", "2026-03-02 06:30:00")
    assert (totals["记录"], totals["笔数"], totals["本方基金支付"], totals["结论"]) == (
        "总账",
        "12",
        "800.00",
        "不平",
    )
    assert all(set(row) == set(COLUMNS) for row in (theirs, totals))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        (Decimal("-25.1"), "-25.10"),
        (None, ""),
        ("990000000000001", "\t990000000000001"),
        ("****6571", "****6571"),
        (12, "12"),
    ],
)
def test_no_cell_is_run_or_rounded(value: Any, shown: str) -> None:
    assert cell(value) == shown


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert not cell(text).lstrip().startswith(("=", "+", "-", "@"))
