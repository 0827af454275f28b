"""What the whole demo, played in end_to_end/test_demo.py, does not reach: parts that do not come up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mi_bridge.cli.demo import readiness as module
from mi_bridge.cli.demo.child import Child
from mi_bridge.cli.demo.place import Place
from mi_bridge.errors import BridgeError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the demo runs on Linux only")


class _Child(Child):
    """Always alive, never saying more than it is told to."""

    def __init__(self, place: Place, words: str) -> None:
        super().__init__(place, "simulator")
        self.log.write_text(words, encoding="utf-8")

    def must_be_alive(self) -> None:
        """It is."""


def test_a_part_that_does_not_get_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_READY_S", 0.05)
    with pytest.raises(BridgeError, match="simulator does not listen within") as told:
        module.await_part("listen", _Child(Place(tmp_path), ""), lambda: False)
    assert "simulator.log" in told.value.remedy


def test_a_first_line_that_is_no_address_is_told(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="tells no address") as told:
        module.base_url_of(_Child(Place(tmp_path), "hello\n"))
    assert "hello" in told.value.remedy


def test_the_address_is_read_once_its_line_is_whole(tmp_path: Path) -> None:
    assert module.base_url_of(_Child(Place(tmp_path), '{"base_url": "http://h:1"}\nmore')) == "http://h:1"
