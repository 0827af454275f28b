"""The fuzzer: its targets keep their promises on their seeds and on a few mutations, and a broken promise is seen and told."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from scripts.fuzz_parts import fuzz, one
from scripts.fuzz_parts.one import check_mutated
from scripts.fuzz_parts.target import PromiseBroken, Target, promise
from scripts.fuzz_parts.targets import TARGETS

_OUTPUT = """INFO: Instrumenting mi_bridge
#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 82Mb
#2373\tNEW    cov: 164 ft: 263 corp: 25/3804b lim: 365 exec/s: 0
"""


def test_the_command_knows_every_target() -> None:
    assert set(fuzz.NAMES) == TARGETS.keys()


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_keeps_its_promises(name: str) -> None:
    target = TARGETS[name]
    for seed in (*target.seeds, b""):
        target.check(seed)
    for number in range(60):
        check_mutated(target, random.Random(f"{name}{number}"))  # noqa: S311


def test_a_broken_promise_names_its_input() -> None:
    def check(data: bytes) -> None:
        promise(len(data) > 10**6, "is long", data)

    with pytest.raises(PromiseBroken, match="is long") as raised:
        check_mutated(Target(check, (b"xyz",)), random.Random(1))  # noqa: S311
    assert raised.value.__notes__[0].startswith("input: b'")


def test_without_atheris_hypothesis_does_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[bytes] = []
    one._with_hypothesis(Target(seen.append, (b"abc", b"def"), ("word",)), 1, tmp_path)
    assert f"#{len(seen)} DONE" in capsys.readouterr().err
    assert len(set(seen)) > 100

    def check(data: bytes) -> None:
        promise(b"word" not in data, "holds no word", data)

    with pytest.raises(PromiseBroken, match="holds no word"):
        one._with_hypothesis(Target(check, (b"abc",), ("word",)), 1, tmp_path)


def test_reads_what_a_run_came_to() -> None:
    assert fuzz.read_result("answers", 0, _OUTPUT) == fuzz.Result("answers", 2373, 164, "")
    broken = _OUTPUT + " === Uncaught Python exception: ===\nPromiseBroken: holds no NUL: ()\nTraceback …\n"
    assert fuzz.read_result("answers", 77, broken).fault == "PromiseBroken: holds no NUL: ()"
    assert fuzz.read_result("answers", -9, "").fault == "it ended without a word"


def test_tells_what_was_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "FOLDER", tmp_path)
    monkeypatch.setattr(
        fuzz, "run_target", lambda name, _s: fuzz.Result(name, 5, 0, "E" if name == "keys" else "")
    )
    assert fuzz.main(["10"]) == 1
    assert "Broken promises in keys" in capsys.readouterr().out
    assert fuzz.main(["--json", "10", "answers"]) == 0
    assert '"fault": ""' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        fuzz.main(["10", "nonsense"])


def test_runs_a_target_in_a_process_of_its_own(tmp_path: Path) -> None:
    result = fuzz.run_target("http", 1, tmp_path)
    assert (result.fault, result.runs > 0) == ("", True), (tmp_path / "http.log").read_text()
