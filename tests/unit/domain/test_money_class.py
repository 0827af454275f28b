"""Money classes."""

from __future__ import annotations

import pytest

from mi_bridge.domain.money_class import MoneyClass


@pytest.mark.parametrize(("letter", "resendable"), [("Q", True), ("I", True), ("M", False), ("N", False)])
def test_money_is_never_resent_blindly_and_needs_an_intent(letter: str, resendable: bool) -> None:
    money_class = MoneyClass(letter)
    assert money_class.resendable is resendable
    assert money_class.needs_intent is not resendable


def test_there_are_four() -> None:
    assert "".join(MoneyClass) == "QIMN"
