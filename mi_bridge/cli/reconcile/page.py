"""The report as one page a finance clerk can read and print; it loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from string import Template
from typing import Any

from mi_bridge.cli.reconcile.reading import AMOUNT_NAMES, OUTCOMES, STATES, Line, Report, gap, label
from mi_bridge.domain.settlement import AMOUNTS
from mi_bridge.resources import folder

_TONES = {"BALANCED": "good", "DIFFERS": "bad"}
_NONE = '<p class="faint">没有。</p>'
_STATUSES = {
    "COMPLETED": "已应答",
    "ERROR": "失败，未生效",
    "TIMEOUT": "超时，未发送",
    "CANCELLED": "已取消，未发送",
    "UNCERTAIN": "结果核实中",
    "REVERSING": "冲正中",
    "REVERSED": "已冲正",
    "MANUAL": "等待人工核实",
}


def page(report: Report) -> str:
    """Return a report as HTML."""
    template = Template((folder("config") / "reports" / "reconciliation.html").read_text("utf-8"))
    tone, verdict = _verdict(report)
    days = str(report.period.first)
    if not report.period.single:
        days = f"{report.period.first} 至 {report.period.last}"
    return template.substitute(
        title=escape(f"医保结算对账报告 {days}"),
        subtitle=escape(f"{report.hospital}　制表时间 {report.made:%Y-%m-%d %H:%M:%S}"),
        tone=tone,
        verdict=escape(verdict),
        runs="".join(f'<p class="faint">{escape(words)}</p>' for words in _notes(report)),
        cases=_cases(report.cases),
        totals=_totals(report.totals),
        masking="已按授权完整显示，请妥善保管" if report.in_clear else "只显示末四位",
    )


def _verdict(report: Report) -> tuple[str, str]:
    if not report.runs:
        return "warn", "这一时段还没有对账。"
    waiting = report.open_cases
    if waiting:
        net = sum((gap(case, "medfee_sumamt") or Decimal(0) for case in waiting), Decimal(0))
        words = f"不平：{len(waiting)} 个差异待处理，医疗费总额医保端比本方{_more(net)}。"
        return "bad", words
    if report.unfinished:
        return "warn", "对账未能完成，尚不能判断是否相符。"
    if report.missing_days:
        return "warn", f"已对账的日期相符；有 {report.missing_days} 天还没有对账。"
    return "good", "平：双方账目相符，没有待处理的差异。"


def _more(amount: Decimal) -> str:
    if not amount:
        return "不多不少（各差异相抵）"
    return f"{'多' if amount > 0 else '少'} {abs(amount):,.2f} 元"


def _notes(report: Report) -> list[str]:
    notes = [f"{run['first_day']}：{run['message']}" for run in report.unfinished if run["message"]]
    if report.runs:
        last = max(report.runs, key=lambda run: run["run_id"])
        when = f"最近一次对账 {last['begin_time']:%Y-%m-%d %H:%M:%S}，结果：{OUTCOMES[last['outcome']]}"
        notes.append(f"{when}，参加对账 {sum(run['settlements'] for run in report.runs)} 笔。")
    return notes


def _cases(cases: list[Line]) -> str:
    if not cases:
        return _NONE
    return _sums_of_cases(cases) + "".join(map(_case, cases))


def _sums_of_cases(cases: list[Line]) -> str:
    """Return the table that says of which kinds the open differences are, and what they come to."""
    kinds: dict[str, list[Line]] = {}
    for case in cases:
        if case["case_state"] == "OPEN":
            kinds.setdefault(case["kind_name"], []).append(case)
    if not kinds:
        return ""
    rows = [[name, len(found), *_gaps(found)] for name, found in kinds.items()]
    waiting = [case for found in kinds.values() for case in found]
    rows.append(["合计", len(waiting), *_gaps(waiting)])
    head = ["待处理的差异", "笔数", *(f"{title}（医保端减本方）" for title in AMOUNT_NAMES.values())]
    return _table(head, rows, numbers=range(1, 5), kind="kinds")


def _gaps(cases: Iterable[Line]) -> list[str]:
    found = list(cases)
    return [
        _money(sum((gap(case, name) or Decimal(0) for case in found), Decimal(0)), signed=True)
        for name in AMOUNTS
    ]


def _case(case: Line) -> str:
    state = case["case_state"]
    head = "".join(
        (
            f"<strong>差异 {case['case_id']}</strong>",
            _tag(case["kind_name"], "bad" if state == "OPEN" else ""),
            _tag(STATES[state], "warn" if state == "OPEN" else "good"),
            f"<span>{case['stmt_day']}</span>",
            f"<span>{escape(_place(case))}</span>",
        )
    )
    facts = "".join(f"<p>{escape(title)}：{escape(str(text))}</p>" for title, text in _facts(case))
    words = f'<div class="facts">{facts}</div>'
    step = f'<p class="next">下一步：{escape(case["next_step"])}</p>'
    return f'<section class="case"><header>{head}</header><div>{_sides(case)}{words}{step}</div></section>'


def _place(case: Line) -> str:
    parts = (
        label("insutype", case["insutype"]),
        f"清算类别 {label('clr_type', case['clr_type'])}" if case["clr_type"] else "",
        f"经办机构 {case['setl_optins']}" if case["setl_optins"] else "",
    )
    return "　".join(part for part in parts if part)


def _sides(case: Line) -> str:
    """Return the two sides of a difference, one above the other."""
    cells = []
    for name in AMOUNTS:
        ours, theirs, by = case[f"our_{name}"], case[f"their_{name}"], gap(case, name)
        cells.append((_money(ours), _money(theirs), _money(by, signed=True), bool(by)))
    names = "".join(f'<th class="n">{title}</th>' for title in AMOUNT_NAMES.values())
    ours = "".join(f'<td class="n">{one[0]}</td>' for one in cells)
    theirs = "".join(f'<td class="n{" off" if one[3] else ""}">{one[1]}</td>' for one in cells)
    between = "".join(f'<td class="n{" off" if one[3] else ""}">{one[2]}</td>' for one in cells)
    return (
        f"<table><tr><th></th>{names}</tr><tr><th>本方</th>{ours}</tr><tr><th>医保端</th>{theirs}</tr>"
        f'<tr class="sum"><th>相差</th>{between}</tr></table>'
    )


def _facts(case: Line) -> list[tuple[str, Any]]:
    status = _STATUSES.get(case["request_status"], case["request_status"])
    request = case["request_id"] and f"{case['request_id']}（交易 {case['interface_code']}，{status}）"
    closing = (
        case["closed_by"]
        and f"{case['closed_by']}，{case['close_time']:%Y-%m-%d %H:%M}，{case['close_reason']}"
    )
    facts = (
        ("结算编号", case["setl_id"]),
        ("报文编号", case["msgid"]),
        ("就诊编号", case["mdtrt_id"]),
        ("人员编号", case["psn_no"]),
        ("本方请求", request or ("没有这一报文的请求" if case["kind"] == "ONLY_THEIRS" else "")),
        ("医保端说明", case["their_words"]),
        ("关闭", closing),
    )
    return [(title, text) for title, text in facts if text]


def _totals(totals: list[Line]) -> str:
    if not totals:
        return _NONE
    head = ["日期", "险种", "清算类别", "经办机构", "笔数", *AMOUNT_NAMES.values(), "结论", "医保端说明"]
    rows = [[*_day(line), *map(_money, (line[name] for name in AMOUNTS)), *_said(line)] for line in totals]
    counted = [line for line in totals if not _within_another(line, totals)]
    count = sum(line["settlements"] for line in counted)
    sums = [_money(sum((line[name] for line in counted), Decimal(0))) for name in AMOUNTS]
    rows.append(["合计", "", "", "", count, *sums, "", ""])
    return _table(head, rows, numbers=range(4, 8), kind="totals")


def _within_another(line: Line, totals: list[Line]) -> bool:
    """Tell whether a longer span of the same account holds these days already: a month that differs is asked day by day, too."""
    same = ("org_code", "insutype", "clr_type", "setl_optins")
    return any(
        one["first_day"] <= line["first_day"]
        and one["last_day"] >= line["last_day"]
        and (one["first_day"], one["last_day"]) != (line["first_day"], line["last_day"])
        and all(one[name] == line[name] for name in same)
        for one in totals
    )


def _day(line: Line) -> list[Any]:
    first, last = line["first_day"], line["last_day"]
    return [
        str(first) if first == last else f"{first} 至 {last}",
        label("insutype", line["insutype"]),
        label("clr_type", line["clr_type"]),
        line["setl_optins"],
        line["settlements"],
    ]


def _said(line: Line) -> list[Any]:
    words = f"{line['message']}{'（已逐笔核对）' if line['detailed'] else ''}"
    return [_Html(_tag(OUTCOMES[line["outcome"]], _TONES.get(line["outcome"], "warn"))), words]


class _Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def _table(head: list[str], rows: list[list[Any]], *, numbers: range, kind: str) -> str:
    """Return a table whose last row is its sums."""
    body = "".join(_row(cells, "td", numbers) for cells in rows[:-1])
    last = _row(rows[-1], "td", numbers, "sum")
    thead = f"<thead>{_row(head, 'th', numbers)}</thead>"
    return f'<table class="{kind}">{thead}<tbody>{body}{last}</tbody></table>'


def _row(cells: Iterable[Any], tag: str, numbers: range, kind: str = "") -> str:
    written = []
    for place, cell in enumerate(cells):
        number = ' class="n"' if place in numbers else ""
        words = cell if isinstance(cell, _Html) else escape(str(cell))
        written.append(f"<{tag}{number}>{words}</{tag}>")
    return f'<tr class="{kind}">{"".join(written)}</tr>'


def _tag(words: str, tone: str) -> str:
    return f'<span class="tag {tone}">{escape(words)}</span>'


def _money(amount: Decimal | None, *, signed: bool = False) -> str:
    if amount is None:
        return "—"
    return f"{amount:+,.2f}" if signed and amount else f"{amount:,.2f}"
