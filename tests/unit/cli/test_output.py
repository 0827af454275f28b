from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mi_bridge.cli.output import add_row, console, new_table, print_json, print_table


def test_json_keeps_chinese_and_knows_our_values(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": "中", "b": Decimal("1.50"), "c": datetime(2026, 1, 2, tzinfo=UTC), "d": Path("/x")})
    text = capsys.readouterr().out
    assert "中" in text
    assert json.loads(text) == {"a": "中", "b": 1.5, "c": "2026-01-02T00:00:00.000+00:00", "d": "/x"}


def test_json_of_the_unknown_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        print_json(object())


def test_a_piped_table_is_plain_and_has_no_trailing_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    table = new_table("表", ("名称", "left"), ("n", "right"))
    add_row(table, ["门诊结算", 7])
    add_row(table, [None, "SUCCESS"])
    print_table(table)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "表"
    assert " 门诊结算        7" in lines
    assert all(line == line.rstrip() for line in lines)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    table = new_table("", ("status", "left"))
    add_row(table, ["SUCCESS"])
    print_table(table)
    assert "\x1b[32mSUCCESS" in screen.getvalue()


def test_the_width_of_a_pipe_is_fixed_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert console().width == 110
    monkeypatch.setenv("COLUMNS", "70")
    assert console(err=True).width == 70
