"""Takes the answer of 9102 as it comes: to disk where it is a file, into memory where it is the platform's JSON."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO

import httpx

from mi_bridge.errors import OutcomeUnknown
from mi_bridge.insurer.files.stored_file import StoredFile

_OK = 200
_FILE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"%PDF")
_TEXT_STARTS = (b"{", b"[", b"<")
_FILE_TYPES = ("application/octet-stream", "application/zip", "application/x-zip", "application/x-download")
_ENOUGH = 4
_BLANKS = 4096
"""So many blanks may stand before the first character of an answer in JSON."""


def is_file(status: int, content_type: str, start: bytes) -> bool:
    """Tell whether an answer is a file and not the platform's words.

    The specification says only that a file comes as ``application/octet-stream`` and an error as JSON; programs in use look at
    the first bytes, since front layers write either type above either content.

    Args:
        status: HTTP status.
        content_type: as the answer has it.
        start: its first bytes, four or all there are.
    """
    if status != _OK:
        return False
    if start.startswith(_FILE_STARTS):
        return True
    if not start or start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_TEXT_STARTS):
        return False
    return content_type.partition(";")[0].strip().lower().startswith(_FILE_TYPES)


class Receiver:
    """Takes one answer. A file is written beside its place and moved there by `commit`.

    Args:
        target: where the file is to be; None where the answer is never taken for a file.
        text_limit: a longer answer that is no file is given up, in bytes.
    """

    def __init__(self, target: Path | None, *, text_limit: int) -> None:
        self._target = target or Path("answer")
        self._never = target is None
        self._text_limit = text_limit
        self._part = self._target.with_name(f".{self._target.name}.{secrets.token_hex(4)}.part")
        self._status = 0
        self._type = ""
        self._start = b""
        self._text = bytearray()
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._size = 0

    @property
    def text(self) -> bytes:
        """The answer, where it is no file."""
        return bytes(self._text) or self._start

    async def begin(self, status: int, headers: httpx.Headers) -> None:
        """Take status and headers."""
        self._status = status
        self._type = headers.get("content-type", "")

    async def write(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            OSError: the disk takes no more.
            OutcomeUnknown: ``answer_too_large``.
        """
        if self._file is not None:
            await self._store(data)
        elif self._text:
            self._keep(data)
        else:
            await self._decide(self._start + data)

    async def commit(self) -> StoredFile | None:
        """Put the file into its place; None where the answer is none.

        Raises:
            OSError: the disk takes no more.
        """
        if self._file is None:
            await self._decide(self._start, whole=True)
        if self._file is None:
            return None
        await asyncio.to_thread(self._move)
        return StoredFile(self._target, self._size, self._hash.hexdigest())

    def discard(self) -> None:
        """Leave nothing behind; after `commit` it does nothing."""
        if self._file is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)

    async def _decide(self, start: bytes, *, whole: bool = False) -> None:
        self._start = start
        undecided = len(start) < _ENOUGH or (not start.strip() and len(start) < _BLANKS)
        if undecided and not whole:
            return
        if not self._never and is_file(self._status, self._type, start):
            self._file = await asyncio.to_thread(self._part.open, "xb")
            await self._store(start)
        elif not whole:
            self._keep(start)

    def _keep(self, data: bytes) -> None:
        self._text += data
        if len(self._text) > self._text_limit:
            raise OutcomeUnknown("answer_too_large", f"more than {self._text_limit} bytes of text")

    async def _store(self, data: bytes) -> None:
        await asyncio.to_thread(self._append, data)

    def _append(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
            self._hash.update(data)
            self._size += len(data)

    def _move(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._target)
