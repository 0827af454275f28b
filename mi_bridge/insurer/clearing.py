"""3201 and 3202, the comparison of accounts: what is sent, and what the answers and the result file say.

3201 compares totals of one insurance type, clearing type and agency; 3202 compares row by row, without the insurance type, so
that its file holds a book's settlements of all types. Days are those of the platform's ``setl_time``. A refund is a row of its
own beside its settlement. A row only the platform has comes without ``setl_id`` and ``mdtrt_id``: its ``msgid`` is the key.
Source: the specification's pages of 3201 and 3202 and its notes on files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.reconciliation import PlatformRow
from mi_bridge.domain.settlement import (
    AMOUNTS,
    Account,
    Amounts,
    Book,
    Period,
    Settlement,
    SettlementKind,
    Sums,
)
from mi_bridge.insurer.amount import read_amount
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.profile import Reconciliation

TOTALS = "3201"
DETAILS = "3202"
_AGREES = "0"


class TotalsVerdict(StrEnum):
    """What the platform says of an account's totals."""

    BALANCED = "BALANCED"
    DIFFERS = "DIFFERS"
    UNKNOWN = "UNKNOWN"
    """It did not say, or refused to."""


@dataclass(frozen=True, slots=True)
class TotalsAnswer:
    """The platform's word on totals.

    Args:
        verdict: whether they agree.
        words: its text.
    """

    verdict: TotalsVerdict
    words: str = ""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """Where the result of 3202 lies.

    Args:
        file_qury_no: the platform's number of it.
        filename: its name there.
    """

    file_qury_no: str
    filename: str


def totals_input(account: Account, period: Period, sums: Sums, site: Reconciliation) -> dict[str, Any]:
    """Return the input of 3201."""
    fields = {
        "insutype": account.insutype,
        "clr_type": account.clr_type,
        "setl_optins": account.setl_optins,
        **_dates(period, site),
        "medfee_sumamt": sums.medfee_sumamt,
        "fund_pay_sumamt": sums.fund_pay_sumamt,
        "acct_pay": sums.acct_pay,
        "fixmedins_setl_cnt": _count(sums, site),
    }
    return {"data": fields | _flag(site)}


def details_input(
    book: Book, period: Period, sums: Sums, file_qury_no: str, site: Reconciliation
) -> dict[str, Any]:
    """Return the input of 3202."""
    fields = {
        "setl_optins": book.setl_optins,
        "file_qury_no": file_qury_no,
        **_dates(period, site),
        "medfee_sumamt": sums.medfee_sumamt,
        "fund_pay_sumamt": sums.fund_pay_sumamt,
        "cash_payamt": sums.cash,
        "fixmedins_setl_cnt": _count(sums, site),
        "clr_type": book.clr_type,
    }
    return {"data": fields | _flag(site)}


def read_totals(answer: Answer) -> TotalsAnswer:
    """Read the answer of 3201: node ``stmtinfo``, ``stmt_rslt`` 0 equal, 1 not. Whatever else it is, is not known."""
    node = _node(answer, "stmtinfo")
    words = _text(node.get("stmt_rslt_dscr")) or answer.err_msg
    verdicts = {"0": TotalsVerdict.BALANCED, "1": TotalsVerdict.DIFFERS}
    return TotalsAnswer(verdicts.get(_text(node.get("stmt_rslt")), TotalsVerdict.UNKNOWN), words)


def read_details(answer: Answer) -> ResultFile | None:
    """Read the answer of 3202: node ``fileinfo``; None where it names no file."""
    node = _node(answer, "fileinfo")
    number = _text(node.get("file_qury_no"))
    return ResultFile(number, _text(node.get("filename"))) if number else None


def upload_row(settlement: Settlement, columns: Sequence[str], site: Reconciliation) -> list[str | None]:
    """Return a settlement's line in the file that 9101 uploads."""
    amounts = settlement.amounts
    values: dict[str, str | None] = {
        "setl_id": settlement.setl_id,
        "mdtrt_id": settlement.mdtrt_id or None,
        "psn_no": settlement.psn_no or None,
        "refd_setl_flag": site.row_flags[settlement.kind is SettlementKind.REFUND],
        **{name: f"{getattr(amounts, name):.2f}" for name in AMOUNTS},
    }
    return [values[name] for name in columns]


def platform_row(values: Sequence[str | None], columns: Sequence[str], site: Reconciliation) -> PlatformRow:
    """Read a line of the result file.

    Raises:
        ValueError: an amount is no number; names the column.
    """
    cells = dict(zip(columns, values, strict=True))
    words = {name: _text(cells[name]) for name in columns}
    verdict = words["stmt_rslt"]
    return PlatformRow(
        psn_no=words["psn_no"],
        mdtrt_id=words["mdtrt_id"],
        setl_id=words["setl_id"],
        msgid=words["msgid"],
        agrees=verdict == _AGREES,
        refund=words["refd_setl_flag"] == site.row_flags[1],
        amounts=Amounts(**{name: _amount(name, words[name]) for name in AMOUNTS}),
        memo=words["memo"],
    )


def _dates(period: Period, site: Reconciliation) -> dict[str, str]:
    first, last = period.first.isoformat(), period.last.isoformat()
    if site.with_times:
        first, last = f"{first} 00:00:00", f"{last} 23:59:59"
    return {"stmt_begndate": first, "stmt_enddate": last}


def _count(sums: Sums, site: Reconciliation) -> int:
    return sums.count if site.refund_count else sums.count - sums.refunds


def _flag(site: Reconciliation) -> dict[str, str]:
    return {"fixmedins_refd_setl_flag": site.total_refund_flag} if site.total_refund_flag else {}


def _node(answer: Answer, name: str) -> Mapping[str, Any]:
    output = answer.output if answer.outcome is Outcome.OK else None
    node = output.get(name) if isinstance(output, Mapping) else None
    node = node[0] if isinstance(node, list) and len(node) == 1 else node
    return node if isinstance(node, Mapping) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _amount(name: str, text: str) -> Decimal | None:
    if not text:
        return None
    amount = read_amount(text)
    if amount is None:
        raise ValueError(f"{name} is no number")
    return amount
