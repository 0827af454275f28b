"""3201 and 3202 from the ledger: what agrees, what does not, and what was ordered not to."""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_bridge.insurer.files.archive import TextArchive
from mi_bridge.insurer.files.archive_writer import write_archive
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.simulator.clearing_books import BooksOrder

ORG = "H99010100001"
WORKER = "990101198001016571"
RULES = load_settlement_rules()
AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
Info = dict[str, Any]


class Clearing:
    """A hospital that compares accounts with the platform."""

    def __init__(self, window: Any, folder: Path) -> None:
        self.window = window
        self.folder = folder

    def settle(self, *totals: str) -> Info:
        mdtrt_id = self.window.visit_with(*totals)
        bill = self.window.bill(mdtrt_id, sum(map(Decimal, totals)))
        return dict(self.window.ok("2207", bill)["setlinfo"])

    def refund(self, info: Info) -> Info:
        fields = {name: info[name] for name in ("setl_id", "mdtrt_id", "psn_no")}
        return dict(self.window.ok("2208", {"data": fields})["setlinfo"])

    def place(self, info: Info, **fields: Any) -> Info:
        return {
            "insutype": info["insutype"], "clr_type": info["clr_type"], "setl_optins": info["clr_optins"],
            "stmt_begndate": "2026-03-02", "stmt_enddate": "2026-03-02", **fields,
        }  # fmt: skip

    def totals(self, *infos: Info, **fields: Any) -> Info:
        sums = {name: str(sum(Decimal(str(info[name])) for info in infos)) for name in AMOUNTS}
        data = self.place(infos[0]) | sums | {"fixmedins_setl_cnt": len(infos)} | fields
        return dict(self.window.ok("3201", {"data": data})["stmtinfo"])

    def upload(self, *rows: list[str | None]) -> str:
        file = self.folder / "upload.zip"
        write_archive(file, "upload.txt", rows)
        return self.upload_bytes(file.read_bytes())

    def upload_bytes(self, content: bytes) -> str:
        node = {"in": base64.b64encode(content).decode(), "filename": "upload.zip", "fixmedins_code": ORG}
        return str(self.window.ok("9101", {"fsUploadIn": node})["file_qury_no"])

    def details(self, info: Info, *rows: list[str | None]) -> list[dict[str, str | None]]:
        asked = {"data": self.place(info) | {"file_qury_no": self.upload(*rows)}}
        told = self.window.ok("3202", asked)["fileinfo"]
        kept = self.window.simulator.platform.centre.files.find(told["file_qury_no"])
        assert (kept.filename, kept.owner) == (told["filename"], ORG)
        columns = RULES.result_columns
        return [
            dict(zip(columns, row.values, strict=True))
            for row in TextArchive(kept.ready()).rows(len(columns))
        ]

    def order(self, **order: Any) -> None:
        self.window.simulator.platform.centre.books.order(BooksOrder.model_validate(order))


def row(info: Info, *, refund: str = "0", **fields: str) -> list[str | None]:
    """A settlement's line of the uploaded file."""
    values = {name: str(info[name]) for name in ("setl_id", "mdtrt_id", "psn_no", *AMOUNTS)}
    values |= {"refd_setl_flag": refund, **fields}
    return [values[name] for name in RULES.upload_columns]


@pytest.fixture
def clearing(window: Any, tmp_path: Path) -> Clearing:
    return Clearing(window, tmp_path)


def test_totals_agree_with_the_ledger_refunds_included(clearing: Clearing) -> None:
    first, second = clearing.settle("100.10"), clearing.settle("33.30", "0.07")
    back = clearing.refund(first)

    agreed = clearing.totals(first, second, back)
    short = clearing.totals(first, second)

    assert agreed == {"setl_optins": first["clr_optins"], "stmt_rslt": "0", "stmt_rslt_dscr": "平"}
    assert (short["stmt_rslt"], short["stmt_rslt_dscr"]) == ("1", "不平：中心结算 3 笔，医疗费总额 33.37")


@pytest.mark.parametrize(
    "fields",
    [{"medfee_sumamt": "100.11"}, {"acct_pay": "-1"}, {"fund_pay_sumamt": 0.01}, {"fixmedins_setl_cnt": "2"}, {"insutype": "390"},
     {"stmt_begndate": "2026-03-03", "stmt_enddate": "2026-03-03"}, {"clr_type": "21"}, {"setl_optins": "430100"}],
)  # fmt: skip
def test_totals_of_something_else_do_not_agree(clearing: Clearing, fields: Info) -> None:
    assert clearing.totals(clearing.settle("100.10"), **fields)["stmt_rslt"] == "1"


def test_times_may_stand_behind_the_dates(clearing: Clearing) -> None:
    only = clearing.settle("100.10")

    whole = clearing.totals(only, stmt_begndate="2026-03-02 00:00:00", stmt_enddate="2026-03-02 23:59:59")
    before = clearing.totals(only, stmt_enddate="2026-03-02 08:59:59")

    assert (whole["stmt_rslt"], before["stmt_rslt"]) == ("0", "1")


def test_another_hospitals_settlements_are_not_in_the_book(clearing: Clearing, tmp_path: Path) -> None:
    ours = clearing.settle("100.10")
    Clearing(clearing.window.other("H99010100002"), tmp_path).settle("50.00")

    assert clearing.totals(ours)["stmt_rslt"] == "0"


def test_what_2601_reversed_is_in_no_book(clearing: Clearing) -> None:
    stays, gone = clearing.settle("100.10"), clearing.settle("7.00")
    undo = {"psn_no": WORKER, "omsgid": gone["medins_setl_id"], "oinfno": "2207"}
    clearing.window.ok("2601", {"data": undo})

    assert clearing.totals(stays)["stmt_rslt"] == "0"


