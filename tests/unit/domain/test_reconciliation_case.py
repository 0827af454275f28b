from __future__ import annotations

import dataclasses
from datetime import date, datetime
from decimal import Decimal

from mi_bridge.domain.reconciliation import Difference, DifferenceKind, PlatformRow
from mi_bridge.domain.reconciliation_case import Case, OwnRequest, case_of
from mi_bridge.domain.settlement import Account, Amounts, Settlement, SettlementKind

DAY = date(2026, 3, 1)
ACCOUNT = Account("H1", "310", "11", "990101")
AMOUNTS = Amounts(Decimal("2.50"), Decimal(1), Decimal(0))
OURS = Settlement(
    7, SettlementKind.SETTLEMENT, "m7", "s7", "v7", "p7", ACCOUNT, datetime(2026, 3, 1, 9), AMOUNTS  # noqa: DTZ001 - local
)  # fmt: skip
THEIRS = PlatformRow(
    "p8", "", "", "m8", agrees=False, refund=False, amounts=Amounts(Decimal(9)), memo="中心多"
)


def test_a_case_names_our_request_and_both_sides() -> None:
    theirs = dataclasses.replace(THEIRS, setl_id="s7")
    case = case_of(
        Difference(DifferenceKind.AMOUNTS_DIFFER, OURS, theirs, ("medfee_sumamt",)), DAY, ACCOUNT.book
    )

    assert (case.request_id, case.found_status, case.msgid, case.setl_id, case.psn_no) == (
        7,
        "COMPLETED",
        "m7",
        "s7",
        "p7",
    )
    assert (case.ours, case.theirs, case.differing, case.words) == (
        AMOUNTS,
        theirs.amounts,
        ("medfee_sumamt",),
        "中心多",
    )
    assert case.account == ACCOUNT


def test_a_row_only_the_platform_has_leads_to_the_request_of_its_message() -> None:
    difference = Difference(DifferenceKind.ONLY_THEIRS, theirs=THEIRS)

    known = case_of(difference, DAY, ACCOUNT.book, OwnRequest(4711, "MANUAL"))
    unknown = case_of(difference, DAY, ACCOUNT.book)

    assert (known.request_id, known.found_status, known.msgid, known.account.insutype) == (
        4711,
        "MANUAL",
        "m8",
        "",
    )
    assert (unknown.request_id, unknown.found_status, unknown.ours) == (None, "", Amounts())
    assert known.digest == unknown.digest


def test_a_case_is_known_again_by_its_facts() -> None:
    case = Case(DAY, ACCOUNT, DifferenceKind.ONLY_OURS, setl_id="s1", ours=AMOUNTS)

    same = [dataclasses.replace(case, ours=Amounts(Decimal("2.5"), Decimal("1.00"), Decimal("0.00"))),
            dataclasses.replace(case, words="other", found_status="MANUAL", request_id=1, psn_no="p")]  # fmt: skip
    others = [
        dataclasses.replace(case, day=date(2026, 3, 2)),
        dataclasses.replace(case, kind=DifferenceKind.UNEXPLAINED),
        dataclasses.replace(case, setl_id="s2"),
        dataclasses.replace(case, theirs=AMOUNTS),
        dataclasses.replace(case, ours=Amounts(Decimal("2.51"), Decimal(1), Decimal(0))),
        dataclasses.replace(case, account=Account("H1", "390", "11", "990101")),
    ]

    assert {one.digest for one in same} == {case.digest}
    assert len({case.digest, *(one.digest for one in others)}) == 1 + len(others)


def test_no_patient_in_a_repr() -> None:
    assert "'p7'" not in repr(case_of(Difference(DifferenceKind.ONLY_OURS, OURS), DAY, ACCOUNT.book))
