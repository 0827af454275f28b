"""What a report is made of, as the database has it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from mi_bridge.domain.settlement import AMOUNTS, Period
from mi_bridge.resources import folder

if TYPE_CHECKING:
    from mi_bridge.store.odbc_reconciliation_store import OdbcReconciliationStore

AMOUNT_NAMES = {"medfee_sumamt": "医疗费总额", "fund_pay_sumamt": "基金支付", "acct_pay": "个人账户"}
OUTCOMES = {
    "BALANCED": "平",
    "DIFFERS": "不平",
    "UNKNOWN": "未得到答复",
    "INCOMPLETE": "未能完成",
    None: "没有结束",
}
_OPEN = (None, "INCOMPLETE")
STATES = {"OPEN": "待处理", "GONE": "已消失", "CLOSED": "已关闭"}
_RUN = (
    "run_id", "node_id", "first_day", "last_day", "begin_time", "end_time", "outcome", "settlements", "differences",
    "message",
)  # fmt: skip
_TOTALS = (
    "first_day", "last_day", "org_code", "insutype", "clr_type", "setl_optins", "settlements", *AMOUNTS, "outcome",
    "message", "detailed", "create_time",
)  # fmt: skip
_CASE = (
    "case_id", "stmt_day", "kind", "kind_name", "case_state", "org_code", "insutype", "clr_type", "setl_optins",
    "request_id", "interface_code", "request_status", "msgid", "setl_id", "mdtrt_id", "psn_no",
    *(f"our_{name}" for name in AMOUNTS), *(f"their_{name}" for name in AMOUNTS),
    "differing", "their_words", "first_seen", "last_seen", "gone_time", "closed_by", "close_reason", "close_time",
    "next_step",
)  # fmt: skip

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows.

    Args:
        period: the days.
        hospital: whose it is.
        made: when it was made, local time.
        runs: the last run of each span of days.
        totals: of each account.
        cases: differences; open ones first, the largest before the others.
        in_clear: whether patients' numbers are shown whole.
    """

    period: Period
    hospital: str
    made: datetime
    runs: list[Line]
    totals: list[Line]
    cases: list[Line] = field(repr=False)
    in_clear: bool = False

    @property
    def open_cases(self) -> list[Line]:
        """The differences that wait for a person."""
        return [case for case in self.cases if case["case_state"] == "OPEN"]

    @property
    def unfinished(self) -> list[Line]:
        """The last runs that have not found out everything, and that no later one has made good."""
        return [
            run
            for run in self.runs
            if run["outcome"] in _OPEN and not any(_makes_good(later, run) for later in self.runs)
        ]

    @property
    def missing_days(self) -> int:
        """How many days of the period no run has covered."""
        covered = {day.first for run in self.runs for day in Period(run["first_day"], run["last_day"]).days}
        return sum(day.first not in covered for day in self.period.days)


def _makes_good(later: Line, run: Line) -> bool:
    covers = later["first_day"] <= run["first_day"] and later["last_day"] >= run["last_day"]
    return bool(covers and later["run_id"] > run["run_id"] and later["outcome"] not in _OPEN)


def read_report(
    store: OdbcReconciliationStore, period: Period, *, hospital: str, made: datetime, in_clear: bool
) -> Report:
    """Read a report.

    Args:
        store: over a login with the role ``mi_bridge`` or ``mi_resolver``.
        period: the days.
        hospital: shown in its head.
        made: the time, shown in its head.
        in_clear: whether patients' numbers are read whole, which only ``mi_resolver`` may.

    Raises:
        StoreError: the database cannot be reached, or the login lacks the right.
    """
    cases = _lines(_CASE, store.cases(period))
    if in_clear:
        patients = store.patients(period)
        cases = [case | {"psn_no": patients.get(case["case_id"], "")} for case in cases]
    return Report(
        period=period,
        hospital=hospital,
        made=made,
        runs=_lines(_RUN, store.runs(period)),
        totals=_lines(_TOTALS, store.totals(period)),
        cases=sorted(cases, key=_urgency),
        in_clear=in_clear,
    )


def gap(case: Mapping[str, Any], name: str) -> Decimal | None:
    """Return by how much the platform's amount exceeds ours; what one side lacks counts as nothing, None where both do."""
    ours, theirs = case[f"our_{name}"], case[f"their_{name}"]
    if ours is None and theirs is None:
        return None
    if case["kind"] in ("TOTALS_DIFFER", "NOT_COMPARABLE"):
        return None  # the other side's amount is not known, which is not nothing
    return Decimal(theirs or 0) - Decimal(ours or 0)


def label(kind: str, code: str) -> str:
    """Return a code with its Chinese name, where it has one; ``kind`` is ``insutype`` or ``clr_type``."""
    name = _labels().get(kind, {}).get(code)
    return f"{code} {name}" if name else code


@cache
def _labels() -> dict[str, dict[str, str]]:
    file = folder("config") / "reports" / "labels.toml"
    return tomllib.loads(file.read_text("utf-8"))


def _lines(names: tuple[str, ...], rows: list[Any]) -> list[Line]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _urgency(case: Line) -> tuple[int, Any, Decimal, int]:
    size = gap(case, "medfee_sumamt") or Decimal(0)
    return list(STATES).index(case["case_state"]), case["stmt_day"], -abs(size), case["case_id"]