def test_rows_are_compared_one_by_one(clearing: Clearing) -> None:
    good, wrong, flagged, unsent = (clearing.settle(f"{number}0.00") for number in range(1, 5))
    back = clearing.refund(good)

    result = clearing.details(
        good,
        row(good),
        row(wrong, medfee_sumamt="21.00"),
        row(flagged, refund="1"),
        row(back, refund="1"),
        row(good | {"setl_id": "none such"}, acct_pay="abc"),
    )

    assert [line["stmt_rslt"] for line in result] == ["0", "1", "1", "0", "1", "1"]
    assert (result[0]["msgid"], result[0]["memo"]) == (good["medins_setl_id"], None)
    assert (result[1]["medfee_sumamt"], result[1]["memo"]) == ("20.00", "金额或退费标志不一致")
    assert (result[3]["refd_setl_flag"], Decimal(str(result[3]["medfee_sumamt"]))) == ("1", Decimal("-10.00"))
    assert (result[4]["msgid"], result[4]["medfee_sumamt"], result[4]["memo"]) == (
        None,
        None,
        "中心没有该笔结算",
    )
    assert (result[5]["setl_id"], result[5]["mdtrt_id"], result[5]["msgid"]) == (
        None,
        None,
        unsent["medins_setl_id"],
    )


def test_an_amount_that_is_none_does_not_agree(clearing: Clearing) -> None:
    only = clearing.settle("10.00")

    assert clearing.details(only, row(only, acct_pay="abc"))[0]["stmt_rslt"] == "1"


def test_the_books_disagree_by_any_row_and_agree_again(clearing: Clearing) -> None:
    dropped, changed = clearing.settle("10.00"), clearing.settle("20.00")
    place = {name: dropped[name] for name in ("insutype", "clr_type", "clr_optins")}
    alien = {
        "org_code": ORG,
        "day": "2026-03-02",
        "psn_no": "p",
        "msgid": "ALIEN",
        "medfee_sumamt": "5.00",
        **place,
    }
    clearing.order(
        drop=[{"setl_id": dropped["setl_id"]}],
        change=[{"msgid": changed["medins_setl_id"], "fund_pay_sumamt": "0.01"}],
    )
    clearing.order(add=[alien])

    result = clearing.details(dropped, row(dropped), row(changed))

    assert clearing.totals(dropped, changed)["stmt_rslt"] == "1"
    assert [line["stmt_rslt"] for line in result] == ["1", "1", "1"]
    assert result[1]["fund_pay_sumamt"] == "0.01"
    assert [result[2][name] for name in ("psn_no", "setl_id", "mdtrt_id", "msgid", "medfee_sumamt")] == [
        "p",
        None,
        None,
        "ALIEN",
        "5.00",
    ]

    clearing.order(mode="replace")
    assert clearing.totals(dropped, changed)["stmt_rslt"] == "0"


def test_a_site_may_list_differences_only_and_not_count_refunds(
    open_window: Callable[..., Any], tmp_path: Path
) -> None:
    profile = tmp_path / "site.toml"
    text = (Path(__file__).parents[3] / "config" / "profiles" / "demo.toml").read_text("utf-8")
    site = '[reconciliation]\nresult_rows = "differences"\nrefund_count = false\nrow_flags = ["N", "Y"]\n'
    profile.write_text(f"{text}\n{site}", "utf-8")
    clearing = Clearing(open_window(profile=str(profile)), tmp_path)
    first, second = clearing.settle("10.00"), clearing.settle("20.00")
    back = clearing.refund(first)

    assert clearing.totals(first, second, back, fixmedins_setl_cnt=2)["stmt_rslt"] == "0"
    result = clearing.details(first, row(first, refund="N"), row(second, refund="0"), row(back, refund="Y"))
    assert [line["setl_id"] for line in result] == [second["setl_id"]]


def test_what_3202_refuses(clearing: Clearing) -> None:
    only = clearing.settle("10.00")

    def refused(number: str) -> str:
        return str(clearing.window.refused("3202", {"data": clearing.place(only, file_qury_no=number)}))

    assert refused("none") == "FSI-文件查询号不存在：none[fileBO]"
    assert "明细文件格式不正确：is no whole ZIP archive" in refused(clearing.upload_bytes(b"no archive"))
    assert "has 2 columns instead of 7" in refused(clearing.upload(["a", "b"]))
    assert "stmt_begndate" in clearing.window.refused(
        "3201", {"data": clearing.place(only, stmt_begndate="yesterday")}
    )


async def test_the_books_are_ordered_over_http(start: Any) -> None:
    hospital = await start()

    put = await hospital.http.post("/_simulator/books", json={"drop": [{"setl_id": "s1"}]})
    shown = await hospital.http.get("/_simulator/books")
    wrong = await hospital.http.post("/_simulator/books", json={"drop": [{"setl_id": "s1", "msgid": "m1"}]})
    worse = await hospital.http.post(
        "/_simulator/books", json={"change": [{"msgid": "m1", "acct_pay": "1.234"}]}
    )

    assert put.status_code == 200
    assert shown.json() == {"drop": [{"setl_id": "s1", "msgid": ""}], "change": [], "add": []}
    assert wrong.status_code == worse.status_code == 400
    assert wrong.json()["faults"] == [{"where": "drop.0", "what": "name the row by setl_id or by msgid"}]
    assert worse.json()["faults"][0]["where"] == "change.0.acct_pay"
