"""An interface as the database needs to know it."""

from __future__ import annotations

from dataclasses import dataclass

from mi_bridge.domain.money_class import MoneyClass


@dataclass(frozen=True, slots=True)
class Interface:
    """One row of ``medical_insurance_interfaces``.

    Args:
        interface_code: the transaction number (infno).
        ordered: whether requests of one patient run one at a time, in queue order.
        enabled: whether HIS may call it when it is first installed; a DBA's later choice stays.
        reversed_by: the transaction that undoes it by msgid, empty when none does.
    """

    interface_code: str
    interface_name: str
    interface_group: str
    money_class: MoneyClass
    ordered: bool
    enabled: bool
    reversed_by: str = ""
