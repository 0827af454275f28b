"""httpx's transport port over aiohttp's client."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import httpx
import yarl

from mi_bridge.insurer.transport.payload import GatedPayload, StaleConnectionError

_STALE_TRIES = 3
_FIRST_BYTE = "aiohttp.send_request_headers.started"
_OWN_HEADERS = frozenset({"content-length", "transfer-encoding"})

_BEFORE_FIRST_BYTE: tuple[tuple[type[BaseException], type[httpx.TransportError]], ...] = (
    (TimeoutError, httpx.ConnectTimeout),
    (aiohttp.ClientConnectionError, httpx.ConnectError),  # certificate errors are ValueErrors as well
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
    (ValueError, httpx.LocalProtocolError),
    (Exception, httpx.ConnectError),
)
_AFTER_FIRST_BYTE: tuple[tuple[type[BaseException], type[httpx.TransportError]], ...] = (
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (Exception, httpx.ReadError),
)


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Persistent connections of aiohttp behind httpx's port.

    Proxies and other environment settings are ignored, redirects are not followed, cookies are not kept,
    answers are not decompressed, and no request is ever written twice. It honours httpx's ``timeout`` and
    ``trace`` extensions; of the trace events it emits the one before waiting for a connection and
    ``aiohttp.send_request_headers.started``, which comes immediately before the first byte.

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
        self._tls = tls
        self._slots = asyncio.Semaphore(limit)
        self._keepalive_s = keepalive_s
        self._connect_timeout_s = connect_timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request once.

        Raises:
            httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError, httpx.UnsupportedProtocol,
            httpx.LocalProtocolError: proved, not one byte was sent.
            httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError: the server may have acted.
        """
        await _tell(request, "aiohttp.acquire.started")
        times = request.extensions.get("timeout", {})
        body = await _body(request)
        await self._take_slot(self._at_most(times.get("pool")))
        try:
            answer, payload = await self._send(
                request, body, _limits(self._at_most(times.get("connect")), times.get("read"))
            )
        except BaseException:
            self._slots.release()
            raise
        stream = _AnswerStream(answer, payload, self._slots.release)
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=stream)

    async def aclose(self) -> None:
        """Close every connection; later requests are refused."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def _take_slot(self, pool_timeout_s: float) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(pool_timeout_s):
                await self._slots.acquire()
        except TimeoutError as exc:
            raise httpx.PoolTimeout("every connection is in use") from exc

    def _at_most(self, asked_s: float | None) -> float:
        return self._connect_timeout_s if asked_s is None else min(asked_s, self._connect_timeout_s)

    async def _send(
        self, request: httpx.Request, body: bytes, limits: aiohttp.ClientTimeout
    ) -> tuple[aiohttp.ClientResponse, GatedPayload]:
        for _ in range(_STALE_TRIES):
            payload = GatedPayload(body, functools.partial(_tell, request, _FIRST_BYTE))
            try:
                answer = await self._post(request, payload, limits)
            except Exception as exc:
                if isinstance(payload.refusal, StaleConnectionError):
                    continue
                raise payload.refusal or _translated(exc, opened=payload.opened) from exc
            if payload.opened:
                return answer, payload
            # aiohttp takes whatever lies on the connection for the answer, even before the message is sent.
            answer.close()
        raise httpx.ConnectError("every connection was closed by the server before the first byte")

    async def _post(
        self, request: httpx.Request, payload: GatedPayload, limits: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        try:
            return await self._open_session().request(
                request.method,
                _url(str(request.url)),
                headers=_headers(request),
                data=payload,
                allow_redirects=False,
                timeout=limits,
            )
        except BaseException:
            payload.abort()
            raise

    def _open_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise httpx.LocalProtocolError("the transport is closed")
        if self._session is None:
            self._session = self._new_session()
        return self._session

    def _new_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self._tls,
            limit=0,
            keepalive_timeout=self._keepalive_s,
            # The system's resolver, whatever else is installed: hospitals name the insurer in hosts files.
            resolver=aiohttp.ThreadedResolver(),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )


class _AnswerStream(httpx.AsyncByteStream):
    def __init__(
        self, answer: aiohttp.ClientResponse, payload: GatedPayload, release: Callable[[], None]
    ) -> None:
        self._answer = answer
        self._payload = payload
        self._release: Callable[[], None] | None = release

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while chunk := await self._answer.content.readany():
                yield chunk
        except Exception as exc:
            raise _translated(exc, opened=True) from exc

    async def aclose(self) -> None:
        if self._release is None:
            return
        # A finished exchange has given its connection back already, perhaps to the next request. One that is
        # not (answer not read to its end, or given before the message was all sent) loses it here.
        if self._answer.connection is not None:
            self._payload.abort()
        self._answer.close()
        self._release()
        self._release = None


async def _tell(request: httpx.Request, event: str) -> None:
    trace: Callable[[str, dict[str, Any]], Awaitable[None]] | None = request.extensions.get("trace")
    if trace is not None:
        await trace(event, {"request": request})


async def _body(request: httpx.Request) -> bytes:
    # The ready stream of Wire and of httpx's content= needs no coroutine a chunk.
    return b"".join(request.stream) if isinstance(request.stream, httpx.ByteStream) else await request.aread()


def _translated(exc: Exception, *, opened: bool) -> Exception:
    if isinstance(exc, httpx.TransportError):
        return exc
    table = _AFTER_FIRST_BYTE if opened else _BEFORE_FIRST_BYTE
    return next(ours for theirs, ours in table if isinstance(exc, theirs))(type(exc).__name__)


def _headers(request: httpx.Request) -> list[tuple[str, str]]:
    # aiohttp writes headers as UTF-8, so this keeps every byte; what is not UTF-8 is refused unsent.
    headers = [(name.decode(), value.decode()) for name, value in request.headers.raw]
    names = [name.lower() for name, _ in headers]
    headers = [line for line, name in zip(headers, names, strict=True) if name not in _OWN_HEADERS]
    return headers if "accept-encoding" in names else [*headers, ("accept-encoding", "identity")]


@functools.lru_cache(maxsize=512)
def _url(text: str) -> yarl.URL:
    # Signatures cover the path, so nothing may be quoted anew.
    return yarl.URL(text, encoded=True)


@functools.lru_cache(maxsize=64)
def _limits(connect: float, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect, sock_read=read)
