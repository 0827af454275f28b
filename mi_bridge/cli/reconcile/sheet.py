"""The report as a table for a spreadsheet: CSV in UTF-8 with a byte order mark, which is how Excel knows it for Chinese."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from mi_bridge.cli.reconcile.reading import AMOUNT_NAMES, OUTCOMES, STATES, Line, Report, label

_FORMULA = re.compile(r"^[\s]*[=+\-@]|^[\t\r\n]")
_LONG_NUMBER = re.compile(r"\d{12,}")
"""Excel keeps 15 digits of a number and shows 12 and more as a power of ten."""
COLUMNS = (
    "记录", "对账日期", "机构", "险种", "清算类别", "经办机构", "结论", "状态", "笔数", "差异编号", "请求编号", "交易", "报文编号", "结算编号",
    "就诊编号", "人员编号", *(f"本方{name}" for name in AMOUNT_NAMES.values()), *(f"医保端{name}" for name in AMOUNT_NAMES.values()),
    "不同的金额", "医保端说明", "下一步", "首次发现", "最近发现", "关闭人", "关闭依据", "关闭时间",
)  # fmt: skip


def write_sheet(report: Report, file: Path) -> None:
    """Write a report's differences, then its totals.

    Raises:
        OSError: the file cannot be written.
    """
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for line in (*map(_case, report.cases), *map(_totals, report.totals)):
            writer.writerow([cell(line.get(name)) for name in COLUMNS])


def cell(value: Any) -> str:
    """Return a value as a cell that a spreadsheet shows and does not run.

    Text that begins like a formula gets an apostrophe; numbers stay numbers; long numbers get a TAB in front, which makes them
    text, since Excel would round them.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = str(value)
    if _LONG_NUMBER.fullmatch(text):
        return f"\t{text}"
    return f"'{text}" if _FORMULA.search(text) else text


def _case(case: Line) -> dict[str, Any]:
    return {
        "记录": "差异",
        "对账日期": case["stmt_day"],
        **_account(case),
        "结论": case["kind_name"],
        "状态": STATES[case["case_state"]],
        "差异编号": case["case_id"],
        "请求编号": case["request_id"],
        "交易": case["interface_code"],
        "报文编号": case["msgid"],
        "结算编号": case["setl_id"],
        "就诊编号": case["mdtrt_id"],
        "人员编号": case["psn_no"],
        **{f"本方{title}": case[f"our_{name}"] for name, title in AMOUNT_NAMES.items()},
        **{f"医保端{title}": case[f"their_{name}"] for name, title in AMOUNT_NAMES.items()},
        "不同的金额": "、".join(_differing(case)),
        "医保端说明": case["their_words"],
        "下一步": case["next_step"],
        "首次发现": case["first_seen"],
        "最近发现": case["last_seen"],
        "关闭人": case["closed_by"],
        "关闭依据": case["close_reason"],
        "关闭时间": case["close_time"],
    }


def _totals(totals: Line) -> dict[str, Any]:
    first, last = totals["first_day"], totals["last_day"]
    return {
        "记录": "总账",
        "对账日期": first if first == last else f"{first} 至 {last}",
        **_account(totals),
        "结论": OUTCOMES[totals["outcome"]],
        "笔数": totals["settlements"],
        **{f"本方{title}": totals[name] for name, title in AMOUNT_NAMES.items()},
        "医保端说明": totals["message"],
    }


def _account(line: Line) -> dict[str, Any]:
    return {
        "机构": line["org_code"],
        "险种": label("insutype", line["insutype"]),
        "清算类别": label("clr_type", line["clr_type"]),
        "经办机构": line["setl_optins"],
    }


def _differing(case: Line) -> Iterator[str]:
    return (AMOUNT_NAMES.get(name, name) for name in case["differing"].split(",") if name)
