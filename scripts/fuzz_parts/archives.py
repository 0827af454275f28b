"""The platform's archives: a row keeps its columns, and whatever else a file holds is a FileFault."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from mi_bridge.errors import FileFault
from mi_bridge.insurer.files.archive import ArchiveLimits, TextArchive
from scripts.fuzz_parts.target import Target, promise

_PLACE = Path(tempfile.mkdtemp(prefix="mi-bridge-fuzz-")) / "file.zip"
_LIMITS = ArchiveLimits(unpacked_bytes=1 << 20, members=5, row_bytes=1 << 12)


def check(data: bytes) -> None:
    """Read an archive: an even first byte gives its text, an odd one the archive itself."""
    if not data:
        return
    text = data[1:]
    _PLACE.write_bytes(text if data[0] & 1 else _zipped(text))
    try:
        rows = list(TextArchive(_PLACE, _LIMITS).rows())
    except FileFault as fault:
        promise(str(fault).encode("utf-8", "replace"), "a fault can be written")
        return
    for row in rows:
        promise(len(row.values) == len(rows[0].values), "every row is as wide as the first", row)
        cells = "".join(cell or "" for cell in row.values)
        promise(not {"\t", "\n", "\0"} & set(cells), "a cell holds no separator", row)
    if not data[0] & 1:
        written = text.removeprefix(b"\xef\xbb\xbf")
        promise(
            len(rows) == written.count(b"\n") + bool(written.rpartition(b"\n")[2]), "no row is lost", text
        )


def _zipped(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("catalogue.txt", text)
    return buffer.getvalue()


_TEXT = "医疗\tnull\t\t88.80\r\n服务\t1\t\tnull\r\n".encode()
TARGET = Target(
    check,
    (
        b"\x00" + _TEXT,
        b"\x01" + _zipped(_TEXT),
        b"\x00\xef\xbb\xbf" + _TEXT,
        b"\x00",
        b"\x00a\tb\nc",
        b"\x01PK\x05\x06",
    ),
    ("null", "\t", "\n", "\r\n", "PK", "../", ".txt"),
)
