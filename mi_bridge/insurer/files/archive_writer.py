"""Writes what `TextArchive` reads, for the uploads of 3202."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from mi_bridge.errors import FileFault

_BREAKS = ("\t", "\n", "\r", "\0")


def write_archive(path: Path, member: str, rows: Iterable[Sequence[str | None]]) -> int:
    """Write rows into a ZIP archive with one TXT, and return how many; the file appears at once and whole.

    Args:
        path: the archive.
        member: the name of the file inside.
        rows: a text for each column, None for the literal ``null``.

    Raises:
        FileFault: a value holds a TAB or a line's end, or is itself the text ``null``; names the row.
        OSError: the file cannot be written.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    number = 0
    try:
        with (
            zipfile.ZipFile(part, "x", zipfile.ZIP_DEFLATED) as archive,
            archive.open(member, "w", force_zip64=True) as raw,
            io.BufferedWriter(raw, 1024 * 1024) as file,
        ):
            for number, values in enumerate(rows, start=1):
                file.write(_line(path, member, number, values))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return number


def _line(path: Path, member: str, number: int, values: Sequence[str | None]) -> bytes:
    words = ["null" if value is None else value for value in values]
    text = "\t".join(words)
    broken = text.count("\t") != len(words) - 1 or any(mark in text for mark in _BREAKS[1:])
    if broken or any(value == "null" for value in values):
        fault = "has a value that a TAB-separated file cannot hold (TAB, line's end, NUL, or the text null)"
        raise FileFault(path.name, fault, member=member, row=number, remedy="Correct the value.")
    return f"{text}\n".encode()
