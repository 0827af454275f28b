"""How a site compares accounts (3201, 3202); what the specification leaves open is said here, site by site."""

from __future__ import annotations

from typing import Literal

from mi_bridge.insurer.profile.part import Part


class Reconciliation(Part):
    """What 3201 and 3202 look like here.

    Args:
        clearing_agency: ``setl_optins`` of settlements whose answer names no ``clr_optins`` (2103 and 2208 need not); empty
            takes the area of the hospital.
        result_rows: whether the result file of 3202 lists every row, or only those that differ. Not published.
        refund_count: whether ``fixmedins_setl_cnt`` counts refunds, which are settlements of their own. Not published.
        total_refund_flag: ``fixmedins_refd_setl_flag`` of totals that hold both; required in Hunan, unknown elsewhere (live
            messages leave it out); empty sends none.
        row_flags: ``refd_setl_flag`` of a settlement's row and of a refund's, in the file of 3202.
        with_times: whether days are sent as ``yyyy-MM-dd 00:00:00`` and ``23:59:59`` (seen in Zhejiang) and not as dates.
    """

    clearing_agency: str = ""
    result_rows: Literal["all", "differences"] = "all"
    refund_count: bool = True
    total_refund_flag: Literal["", "0", "1"] = "0"
    row_flags: tuple[str, str] = ("0", "1")
    with_times: bool = False
