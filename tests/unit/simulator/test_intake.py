"""A site's own names of nodes, and its own way to write input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mi_bridge.resources import folder


@pytest.fixture
def profile(tmp_path: Path) -> str:
    text = (folder("config") / "profiles" / "demo.toml").read_text(encoding="utf-8")
    path = tmp_path / "site.toml"
    path.write_text(
        f'{text}\n[interfaces.1201]\nnode_names = {{ medinsinfo = "medinsInfo" }}\n', encoding="utf-8"
    )
    return str(path)


def test_a_site_may_name_its_nodes_otherwise(open_window: Any, profile: str) -> None:
    window = open_window(profile=profile)

    assert window.ok("1201", {"medinsInfo": {"fixmedins_type": "1"}})["medinsinfo"]


@pytest.mark.parametrize("name", ["medinsInfo", "data"])
def test_other_sites_do_not(window: Any, name: str) -> None:
    assert "medinsinfo不能为空" in window.refused("1201", {name: {"fixmedins_type": "1"}})
