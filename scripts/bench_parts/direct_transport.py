"""The least a transport can cost: the reference that scripts/bench_parts/transports.py compares with.

Persistent connections on one asyncio.Protocol, httpx.Request in, httpx.Response out. It knows nothing of TLS,
chunked answers, deadlines or stale connections, so it stays in the bench.
"""

from __future__ import annotations

import asyncio
import re
from typing import cast

import httpx

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(_HEAD_END)
        match = _LENGTH.search(self._buffer, 0, head) if head >= 0 else None
        if match is None or len(self._buffer) < head + 4 + int(match[1]):
            return
        status, body = int(self._buffer[9:12]), self._buffer[head + 4 :]
        self._buffer = b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    async def exchange(self, message: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        cast("asyncio.Transport", self._transport).write(message)
        return await self._answer

    def close(self) -> None:
        cast("asyncio.Transport", self._transport).close()


class DirectTransport(httpx.AsyncBaseTransport):
    """Persistent connections to one address, as many as are needed."""

    def __init__(self) -> None:
        self._idle: list[_Connection] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on an idle connection, or on a new one."""
        connection = self._idle.pop() if self._idle else await self._connect(request.url)
        head = b"".join(b"%b: %b\r\n" % line for line in request.headers.raw)
        start = b"%b %b HTTP/1.1\r\n" % (request.method.encode(), request.url.raw_path)
        status, body = await connection.exchange(start + head + b"\r\n" + await request.aread())
        self._idle.append(connection)
        return httpx.Response(status, stream=httpx.ByteStream(body))

    async def aclose(self) -> None:
        """Close the idle connections."""
        for connection in self._idle:
            connection.close()

    async def _connect(self, url: httpx.URL) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, url.host, url.port or 80)
        return connection
