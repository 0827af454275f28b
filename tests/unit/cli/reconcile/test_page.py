from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser

from mi_bridge.cli.reconcile.page import page
from mi_bridge.domain.settlement import Period
from report_rows import DAY, case_line, only_theirs, report_of, run_line, totals_line

_VOID = {"meta", "br"}


class Checker(HTMLParser):
    """Fails on tags that do not close in order, and on whatever would load something."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "img", "link", "iframe", "object"}
        assert not {"src", "href", "onclick"} & {name for name, _ in attrs}
        self.stack += [] if tag in _VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> str:
    """Check a page and return its words."""
    checker = Checker()
    checker.feed(html)
    assert checker.stack == []
    assert "url(" not in html
    assert "@import" not in html
    return "".join(checker.words)


def verdict(html: str) -> tuple[str, str]:
    found = re.search(r'<div class="verdict (\w+)">([^<]*)</div>', html)
    assert found
    return found[1], found[2]


def test_differences_come_before_totals_with_both_sides_and_sums() -> None:
    html = page(report_of(case_line(), only_theirs()))
    words = read(html)

    assert verdict(html) == ("bad", "不平：2 个差异待处理，医疗费总额医保端比本方多 82.00 元。")
    assert html.index("<h2>差异</h2>") < html.index("<h2>总账</h2>")
    assert "486.50" in words
    assert "480.50" in words
    assert "-6.00" in words
    assert "+88.00" in words
    assert "+82.00" in words  # the sum of both
    assert "下一步：两边金额不同：核对" in words
    assert "4711（交易 2207，已应答）" in words
    assert "没有这一报文的请求" in words
    assert "310 职工基本医疗保险" in words
    assert "1,200.50" in words
    assert "人员编号只显示末四位" in words
    assert "****6571" in words


def test_nothing_of_a_value_becomes_html() -> None:
    evil = "<script>alert(1)</script>"
    html = page(
        report_of(
            case_line(
                their_words=evil, next_step=evil, msgid=evil, setl_id=evil, insutype=evil, request_status=evil
            ),
            totals=[totals_line(message=evil, setl_optins=evil)],
            runs=[run_line(outcome="INCOMPLETE", message=evil)],
        )
    )

    assert "<script" not in html
    assert evil in read(html)


def test_what_is_settled_stays_to_be_seen() -> None:
    closed = case_line(
        1, case_state="CLOSED", closed_by="王主任", close_reason="已退费", close_time=datetime(2026, 3, 3, 9), next_step="已关闭"  # noqa: DTZ001 - as the database gives it
    )  # fmt: skip
    html = page(report_of(closed, runs=[run_line(outcome="BALANCED")]))

    assert verdict(html) == ("good", "平：双方账目相符，没有待处理的差异。")
    assert "王主任，2026-03-03 09:00，已退费" in read(html)
    assert "待处理的差异</th>" not in html


def test_the_verdict_says_only_what_is_known() -> None:
    assert verdict(page(report_of(runs=[], totals=[]))) == ("warn", "这一时段还没有对账。")
    assert verdict(page(report_of(runs=[run_line(outcome=None)])))[0] == "warn"
    unfinished = page(report_of(runs=[run_line(outcome="INCOMPLETE", message="3202 没有成功")]))
    assert verdict(unfinished) == ("warn", "对账未能完成，尚不能判断是否相符。")
    assert "2026-03-01：3202 没有成功" in read(unfinished)
    longer = page(report_of(runs=[run_line(outcome="BALANCED")], period=Period(DAY, date(2026, 3, 4))))
    assert verdict(longer) == ("warn", "已对账的日期相符；有 3 天还没有对账。")
    assert "2026-03-01 至 2026-03-04" in read(longer)


def test_differences_that_cancel_out_are_differences() -> None:
    other = case_line(2, their_medfee_sumamt=Decimal("492.50"))

    assert verdict(page(report_of(case_line(), other)))[1].endswith("不多不少（各差异相抵）。")
    fewer = page(report_of(case_line()))
    assert verdict(fewer)[1].endswith("医保端比本方少 6.00 元。")


def test_a_month_and_its_days_are_not_counted_twice() -> None:
    month = Period(DAY, date(2026, 3, 31))
    totals = [
        totals_line(last_day=month.last, settlements=20, outcome="DIFFERS"),
        totals_line(settlements=12, outcome="UNKNOWN"),
        totals_line(insutype="390", settlements=1, outcome="BALANCED", message="", detailed=0),
    ]

    words = read(page(report_of(totals=totals, period=month)))

    assert "合计21" in words.replace("\n", "")
    assert "未得到答复" in words


def test_no_totals_and_no_cases() -> None:
    assert read(page(report_of(totals=[]))).count("没有。") == 2


def test_patients_in_clear_are_said_to_be() -> None:
    words = read(page(report_of(case_line(), in_clear=True, patients={1: "990101198001016571"})))

    assert "990101198001016571" in words
    assert "已按授权完整显示" in words
