"""What is kept of a settlement's answer and read of a result file: any values give an entry the database takes."""

from __future__ import annotations

from decimal import Decimal

from mi_bridge.domain.settlement import SettlementAnswer, SettlementKind
from mi_bridge.insurer.answer import parse_answer
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.clearing import platform_row, read_details, read_totals
from mi_bridge.insurer.profile import load_profile
from mi_bridge.insurer.settlement_entry import EntryReader
from scripts.fuzz_parts.mutation import json_mutation
from scripts.fuzz_parts.target import Target, promise

_PROFILE = load_profile("demo")
_CATALOGUE = Catalogue.load()
_KINDS = {"2207": SettlementKind.SETTLEMENT, "2208": SettlementKind.REFUND, "2601": SettlementKind.REVERSAL}
_READER = EntryReader(_PROFILE, _CATALOGUE, _KINDS)
_COLUMNS = (
    "psn_no", "mdtrt_id", "setl_id", "msgid", "stmt_rslt", "refd_setl_flag", "memo",
    "medfee_sumamt", "fund_pay_sumamt", "acct_pay",
)  # fmt: skip
_LONGEST_AMOUNT = 64
_AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")


def check(data: bytes) -> None:
    """Read an entry, the answers of 3201 and 3202, and a row: the first byte chooses the transaction."""
    if not data:
        return
    code = tuple(_KINDS)[data[0] % len(_KINDS)]
    text = data[1:].decode("utf-8", "replace")
    answer = SettlementAnswer(
        response_id=1, request_id=1, interface_code=code, org_code="H99990100002",
        msgid="", input_data=text, response_data=text,
    )  # fmt: skip
    entry = _READER.read(answer)
    for name in _AMOUNTS:
        amount = entry[name]
        promise(
            amount is None or len(amount) <= _LONGEST_AMOUNT, "an amount is short", name, str(amount)[:80]
        )
    for infno, read in (("3201", read_totals), ("3202", read_details)):
        read(parse_answer(data[1:], http_status=200, transaction=_CATALOGUE.get(infno)))
    _row(text)


def _row(text: str) -> None:
    values = [value or None for value in text.split("\t")]
    if len(values) != len(_COLUMNS):
        return
    try:
        row = platform_row(values, _COLUMNS, _PROFILE.reconciliation)
    except ValueError:
        return
    sums = row.amounts.medfee_sumamt
    promise(sums is None or sums + Decimal(1) is not None, "an amount can be added")


_WORDS = (
    "setlinfo",
    "medfee_sumamt",
    "1e999999",
    "1E-999999",
    "NaN",
    "Infinity",
    "-0",
    "setl_time",
    "stmtinfo",
    "fileinfo",
)
TARGET = Target(
    check,
    (
        (b'\x00{"infcode":0,"output":{"setlinfo":{"setl_id":"1","psn_no":"9","medfee_sumamt":88.80,"acct_pay":"0",'
        b'"fund_pay_sumamt":60,"psn_cash_pay":null,"setl_time":"2026-03-02 08:00:00","clr_type":"11"}}}'),
        b'\x01{"infcode":0,"output":{"setlinfo":[{"setl_id":"2","medfee_sumamt":-88.8,"setl_time":"20260302080000"}]}}',
        b'\x02{"data":{"omsgid":"H99990100002202603020800000001","oinfno":"2207"}}',
        b'\x00{"infcode":0,"output":{"stmtinfo":{"stmt_rslt":"1","stmt_rslt_dscr":"x"},"fileinfo":{"file_qury_no":"f"}}}',
        b"\x009\t7\t1\tH9\t0\t0\tmemo\t88.80\t60.00\t0",
    ),
    _WORDS,
    json_mutation(1, _WORDS),
)  # fmt: skip
