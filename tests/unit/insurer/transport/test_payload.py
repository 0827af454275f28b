from __future__ import annotations

import asyncio
from typing import cast

import pytest
from aiohttp.abc import AbstractStreamWriter
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import StreamWriter

from mi_bridge.insurer.transport.payload import GatedPayload, StaleConnectionError, _heard_from


class RecordingWriter(AbstractStreamWriter):
    """A writer that is not aiohttp's own and has no connection to look at."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(chunk))

    async def write_eof(self, chunk: bytes = b"") -> None: ...

    async def drain(self) -> None: ...

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None: ...

    def enable_chunking(self) -> None: ...

    async def write_headers(self, status_line: str, headers: object) -> None: ...


async def test_the_gate_is_asked_before_anything_is_written() -> None:
    writer = RecordingWriter()
    seen: list[list[bytes]] = []

    async def gate() -> None:
        seen.append(list(writer.written))

    payload = GatedPayload("住院".encode(), gate)
    await payload.write_with_length(writer, None)
    assert seen == [[]]
    assert writer.written == ["住院".encode()]
    assert (payload.size, payload.decode(), payload.opened) == (6, "住院", True)
    payload.abort()


async def test_a_refusal_is_kept_and_nothing_written() -> None:
    async def gate() -> None:
        raise PermissionError("no")

    writer = RecordingWriter()
    payload = GatedPayload(b"{}", gate)
    with pytest.raises(PermissionError):
        await payload.write(writer)
    assert (writer.written, payload.opened) == ([], False)
    assert isinstance(payload.refusal, PermissionError)


async def test_a_connection_already_lost_is_stale() -> None:
    async def gate() -> None:
        raise AssertionError("nobody asks the gate for a connection that is gone")

    loop = asyncio.get_running_loop()
    payload = GatedPayload(b"{}", gate)
    with pytest.raises(StaleConnectionError):
        await payload.write(StreamWriter(BaseProtocol(loop), loop))
    assert not payload.opened


def test_where_the_system_cannot_tell_nothing_is_concluded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mi_bridge.insurer.transport.payload._PEER_CLOSED", 0)
    assert not _heard_from(cast("object", None))
