"""httpx's transport port over our own persistent connections."""

from __future__ import annotations

import ssl
import time
from collections.abc import Awaitable, Mapping, Sequence

import httpx

from mi_bridge.errors import NotSent
from mi_bridge.insurer.transport.answer_reader import RawAnswer
from mi_bridge.insurer.transport.answer_stream import AnswerStream
from mi_bridge.insurer.transport.connection import Connection
from mi_bridge.insurer.transport.gate import FirstByteGate
from mi_bridge.insurer.transport.head import Header, write_head
from mi_bridge.insurer.transport.pool import Pool
from mi_bridge.insurer.transport.target import Target, find_target

MAX_ANSWER_BYTES = 64 * 1024 * 1024
STREAMED = "mi_bridge_streamed"
"""Name of the request extension that asks for a body written, and an answer read, piece by piece."""

_ANSWERED_WITHOUT_BODY = frozenset({"HEAD", "CONNECT"})


class HttpTransport(httpx.AsyncBaseTransport):
    """Persistent HTTP/1.1 connections behind httpx's port.

    Proxies and other environment settings are ignored, redirects are not followed, cookies are not kept,
    answers are read whole and not decoded, and no request is ever written twice. Of httpx's extensions it
    honours ``timeout``, a `FirstByteGate` as ``trace`` (no other trace function is called), and its own
    ``max_answer_bytes`` and ``mi_bridge_streamed``: with the latter true, the request's ``Content-Length`` tells how long its
    stream is, body and answer pass piece by piece, and the caller's own deadline takes the place of ``read``.

    Args:
        tls: the context https connections are verified with.
        limit: connections open at once; more requests wait.
        keepalive_s: seconds after which an idle connection is not used again; less than the server's.
        connect_timeout_s: seconds to wait for a free connection, at most, and again to find, connect and greet
            the server.
    """

    def __init__(
        self, *, tls: ssl.SSLContext, limit: int, keepalive_s: float, connect_timeout_s: float
    ) -> None:
        self._pool = Pool(tls=tls, limit=limit, keepalive_s=keepalive_s)
        self._connect_timeout_s = connect_timeout_s

    async def post(
        self,
        url: str,
        headers: Sequence[Header],
        body: bytes,
        gate: FirstByteGate,
        *,
        timeout_s: float,
        max_bytes: int,
    ) -> RawAnswer:
        """Post a message once, without httpx's objects: the way of `Wire`, at a third of the cost.

        Args:
            url: absolute URL.
            headers: name and value pairs.
            body: the exact bytes to send.
            gate: asked immediately before the first byte.
            timeout_s: seconds for the whole exchange, from the wait for a connection to the last byte.
            max_bytes: a longer answer is given up.

        Raises:
            NotSent: the gate refused, or the time was over before the first byte.
            OutcomeUnknown: ``answer_too_large``.
            httpx.TransportError, httpx.InvalidURL: as `handle_async_request`.
        """
        gate.watched = True
        target = find_target(url)
        message = write_head("POST", target, headers, len(body)) + body
        deadline = time.monotonic() + timeout_s
        connect_s = min(timeout_s, self._connect_timeout_s)
        connection = await self._pool.take(
            target.origin, pool_s=connect_s, connect_s=connect_s, deadline=deadline
        )
        try:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotSent("deadline_passed", "the time was over before the first byte")
            return await connection.exchange(message, gate, timeout_s=left, max_bytes=max_bytes)
        finally:
            self._pool.give_back(connection)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request once and read its answer to the end.

        Raises:
            httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.UnsupportedProtocol,
            httpx.LocalProtocolError: proved, not one byte was sent.
            httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError: the server may have acted.
        """
        gate = _gate(request)
        gate.watched = True
        target = find_target(str(request.url))
        if request.extensions.get(STREAMED):
            return await self._streamed(request, target, gate)
        message = await _message(request, target)
        connection = await self._connection(request, target)
        max_bytes = request.extensions.get("max_answer_bytes", MAX_ANSWER_BYTES)
        try:
            answer = await connection.exchange(
                message, gate, timeout_s=_times(request).get("read"), max_bytes=max_bytes
            )
        finally:
            self._pool.give_back(connection)
        return httpx.Response(answer.status, headers=answer.headers, stream=httpx.ByteStream(answer.body))

    async def aclose(self) -> None:
        """Drop every connection, also those in use; later requests are refused."""
        await self._pool.aclose()

    async def _streamed(self, request: httpx.Request, target: Target, gate: FirstByteGate) -> httpx.Response:
        stream = request.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise httpx.LocalProtocolError("the request's stream is not asynchronous")
        head = write_head(request.method, target, _headers(request), _length(request))
        connection = await self._connection(request, target)
        max_bytes = request.extensions.get("max_answer_bytes", MAX_ANSWER_BYTES)
        try:
            spool = await connection.stream(head, aiter(stream), gate, max_bytes=max_bytes)
        except BaseException:
            self._pool.give_back(connection)
            raise
        status, headers = spool.head.result()
        return httpx.Response(status, headers=headers, stream=AnswerStream(connection, spool, self._pool))

    def _connection(self, request: httpx.Request, target: Target) -> Awaitable[Connection]:
        times = _times(request)
        return self._pool.take(
            target.origin,
            pool_s=self._at_most(times.get("pool")),
            connect_s=self._at_most(times.get("connect")),
        )

    def _at_most(self, asked_s: float | None) -> float:
        return self._connect_timeout_s if asked_s is None else min(asked_s, self._connect_timeout_s)


def _times(request: httpx.Request) -> Mapping[str, float | None]:
    times: Mapping[str, float | None] = request.extensions.get("timeout", {})
    return times


def _gate(request: httpx.Request) -> FirstByteGate:
    trace = request.extensions.get("trace")
    return trace if isinstance(trace, FirstByteGate) else FirstByteGate()


async def _message(request: httpx.Request, target: Target) -> bytes:
    if request.method in _ANSWERED_WITHOUT_BODY:
        raise httpx.LocalProtocolError(f"{request.method} is not spoken here")
    # The ready stream of Wire and of httpx's content= needs no coroutine a chunk.
    stream = request.stream
    body = b"".join(stream) if isinstance(stream, httpx.ByteStream) else await request.aread()
    return write_head(request.method, target, _headers(request), len(body)) + body


def _headers(request: httpx.Request) -> list[Header]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]


def _length(request: httpx.Request) -> int:
    if request.method in _ANSWERED_WITHOUT_BODY:
        raise httpx.LocalProtocolError(f"{request.method} is not spoken here")
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise httpx.LocalProtocolError("a streamed request needs a Content-Length")
    return int(length)
