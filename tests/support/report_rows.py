"""What the database would give to a report of the reconciliation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mi_bridge.cli.reconcile import reading
from mi_bridge.domain.settlement import Period

DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 2, 6, 30)  # noqa: DTZ001 - as the database gives it
ORG = "H99010100001"
Line = dict[str, Any]


def run_line(**fields: Any) -> Line:
    values = {
        "run_id": 1, "node_id": "n1", "first_day": DAY, "last_day": DAY, "begin_time": NOON, "end_time": NOON,
        "outcome": "DIFFERS", "settlements": 12, "differences": 1, "message": "",
    }  # fmt: skip
    return values | fields


def totals_line(**fields: Any) -> Line:
    values = {
        "first_day": DAY, "last_day": DAY, "org_code": ORG, "insutype": "310", "clr_type": "11", "setl_optins": "990101",
        "settlements": 12, "medfee_sumamt": Decimal("1200.50"), "fund_pay_sumamt": Decimal("800.00"),
        "acct_pay": Decimal("100.10"), "outcome": "DIFFERS", "message": "不平", "detailed": 1, "create_time": NOON,
    }  # fmt: skip
    return values | fields


def case_line(number: int = 1, **fields: Any) -> Line:
    values = {
        "case_id": number, "stmt_day": DAY, "kind": "AMOUNTS_DIFFER", "kind_name": "金额不同", "case_state": "OPEN",
        "org_code": ORG, "insutype": "310", "clr_type": "11", "setl_optins": "990101", "request_id": 4711,
        "interface_code": "2207", "request_status": "COMPLETED", "msgid": f"{ORG}202603011200000001",
        "setl_id": "990000000000001", "mdtrt_id": "990000000000009", "psn_no": "****6571",
        "our_medfee_sumamt": Decimal("486.50"), "our_fund_pay_sumamt": Decimal("300.00"), "our_acct_pay": Decimal("0.00"),
        "their_medfee_sumamt": Decimal("480.50"), "their_fund_pay_sumamt": Decimal("300.00"), "their_acct_pay": Decimal("0.00"),
        "differing": "medfee_sumamt", "their_words": "金额不一致", "first_seen": NOON, "last_seen": NOON, "gone_time": None,
        "closed_by": None, "close_reason": None, "close_time": None, "next_step": "两边金额不同：核对",
    }  # fmt: skip
    return values | fields


def only_theirs(number: int = 2, **fields: Any) -> Line:
    values = {
        "kind": "ONLY_THEIRS", "kind_name": "仅医保端有", "insutype": "", "request_id": None, "interface_code": None,
        "request_status": None, "setl_id": "", "mdtrt_id": "", "differing": "", "our_medfee_sumamt": None,
        "our_fund_pay_sumamt": None, "our_acct_pay": None, "their_medfee_sumamt": Decimal("88.00"),
        "their_fund_pay_sumamt": Decimal("60.00"), "their_acct_pay": Decimal("28.00"), "their_words": "中心多",
    }  # fmt: skip
    return case_line(number, **(values | fields))


class ReportStore:
    """Gives lines as rows, in the order the routines have."""

    def __init__(self, runs: list[Line], totals: list[Line], cases: list[Line]) -> None:
        self._lines = {"runs": runs, "totals": totals, "cases": cases}
        self.clear: dict[int, str] = {}

    def _rows(self, name: str, columns: tuple[str, ...]) -> list[Any]:
        return [tuple(line[column] for column in columns) for line in self._lines[name]]

    def runs(self, period: Period) -> list[Any]:
        return self._rows("runs", reading._RUN)

    def totals(self, period: Period) -> list[Any]:
        return self._rows("totals", reading._TOTALS)

    def cases(self, period: Period) -> list[Any]:
        return self._rows("cases", reading._CASE)

    def patients(self, period: Period) -> dict[int, str]:
        return self.clear


def report_of(
    *cases: Line,
    runs: list[Line] | None = None,
    totals: list[Line] | None = None,
    period: Period | None = None,
    in_clear: bool = False,
    patients: dict[int, str] | None = None,
) -> reading.Report:
    """Read a report of such lines."""
    store: Any = ReportStore(
        [run_line()] if runs is None else runs, [totals_line()] if totals is None else totals, list(cases)
    )
    store.clear = patients or {}
    read: Callable[..., reading.Report] = reading.read_report
    return read(store, period or Period(DAY, DAY), hospital="仿真市人民医院", made=NOON, in_clear=in_clear)
