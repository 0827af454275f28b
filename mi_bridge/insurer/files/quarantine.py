"""Where files are kept that could not be used."""

from __future__ import annotations

import time
from pathlib import Path

from mi_bridge.errors import FileFault

_LONGEST = 120
_KEPT = 5
"""So many of one name stay, the newest: a faulty catalogue fetched again every quarter of an hour must not fill the disk."""
_STAMP, _REASON = "%Y%m%d-%H%M%S-", ".reason.txt"
_STAMP_LENGTH = 16


def safe_name(name: str) -> str:
    """Return a name from outside as one that stays in its folder: letters, digits, ``. _ -``; never empty, never hidden."""
    kept = "".join(char if char.isalnum() or char in "._-" else "_" for char in name[-_LONGEST:])
    return kept.lstrip(".") or "file"


def keep_aside(file: Path, folder: Path, fault: FileFault) -> Path:
    """Move a faulty file into a folder, with a text beside it that says what is wrong, and return its new place.

    Of files with this name the newest five stay.

    Args:
        file: the file.
        folder: made when missing.
        fault: what is wrong with it.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = safe_name(file.name)
    kept = folder / f"{time.strftime(_STAMP)}{name}"
    file.replace(kept)
    _reason(kept).write_text(f"{fault}\n", encoding="utf-8")
    for older in sorted(one for one in folder.iterdir() if one.name[_STAMP_LENGTH:] == name)[:-_KEPT]:
        older.unlink(missing_ok=True)
        _reason(older).unlink(missing_ok=True)
    return kept


def _reason(file: Path) -> Path:
    return file.with_name(f"{file.name}{_REASON}")
