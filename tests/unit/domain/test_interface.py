"""An interface as the database knows it."""

from __future__ import annotations

from mi_bridge.domain.interface import Interface
from mi_bridge.domain.money_class import MoneyClass


def test_an_interface_is_reversed_by_nothing_unless_said() -> None:
    interface = Interface("1101", "人员信息获取", "人员信息", MoneyClass.QUERY, ordered=False, enabled=True)
    assert interface.reversed_by == ""
