"""Where files are kept that could not be used."""

from __future__ import annotations

import time
from pathlib import Path

from mi_bridge.errors import FileFault

_LONGEST = 120


def safe_name(name: str) -> str:
    """Return a name from outside as one that stays in its folder: letters, digits, ``. _ -``; never empty, never hidden."""
    kept = "".join(char if char.isalnum() or char in "._-" else "_" for char in name[-_LONGEST:])
    return kept.lstrip(".") or "file"


def keep_aside(file: Path, folder: Path, fault: FileFault) -> Path:
    """Move a faulty file into a folder, with a text beside it that says what is wrong, and return its new place.

    Args:
        file: the file.
        folder: made when missing.
        fault: what is wrong with it.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{safe_name(file.name)}"
    file.replace(kept)
    kept.with_name(f"{kept.name}.reason.txt").write_text(f"{fault}\n", encoding="utf-8")
    return kept
