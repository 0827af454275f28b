"""What could not be used is kept, but not for ever."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mi_bridge.errors import FileFault
from mi_bridge.insurer.files.quarantine import keep_aside, safe_name


def test_a_faulty_file_is_kept_aside_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"bad")
    kept = keep_aside(path, tmp_path / "aside", FileFault("x.zip", "is bad", member="m.txt", row=3))
    assert kept.read_bytes() == b"bad"
    assert not path.exists()
    reason = kept.with_name(f"{kept.name}.reason.txt").read_text("utf-8")
    assert reason == "x.zip/m.txt, row 3: is bad.\n"


def test_the_newest_five_of_a_name_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = tmp_path / "aside"
    for number in range(1, 8):
        monkeypatch.setattr(time, "strftime", lambda form, now=number: f"20260131-01000{now}-")
        for name in ("1301.txt.zip", "91301.txt.zip") if number == 1 else ("1301.txt.zip",):
            (tmp_path / name).write_text(str(number))
            keep_aside(tmp_path / name, aside, FileFault(name, "is bad"))
    kept = sorted(path.name for path in aside.iterdir() if path.suffix == ".zip")
    assert kept == [
        "20260131-010001-91301.txt.zip",
        *(f"20260131-01000{number}-1301.txt.zip" for number in range(3, 8)),
    ]
    assert len(list(aside.glob("*.reason.txt"))) == len(kept)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("目录 1.zip", "目录_1.zip"),
        ("...", "file"),
        ("", "file"),
        (".hidden", "hidden"),
        ("a" * 500 + ".zip", "a" * 116 + ".zip"),
    ],
)
def test_a_name_from_outside_stays_in_its_folder(name: str, safe: str) -> None:
    assert safe_name(name) == safe
