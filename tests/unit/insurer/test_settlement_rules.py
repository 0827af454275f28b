from __future__ import annotations

from pathlib import Path

import pytest

from mi_bridge.domain.settlement import SettlementKind
from mi_bridge.errors import CatalogueError
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.settlement_rules import load_settlement_rules
from mi_bridge.resources import folder

SHIPPED = folder("config") / "catalogue" / "settlements.toml"


def test_every_settling_transaction_is_known_and_undone_by_a_refund() -> None:
    rules, catalogue = load_settlement_rules(), Catalogue.load()

    assert {catalogue.get(code).cancelled_by for code in rules.settlements} == set(rules.refunds)
    assert rules.kinds["2207A"] is SettlementKind.SETTLEMENT
    assert rules.kinds["2601"] is SettlementKind.REVERSAL
    assert {catalogue.get(code).output_node for code in rules.settlements + rules.refunds} == {"setlinfo"}


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (
            '"setl_id", "mdtrt_id", "psn_no", "med',
            '"setl_id", "psn_no", "med',
            "upload_columns must hold each",
        ),
        ('"msgid", "stmt_rslt"', '"msgid", "msgid"', "result_columns must hold each"),
        ("settlements =", "settlement =", "settlements"),
        ("refunds = [", "refunds = {", "cannot be used"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, before: str, after: str, fault: str) -> None:
    file = tmp_path / "settlements.toml"
    text = SHIPPED.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")

    with pytest.raises(CatalogueError, match="Compare it with the shipped file") as fault_found:
        load_settlement_rules(file)
    assert str(file) in str(fault_found.value)
    assert fault in str(fault_found.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.toml"):
        load_settlement_rules(tmp_path / "none.toml")
