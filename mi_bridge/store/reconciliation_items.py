"""The rows and JSON items that travel between reconciliation and its routines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from mi_bridge.domain.reconciliation_case import Case
from mi_bridge.domain.settlement import (
    AMOUNTS,
    Account,
    Amounts,
    Settlement,
    SettlementAnswer,
    SettlementKind,
)
from mi_bridge.store.connection import Row
from mi_bridge.store.items import to_json
from mi_bridge.store.reconciliation_port import ComparedTotals, Findings


def answer_of(row: Row) -> SettlementAnswer:
    """Read one row of ``sp_mi_settlement_answers`` that holds an answer."""
    return SettlementAnswer(row[2], row[3], row[4], row[5] or "", row[6] or "", row[7] or "", row[8] or "")


def settlement_of(row: Row) -> Settlement:
    """Read one row of ``sp_mi_settlements``."""
    return Settlement(
        request_id=row[0],
        kind=SettlementKind(row[3]),
        msgid=row[4],
        setl_id=row[5],
        mdtrt_id=row[6],
        psn_no=row[7],
        account=Account(row[2], row[8], row[9], row[10]),
        setl_time=row[11],
        amounts=Amounts(row[12], row[13], row[14]),
        cash=row[15],
    )


def findings_json(findings: Findings) -> str:
    """Return findings as ``sp_mi_reconciliation_record`` takes them: one JSON object."""
    examined = [
        {
            "stmt_day": day.isoformat(),
            "org_code": book.org_code,
            "clr_type": book.clr_type,
            "setl_optins": book.setl_optins,
        }
        for day, book in findings.examined
    ]
    parts = {
        "totals": [_totals_item(totals) for totals in findings.totals],
        "examined": examined,
        # one difference may be found twice in one run, of two rows that are alike
        "cases": list({case.digest: _case_item(case) for case in findings.cases}.values()),
    }
    members = (f"{msgspec.json.encode(name).decode()}:{to_json(items)}" for name, items in parts.items())
    return "{" + ",".join(members) + "}"


def _totals_item(totals: ComparedTotals) -> dict[str, Any]:
    return {
        "first_day": totals.period.first.isoformat(),
        "last_day": totals.period.last.isoformat(),
        **_account(totals.account),
        "settlements": totals.sums.count,
        **{name: str(getattr(totals.sums, name)) for name in AMOUNTS},
        "outcome": totals.outcome,
        "message": totals.words,
        "detailed": int(totals.detailed),
    }


def _case_item(case: Case) -> dict[str, Any]:
    return {
        "case_hash": case.digest,
        "stmt_day": case.day.isoformat(),
        **_account(case.account),
        "kind": case.kind.value,
        "request_id": case.request_id,
        "msgid": case.msgid,
        "setl_id": case.setl_id,
        "mdtrt_id": case.mdtrt_id,
        "psn_no": case.psn_no,
        **_amounts("our", case.ours),
        **_amounts("their", case.theirs),
        "differing": ",".join(case.differing),
        "their_words": case.words,
        "found_status": case.found_status,
    }


def _account(account: Account) -> dict[str, str]:
    return {
        "org_code": account.org_code,
        "insutype": account.insutype,
        "clr_type": account.clr_type,
        "setl_optins": account.setl_optins,
    }


def _amounts(side: str, amounts: Amounts) -> dict[str, str | None]:
    return {f"{side}_{name}": _plain(getattr(amounts, name)) for name in AMOUNTS}


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
