from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mi_bridge import resources

Invoke = Callable[..., Result]


def test_options_are_handed_to_the_bench_of_the_sources(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(os, "execv", lambda program, words: seen.append((program, words)))
    options = ("--quick", "--profile", "--json", "--only", "idle", "--only", "submit", "--volume", "5")
    plain = invoke("bench")
    result = invoke("bench", *options)
    there = Path.cwd()
    assert (plain.exit_code, result.exit_code) == (0, 0)
    assert seen[0] == (sys.executable, [sys.executable, "-m", "scripts.bench_parts.bench"])
    assert seen[1][1][3:] == [*("--quick", "--profile", "--json"), *options[3:]]
    assert (there / "scripts" / "bench_parts" / "bench.py").exists()


def test_an_installed_program_has_no_bench(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(resources, "folder", lambda _name: tmp_path / "sql")
    result = invoke("bench")
    assert result.exit_code == 1
    assert "scripts/bench" in result.stderr
