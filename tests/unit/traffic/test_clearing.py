"""What is asked, what comes back, and every way in which details cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.settlement import Account, Amounts, Period, Settlement, SettlementKind, Sums
from mi_bridge.errors import UnknownInterface
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.clearing import TotalsVerdict
from mi_bridge.insurer.files.archive import TextArchive
from mi_bridge.insurer.files.archive_writer import write_archive
from mi_bridge.insurer.files.stored_file import StoredFile
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.traffic.clearing import Clearing

ACCOUNT = Account("H99010100001", "310", "11", "990101")
DAY = Period(date(2026, 3, 1), date(2026, 3, 1))
ROW = Settlement(
    7, SettlementKind.SETTLEMENT, "m7", "s7", "v7", "p7", ACCOUNT, datetime(2026, 3, 1, 9),  # noqa: DTZ001 - local
    Amounts(Decimal("10.00"), Decimal("6.50"), Decimal(0)), Decimal("3.50"),
)  # fmt: skip
SENT = ["s7", "v7", "p7", "10.00", "6.50", "0.00", "0"]
Refusal = Callable[[], Answer]


def good(output: Any) -> Answer:
    return Answer(Outcome.OK, infcode="0", output=output)


class Platform:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any], str]] = []
        self.uploaded: list[list[str | None]] = []
        self.filename = ""
        self.answers: dict[str, Any] = {
            "3201": good({"stmtinfo": {"setl_optins": "990101", "stmt_rslt": "1", "stmt_rslt_dscr": "不平"}}),
            "3202": good({"fileinfo": {"file_qury_no": "R1", "filename": "结果 1.txt.zip"}}),
            "9101": good({"file_qury_no": "U1"}),
        }
        self.result: list[list[str | None]] | bytes | Answer = []

    async def ask(self, infno: str, input: Mapping[str, Any], *, org_code: str = "") -> Answer:  # noqa: A002 - as the port has it
        self.asked.append((infno, input["data"], org_code))
        answer = self.answers[infno]
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]  # whatever the test put there

    async def upload(self, source: Path, *, filename: str = "", org_code: str = "") -> Answer:
        self.uploaded = [row.values for row in TextArchive(source).rows()]
        self.filename = source.name
        return self.answers["9101"]  # type: ignore[no-any-return]  # as above

    async def download(
        self, file_qury_no: str, filename: str, target: Path, *, owner: str = "", org_code: str = ""
    ) -> Answer:
        self.asked.append(("9102", {"file_qury_no": file_qury_no, "filename": filename}, owner))
        if isinstance(self.result, Answer):
            return self.result
        if isinstance(self.result, bytes):
            target.write_bytes(self.result)
        else:
            write_archive(target, "result.txt", self.result)
        return Answer(Outcome.OK, file=StoredFile(target, 1, ""))


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def clearing(platform: Platform, tmp_path: Path) -> Clearing:
    return Clearing(platform, load_profile("demo"), load_settlement_rules(), quarantine=tmp_path / "aside")


async def test_totals_are_asked_with_exact_amounts(clearing: Clearing, platform: Platform) -> None:
    answer = await clearing.totals(ACCOUNT, DAY, Sums.of([ROW]))

    infno, asked, org = platform.asked[0]
    assert (infno, org) == ("3201", ACCOUNT.org_code)
    assert asked == {
        "insutype": "310", "clr_type": "11", "setl_optins": "990101", "stmt_begndate": "2026-03-01",
        "stmt_enddate": "2026-03-01", "medfee_sumamt": Decimal("10.00"), "fund_pay_sumamt": Decimal("6.50"),
        "acct_pay": Decimal(0), "fixmedins_setl_cnt": 1, "fixmedins_refd_setl_flag": "0",
    }  # fmt: skip
    assert (answer.verdict, answer.words) == (TotalsVerdict.DIFFERS, "不平")


async def test_a_question_that_cannot_be_asked_leaves_totals_unknown(
    clearing: Clearing, platform: Platform
) -> None:
    platform.answers["3201"] = UnknownInterface("交易 3201 未启用")

    answer = await clearing.totals(ACCOUNT, DAY, Sums())

    assert (answer.verdict, answer.words) == (TotalsVerdict.UNKNOWN, "交易 3201 未启用")


async def test_details_travel_by_files(clearing: Clearing, platform: Platform, tmp_path: Path) -> None:
    platform.result = [
        ["p7", "v7", "s7", "m7", "0", "0", None, "10.00", "6.50", "0.00"],
        ["p9", None, None, "m9", "1", "1", "中心多", "-1.00", None, ""],
    ]

    details = await clearing.details(ACCOUNT.book, DAY, [ROW])

    assert platform.uploaded == [SENT]
    assert platform.filename == "H99010100001-11-990101-20260301.zip"
    assert platform.asked[0][1] == {
        "setl_optins": "990101", "file_qury_no": "U1", "stmt_begndate": "2026-03-01", "stmt_enddate": "2026-03-01",
        "medfee_sumamt": Decimal("10.00"), "fund_pay_sumamt": Decimal("6.50"), "cash_payamt": Decimal("3.50"),
        "fixmedins_setl_cnt": 1, "clr_type": "11", "fixmedins_refd_setl_flag": "0",
    }  # fmt: skip
    assert platform.asked[1] == (
        "9102",
        {"file_qury_no": "R1", "filename": "结果 1.txt.zip"},
        ACCOUNT.org_code,
    )
    assert details.rows is not None
    ours, alien = details.rows
    assert (ours.setl_id, ours.agrees, ours.amounts) == ("s7", True, ROW.amounts)
    assert (alien.setl_id, alien.mdtrt_id, alien.msgid, alien.agrees, alien.refund) == (
        "",
        "",
        "m9",
        False,
        True,
    )
    assert alien.amounts == Amounts(Decimal(-1), None, None)
    assert not (tmp_path / "aside").exists()


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0E-99999999", "0E-8"), ("1." + "0" * 50, "1.00000000"), ("6.123456785", "6.12345678")],
)
async def test_an_amount_keeps_no_more_decimals_than_a_database_reads(
    clearing: Clearing, platform: Platform, text: str, amount: str
) -> None:
    platform.result = [["p7", "v7", "s7", "m7", "0", "0", None, text, "6.50", "0.00"]]

    details = await clearing.details(ACCOUNT.book, DAY, [ROW])

    assert details.rows is not None
    assert str(details.rows[0].amounts.medfee_sumamt) == amount


@pytest.mark.parametrize(
    ("infno", "answer", "words"),
    [
        ("9101", Answer(Outcome.UNKNOWN, fault="read_timeout"), "9101 上传明细文件没有成功：read_timeout"),
        ("9101", good([]), "9101 上传明细文件没有成功：应答中没有文件"),
        ("3202", Answer(Outcome.REFUSED, err_msg="FSI-文件为空"), "3202 对明细账没有成功：FSI-文件为空"),
        ("3202", good({"fileinfo": []}), "3202 对明细账没有成功：应答中没有文件"),
        ("3202", UnknownInterface("交易 3202 未启用"), "交易 3202 未启用"),
    ],
)
async def test_why_there_are_no_details(
    clearing: Clearing, platform: Platform, infno: str, answer: Any, words: str
) -> None:
    platform.answers[infno] = answer

    details = await clearing.details(ACCOUNT.book, DAY, [ROW])

    assert (details.rows, details.words) == (None, words)


async def test_identities_in_the_platforms_words_are_masked(clearing: Clearing, platform: Platform) -> None:
    words = "参保人990101198001016571不存在"
    platform.answers["3201"] = Answer(Outcome.REFUSED, err_msg=words)
    platform.result = [["p9", None, None, "m9", "1", "0", words, "1.00", "1.00", "0.00"]]

    totals = await clearing.totals(ACCOUNT, DAY, Sums())
    details = await clearing.details(ACCOUNT.book, DAY, [ROW])
    platform.result = Answer(Outcome.REFUSED, err_msg=words)
    nothing = await clearing.details(ACCOUNT.book, DAY, [ROW])

    assert details.rows is not None
    said = (totals.words, details.rows[0].memo, nothing.words)
    assert all("参保人***不存在" in text for text in said), said


async def test_a_result_that_does_not_come(clearing: Clearing, platform: Platform) -> None:
    platform.result = Answer(Outcome.REFUSED, err_msg="文件不存在")

    assert (await clearing.details(ACCOUNT.book, DAY, [ROW])).words == "9102 下载对账结果没有成功：文件不存在"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (b"PK\x03\x04 and nothing more", "is no whole ZIP archive"),
        ([["p7", "v7", "s7"]], "row 1: has 3 columns instead of 10"),
        ([["p7", "v7", "s7", "m7", "0", "0", None, "10.00", "abc", "0.00"]], "row 1: fund_pay_sumamt is no number"),
        ([["p7", "v7", "s7", "m7", "0", "0", None, "NaN", "1", "0.00"]], "row 1: medfee_sumamt is no number"),
    ],
)  # fmt: skip
async def test_a_result_that_cannot_be_read_is_kept_aside(
    clearing: Clearing, platform: Platform, tmp_path: Path, result: Any, words: str
) -> None:
    platform.result = result

    details = await clearing.details(ACCOUNT.book, DAY, [ROW])

    assert details.rows is None
    assert words in details.words
    kept = sorted(path.suffix for path in (tmp_path / "aside").iterdir())
    assert kept == [".txt", ".zip"]


async def test_a_folder_that_cannot_be_written(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    platform.result = b"PK\x03\x04"
    clearing = Clearing(
        platform, load_profile("demo"), load_settlement_rules(), quarantine=tmp_path / "file" / "below"
    )

    assert "明细文件无法读写" in (await clearing.details(ACCOUNT.book, DAY, [ROW])).words


async def test_a_value_no_file_can_hold_is_named(clearing: Clearing) -> None:
    import dataclasses

    broken = dataclasses.replace(ROW, psn_no="p\t7")

    details = await clearing.details(ACCOUNT.book, DAY, [ROW, broken])

    assert "row 2: has a value that a TAB-separated file cannot hold" in details.words
    assert "p\t7" not in details.words
