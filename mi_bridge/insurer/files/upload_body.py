"""The body of 9101, made while it is sent.

Three encodings were seen: a multipart form with ``jsonStr`` and ``file`` (appendix of the specification), an array of
numbers in ``in``, and base64 text in ``in`` (public integration code).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from mi_bridge.errors import FileFault
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.transport.stream_ports import SizedStream

Codec = Callable[[Iterator[bytes]], Iterator[bytes]]

# a multiple of 3, so that base64 has no padding but at the end
_PIECE = 3 * 64 * 1024
_UNSIGNED = tuple(str(byte) for byte in range(256))
_SIGNED = tuple(str(byte - 256 if byte > 127 else byte) for byte in range(256))


class UploadBody(SizedStream):
    """A body with a file inside. Making it reads the file once, for length and hash; sending reads it again.

    Args:
        before: what comes before the file's bytes.
        source: the file.
        after: what comes after them.
        codec: how the file is written.
        content_type: of the request.

    Raises:
        FileFault: the file cannot be read.
    """

    def __init__(self, before: bytes, source: Path, after: bytes, codec: Codec, content_type: str) -> None:
        self._before, self._after = before, after
        self._source = source
        self._codec = codec
        self.content_type = content_type
        self._size = _size(source)
        digest = hashlib.sha256()
        length = 0
        for piece in self.pieces():
            digest.update(piece)
            length += len(piece)
        super().__init__(length)
        self.sha256 = digest.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """Yield the body's bytes; reads the file.

        Raises:
            FileFault: the file cannot be read, or is no longer as long as it was.
        """
        yield self._before
        yield from self._codec(_read(self._source, self._size))
        yield self._after

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = self.pieces()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece


def upload_mark(profile: Profile) -> str:
    """Return what stands for the file in the JSON message.

    Beside a form's file it is the site's own placeholder, from the start: a signature over the input (``cainfo``) must cover what is
    sent. Where the file's bytes will stand in the message, it is a mark to find their place by.
    """
    files = profile.files
    return files.placeholder if files.upload_encoding == "multipart" else f"file-{secrets.token_hex(16)}"


def upload_body(envelope: bytes, mark: str, source: Path, filename: str, profile: Profile) -> UploadBody:
    """Return the body of an upload as a site wants it.

    Args:
        envelope: the JSON message, with the mark as the text of ``in``.
        mark: from `upload_mark`; where the file's bytes belong it is found in the envelope exactly once.
        source: the file.
        filename: what the platform is to call it.
        profile: the site.

    Raises:
        FileFault: the file cannot be read.
    """
    files = profile.files
    if files.upload_encoding == "multipart":
        return _form(envelope, source, filename)
    before, _, after = envelope.partition(mark.encode())
    if files.upload_encoding == "base64":
        return UploadBody(before, source, after, _base64, profile.content_type)
    quote = b'\\"' if before.endswith(b'\\"') else b'"'
    before, after = before.removesuffix(quote) + b"[", b"]" + after.removeprefix(quote)
    return UploadBody(before, source, after, _numbers(signed=files.signed_bytes), profile.content_type)


def _form(message: bytes, source: Path, filename: str) -> UploadBody:
    boundary = secrets.token_hex(16)
    name = filename.translate({34: "%22", 13: "%0D", 10: "%0A"})
    before = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="jsonStr"\r\n'
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    ).encode()
    between = (
        f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    after = f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    return UploadBody(before + message + between, source, after, iter, kind)


def _base64(chunks: Iterator[bytes]) -> Iterator[bytes]:
    return map(base64.b64encode, chunks)


def _numbers(*, signed: bool) -> Codec:
    words = _SIGNED if signed else _UNSIGNED

    def codec(chunks: Iterator[bytes]) -> Iterator[bytes]:
        comma = ""
        for chunk in chunks:
            yield f"{comma}{','.join(map(words.__getitem__, chunk))}".encode()
            comma = ","

    return codec


def _size(source: Path) -> int:
    try:
        return source.stat().st_size
    except OSError as fault:
        raise _unreadable(source, fault) from fault


def _read(source: Path, size: int) -> Iterator[bytes]:
    left = size
    try:
        with source.open("rb") as file:
            while left and (chunk := file.read(min(left, _PIECE))):
                left -= len(chunk)
                yield chunk
    except OSError as fault:
        raise _unreadable(source, fault) from fault
    if left:
        raise FileFault(source.name, "became shorter while it was read", remedy="Do not change it meanwhile.")


def _unreadable(source: Path, fault: OSError) -> FileFault:
    return FileFault(
        source.name, f"cannot be read ({fault.strerror})", remedy="Name a file this program may read."
    )
