"""The platform's archives: ZIP of TXT, a row a line, columns separated by TAB, UTF-8, the literal ``null`` for nothing.

Source: the specification's section on file transfer; the catalogues (1301 to 1321) and the details of 3202 come so. Whoever
split on repeated tabs lost empty columns: here every column keeps its place.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from mi_bridge.errors import FileFault
from mi_bridge.insurer.profile import Profile

_NULL = "null"
_CHUNK = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
# what zipfile lets through when a directory's fields contradict each other
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error)
_AGAIN = "Have the platform make the file again; ask it what the file should look like if it comes the same."


class Row(NamedTuple):
    """A row, and where it stands.

    Args:
        member: the file in the archive.
        number: the row in it, from 1.
        values: a text for each column, None for the literal ``null``.
    """

    member: str
    number: int
    values: list[str | None]


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold before it is taken for a bomb.

    Args:
        unpacked_bytes: all members together.
        members: how many.
        row_bytes: the longest row.
    """

    unpacked_bytes: int = 8 * 1024**3
    members: int = 100
    row_bytes: int = 1024**2

    @classmethod
    def of(cls, profile: Profile) -> ArchiveLimits:
        """Return a site's limits."""
        files = profile.files
        return cls(files.max_unpacked_bytes, files.max_members, files.max_row_bytes)


class TextArchive:
    """One archive, read row by row; nothing of it is ever written anywhere.

    Args:
        path: the file.
        limits: beyond them it is refused.
    """

    def __init__(self, path: Path, limits: ArchiveLimits | None = None) -> None:
        self._path = path
        self._limits = limits or ArchiveLimits()

    def rows(self, width: int = 0) -> Iterator[Row]:
        """Yield the rows of all members, in the archive's order, blank last lines left out.

        Args:
            width: how many columns each row must have; 0 takes the first row's.

        Raises:
            FileFault: the archive is damaged, hostile, not UTF-8 or not so wide; names member and row.
        """
        with self._opened() as archive:
            for member in self._members(archive):
                for row in self._member_rows(archive, member):
                    width = width or len(row.values)
                    if len(row.values) != width:
                        fault = f"has {len(row.values)} columns instead of {width}"
                        raise FileFault(
                            self._path.name, fault, member=row.member, row=row.number, remedy=_AGAIN
                        )
                    yield row

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with self._directory() as archive:
                yield archive
        except _DAMAGED as fault:
            raise FileFault(self._path.name, f"is no whole ZIP archive ({fault})", remedy=_AGAIN) from fault
        except OSError as fault:
            raise FileFault(self._path.name, f"cannot be read ({fault.strerror})") from fault

    def _directory(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._path)
        except ValueError as fault:
            # a name that says it is UTF-8 and is not
            raise zipfile.BadZipFile("its directory cannot be read") from fault

    def _members(self, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        # zipfile's is_dir fails on a member without a name, which is refused below
        members = [member for member in archive.infolist() if not (member.filename and member.is_dir())]
        if not members:
            raise FileFault(self._path.name, "is an empty archive", remedy=_AGAIN)
        if len(members) > self._limits.members:
            raise self._bomb(f"has {len(members)} members, {self._limits.members} allowed", "max_members")
        unpacked = sum(member.file_size for member in members)
        if unpacked > self._limits.unpacked_bytes:
            raise self._bomb(
                f"unpacks to {unpacked} bytes, {self._limits.unpacked_bytes} allowed", "max_unpacked_bytes"
            )
        for member in members:
            self._check_member(member)
        return members

    def _check_member(self, member: zipfile.ZipInfo) -> None:
        name = member.orig_filename
        fault = ""
        if name.startswith(("/", "\\")) or ":" in name or "\0" in name or ".." in _parts(name):
            fault = "has a name that leads out of its folder"
        elif not name.lower().endswith(".txt"):
            fault = "is no .txt file"
        elif member.flag_bits & 1:
            fault = "is encrypted"
        if fault:
            raise FileFault(self._path.name, fault, member=member.filename[:100], remedy=_AGAIN)

    def _bomb(self, fault: str, key: str) -> FileFault:
        return FileFault(self._path.name, fault, remedy=f"Raise files.{key} in the profile if it is real.")

    def _member_rows(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Row]:
        name = member.filename
        number = 0
        try:
            with archive.open(member) as file:
                for line in self._lines(file):
                    yield Row(name, number + 1, _values(line))
                    number += 1
        except (UnicodeDecodeError, _BadRow) as fault:
            words = str(fault) if isinstance(fault, _BadRow) else f"is not UTF-8 (byte {fault.start + 1})"
            raise FileFault(self._path.name, words, member=name, row=number + 1, remedy=_AGAIN) from None
        except (zipfile.BadZipFile, zlib.error, EOFError) as fault:
            words = f"is damaged ({fault})"
            raise FileFault(self._path.name, words, member=name, row=number + 1, remedy=_AGAIN) from fault

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        """Yield lines without their ends; only the line feed ends one, whatever else Unicode calls a line's end."""
        rest = b""
        first = True
        while chunk := file.read(_CHUNK):
            if first:
                chunk, first = chunk.removeprefix(_BOM), False
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            yield from lines
            if len(rest) > self._limits.row_bytes:
                raise _BadRow(f"is longer than {self._limits.row_bytes} bytes")
        if rest:
            yield rest


class _BadRow(Exception):
    """A row that is refused; says why."""


def _values(line: bytes) -> list[str | None]:
    text = line.removesuffix(b"\r").decode()
    if "\0" in text:
        raise _BadRow("holds a NUL")
    return [None if value == _NULL else value for value in text.split("\t")]


def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name.replace("\\", "/")).parts
