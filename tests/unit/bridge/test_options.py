"""Who holds a process's leases."""

from __future__ import annotations

from mi_bridge.bridge.options import NodeOptions


def test_each_process_of_a_name_holds_leases_of_its_own() -> None:
    first = NodeOptions("front-desk", "host", "1", incarnation="00aa11")
    second = NodeOptions("front-desk", "host", "1", incarnation="00aa12")

    assert first.holder == "front-desk~00aa11"
    assert second.holder == "front-desk~00aa12"


def test_the_holder_fits_its_column_however_long_the_name() -> None:
    assert len(NodeOptions("n" * 64, "host", "1", incarnation="00aa11").holder) == 64


def test_a_node_without_incarnations_holds_them_by_name() -> None:
    assert NodeOptions("front-desk", "host", "1").holder == "front-desk"
