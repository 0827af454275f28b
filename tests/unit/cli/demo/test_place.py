from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mi_bridge.cli.demo import place as module
from mi_bridge.cli.demo.place import Place
from mi_bridge.errors import BridgeError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the demo runs on Linux only")


def test_a_checkout_keeps_the_demo_in_its_own_folder() -> None:
    root = Place.usual().root
    assert root.parts[-2:] == (".run", "demo")
    assert (root.parents[1] / "setup.cfg").exists()


@pytest.mark.parametrize("state", ["", "elsewhere"])
def test_an_installed_wheel_uses_the_state_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str
) -> None:
    monkeypatch.setattr(module, "folder", lambda _name: tmp_path / "site-packages" / "sql")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / state) if state else "")
    expected = tmp_path / state if state else tmp_path / ".local" / "state"
    assert Place.usual().root == expected / "mi-bridge" / "demo"


def test_only_one_demo_at_a_time(tmp_path: Path) -> None:
    place = Place(tmp_path / "new" / "folder")
    with place.held():
        assert place.root.stat().st_mode & 0o777 == 0o711
        with pytest.raises(BridgeError, match="Another demo"), place.held():
            pass
    with place.held():
        assert place.log("bridge").parent == place.root


def test_a_folder_of_somebody_else_keeps_its_mode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    tmp_path.chmod(0o750)
    with Place(tmp_path).held():
        assert tmp_path.stat().st_mode & 0o777 == 0o750
