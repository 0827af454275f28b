"""Comparing accounts: 3201 by totals, 3202 row by row through files.

Neither changes anything. What a platform writes into ``memo`` and ``stmt_rslt_dscr`` was never published; the verdicts, the
columns, and that a row only the platform has comes without ``setl_id`` and ``mdtrt_id``, are the specification's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from mi_bridge.errors import FileFault
from mi_bridge.insurer.files.archive import TextArchive
from mi_bridge.insurer.files.archive_writer import write_archive
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.simulator.centre import Centre
from mi_bridge.simulator.clearing_books import AMOUNTS, BookRow, book_row
from mi_bridge.simulator.clock import stamp
from mi_bridge.simulator.fields import Node, amount, moment, text
from mi_bridge.simulator.message import Message
from mi_bridge.simulator.money import ZERO

_AGREES, _DIFFERS = "0", "1"
_KEPT_FOR = timedelta(days=1)
Cells = dict[str, str | None]


def compare_totals(centre: Centre, message: Message) -> Node:
    """3201: tell whether an account's totals agree."""
    node = message.node("data")
    rows = [row for row in _book(centre, message, node) if row.insutype == text(node, "insutype")]
    told = tuple(amount(node, name, centre.texts) for name in AMOUNTS)
    kept = tuple(sum((getattr(row, name) for row in rows), ZERO) for name in AMOUNTS)
    counted = amount(node, "fixmedins_setl_cnt", centre.texts)
    agrees = told == kept and counted == _count(centre, rows)
    words = centre.texts.say(
        "clearing.balanced" if agrees else "clearing.differs", count=_count(centre, rows), total=kept[0]
    )
    verdict = {"stmt_rslt": _AGREES if agrees else _DIFFERS, "stmt_rslt_dscr": words}
    return {"stmtinfo": {"setl_optins": text(node, "setl_optins"), **verdict}}


def compare_details(centre: Centre, message: Message) -> Node:
    """3202: compare an uploaded file's rows, and leave the result as a file."""
    node = message.node("data")
    told = _uploaded(centre, message, text(node, "file_qury_no"))
    result = list(_compared(centre, told, list(_book(centre, message, node))))
    if centre.reconciliation.result_rows == "differences":
        result = [row for row in result if row["stmt_rslt"] == _DIFFERS]
    columns = load_settlement_rules().result_columns
    lines = [[row[column] for column in columns] for row in result]
    name = f"3202_{centre.clock.now():%Y%m%d%H%M%S}_result.txt"
    kept = centre.files.offer(f"{name}.zip", message.org_code, lambda path: _write(path, name, lines))
    end = stamp(centre.clock.now() + _KEPT_FOR)
    return {"fileinfo": {"file_qury_no": kept.number, "filename": kept.filename, "dld_endtime": end}}


def _uploaded(centre: Centre, message: Message, number: str) -> list[Cells]:
    kept = centre.files.find(number)
    if kept is None or kept.owner != message.org_code:
        raise centre.texts.refuse("clearing.no_file", file_qury_no=number)
    columns = load_settlement_rules().upload_columns
    try:
        rows = list(TextArchive(kept.ready()).rows(len(columns)))
    except FileFault as fault:
        raise centre.texts.refuse("clearing.bad_file", fault=fault.fault) from fault
    return [dict(zip(columns, row.values, strict=True)) for row in rows]


def _write(path: Path, member: str, lines: list[list[str | None]]) -> None:
    write_archive(path, member, lines)


def _book(centre: Centre, message: Message, node: Node) -> Iterator[BookRow]:
    """Return the rows of the sender's book in the period that is asked about."""
    begin = moment(node, "stmt_begndate", centre.texts)
    end = _end(moment(node, "stmt_enddate", centre.texts))
    settled = (
        book_row(one, one.visit.insurance.insuplc_admdvs or centre.people.home)
        for one in centre.settlements
        if not one.reversed
    )
    for row in centre.books.rows(settled):
        if (
            row.org_code == message.org_code
            and row.clr_type == text(node, "clr_type")
            and row.clr_optins == text(node, "setl_optins")
            and begin <= row.time <= end
        ):
            yield row


def _end(end: datetime) -> datetime:
    """Take a date for its last moment, and every other time for the whole of its second."""
    midnight = (end.hour, end.minute, end.second) == (0, 0, 0)
    last = (23, 59, 59) if midnight else (end.hour, end.minute, end.second)
    return end.replace(hour=last[0], minute=last[1], second=last[2], microsecond=999_999)


def _count(centre: Centre, rows: Iterable[BookRow]) -> int:
    counted = centre.reconciliation.refund_count
    return sum(counted or not row.refund for row in rows)


def _compared(centre: Centre, told: list[Cells], kept: list[BookRow]) -> Iterator[Cells]:
    """Return the result's rows: those that were sent, in their order, then those nobody sent."""
    by_number = {row.setl_id: row for row in kept if row.setl_id}
    for cells in told:
        row = by_number.pop(cells["setl_id"] or "", None)
        yield _missing(centre, cells) if row is None else _found(centre, cells, row)
    unsent = [row for row in kept if not row.setl_id or row.setl_id in by_number]
    for row in unsent:
        yield _shown(centre, row, _DIFFERS, centre.texts.say("clearing.only_ours")) | {
            "setl_id": None,
            "mdtrt_id": None,
        }


def _missing(centre: Centre, cells: Cells) -> Cells:
    nothing: Cells = dict.fromkeys(AMOUNTS)
    return {
        **cells,
        **nothing,
        "msgid": None,
        "stmt_rslt": _DIFFERS,
        "memo": centre.texts.say("clearing.missing"),
    }


def _found(centre: Centre, cells: Cells, row: BookRow) -> Cells:
    flag = centre.reconciliation.row_flags[row.refund]
    agrees = cells["refd_setl_flag"] == flag and all(
        _number(cells[name]) == getattr(row, name) for name in AMOUNTS
    )
    memo = None if agrees else centre.texts.say("clearing.amounts")
    return _shown(centre, row, _AGREES if agrees else _DIFFERS, memo)


def _shown(centre: Centre, row: BookRow, verdict: str, memo: str | None) -> Cells:
    return {
        "psn_no": row.psn_no,
        "mdtrt_id": row.mdtrt_id,
        "setl_id": row.setl_id,
        "msgid": row.msgid,
        "stmt_rslt": verdict,
        "refd_setl_flag": centre.reconciliation.row_flags[row.refund],
        "memo": memo,
        **{name: f"{getattr(row, name):.2f}" for name in AMOUNTS},
    }


def _number(written: str | None) -> Decimal | None:
    try:
        return Decimal(written or "")
    except InvalidOperation:
        return None
