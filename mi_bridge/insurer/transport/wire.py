"""One message out, one answer back, and the truth about it when there is no answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import httpx

from mi_bridge.errors import OutcomeUnknown
from mi_bridge.insurer.transport.answer_reader import RawAnswer
from mi_bridge.insurer.transport.faults import judge
from mi_bridge.insurer.transport.gate import FirstByteGate
from mi_bridge.insurer.transport.head import Header, complete_headers
from mi_bridge.insurer.transport.http_transport import MAX_ANSWER_BYTES, STREAMED, HttpTransport
from mi_bridge.insurer.transport.stream_ports import Sink, SizedStream
from mi_bridge.insurer.transport.target import find_target

_PLAIN = {
    b"content-encoding": frozenset({b"identity"}),
    b"transfer-encoding": frozenset({b"chunked", b"identity"}),
}


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer, complete and within its limits; what it says is not looked at here.

    Args:
        http_status: HTTP status code, also 3xx (redirects are not followed) and 5xx.
        raw_headers: the answer's headers as the server sent them.
        body: the answer's bytes as the server sent them.
        duration_ms: milliseconds from the call to the answer's last byte.
    """

    http_status: int
    raw_headers: Sequence[tuple[bytes, bytes]] = field(repr=False)
    body: bytes = field(repr=False)
    duration_ms: int

    @property
    def headers(self) -> httpx.Headers:
        """The answer's headers by name."""
        return httpx.Headers(list(self.raw_headers))


class Wire:
    """Posts messages over any httpx transport.

    Args:
        transport: the transport; ``build_transport`` makes ours, which is spoken to without httpx's objects.
        max_answer_bytes: a longer answer is given up.
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport, *, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        self._transport = transport
        self._max_answer_bytes = max_answer_bytes

    async def post(
        self,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        timeout_s: float,
        not_after: float | None = None,
    ) -> WireAnswer:
        """Post a message once and return its answer.

        Args:
            url: absolute URL.
            headers: name and value pairs, sent as given.
            body: the exact bytes to send.
            timeout_s: seconds for the whole exchange, from the wait for a connection to the last byte.
            not_after: value of ``time.monotonic()`` past which the first byte is not sent.

        Raises:
            NotSent: proved, not one byte of the message left.
            OutcomeUnknown: the insurer may have acted.
        """
        gate = FirstByteGate(not_after)
        started = time.monotonic()
        try:
            gate.check()
            answer = await self._exchange(url, tuple(headers), body, gate, timeout_s)
            _refuse_encoded(answer)
        except Exception as exc:  # noqa: BLE001 - any transport may be injected; judge() knows what is proved
            # No chain: libraries quote the answer's bytes in their messages, and logs print chains.
            raise judge(exc, gate) from None
        return WireAnswer(*answer, round((time.monotonic() - started) * 1000))

    async def transfer(
        self,
        url: str,
        headers: Iterable[tuple[str, str]],
        body: SizedStream,
        sink: Sink,
        *,
        timeout_s: float,
        max_answer_bytes: int,
        not_after: float | None = None,
    ) -> WireAnswer:
        """Post a message once, piece by piece, and hand its answer to a sink as it comes.

        Args:
            url: absolute URL.
            headers: name and value pairs, sent as given.
            body: what is sent; its length must be right.
            sink: takes the answer; the returned answer's own body is empty.
            timeout_s: seconds for the whole exchange.
            max_answer_bytes: a longer answer is given up.
            not_after: value of ``time.monotonic()`` past which the first byte is not sent.

        Raises:
            NotSent: proved, not one byte of the message left.
            OutcomeUnknown: the insurer may have acted; what the sink took is worth nothing.
        """
        gate = FirstByteGate(not_after)
        started = time.monotonic()
        try:
            gate.check()
            request = _request(url, tuple(headers), body, gate, timeout_s, max_answer_bytes)
            request.extensions[STREAMED] = True
            async with asyncio.timeout(timeout_s):
                answer = await self._pass_on(request, sink)
        except Exception as exc:  # noqa: BLE001 - as in post()
            raise judge(exc, gate) from None
        return WireAnswer(*answer, round((time.monotonic() - started) * 1000))

    async def _pass_on(self, request: httpx.Request, sink: Sink) -> RawAnswer:
        response = await self._transport.handle_async_request(request)
        answer = RawAnswer(response.status_code, response.headers.raw, b"")
        try:
            _refuse_encoded(answer)
            await sink.begin(answer.status, response.headers)
            async for chunk in _stream(response):
                await sink.write(chunk)
            return answer
        finally:
            await _stream(response).aclose()

    async def aclose(self) -> None:
        """Close the transport and its connections."""
        await self._transport.aclose()

    async def _exchange(
        self, url: str, headers: Sequence[Header], body: bytes, gate: FirstByteGate, timeout_s: float
    ) -> RawAnswer:
        transport = self._transport
        if isinstance(transport, HttpTransport):
            limit = self._max_answer_bytes
            return await transport.post(url, headers, body, gate, timeout_s=timeout_s, max_bytes=limit)
        request = _request(url, headers, body, gate, timeout_s, self._max_answer_bytes)
        async with asyncio.timeout(timeout_s):
            return await self._exchange_over_httpx(request)

    async def _exchange_over_httpx(self, request: httpx.Request) -> RawAnswer:
        response = await self._transport.handle_async_request(request)
        try:
            body = await self._read(_stream(response))
            return RawAnswer(response.status_code, response.headers.raw, body)
        finally:
            await _stream(response).aclose()

    async def _read(self, stream: httpx.AsyncByteStream) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in stream:
            size += len(chunk)
            if size > self._max_answer_bytes:
                raise OutcomeUnknown("answer_too_large", f"more than {self._max_answer_bytes} bytes")
            chunks.append(chunk)
        return b"".join(chunks)


def _request(
    url: str,
    headers: Sequence[Header],
    body: bytes | SizedStream,
    gate: FirstByteGate,
    timeout_s: float,
    max_bytes: int,
) -> httpx.Request:
    gate.watched = True  # whatever a caller's header or URL provokes here, nothing was sent
    target = find_target(url)
    lines = [
        (name.encode("ascii"), value.encode("ascii"))
        for name, value in complete_headers(headers, target, _length(body))
    ]
    # The answer has no limit of its own per read: the one deadline of post() covers the whole.
    times = {"pool": timeout_s, "connect": timeout_s, "write": timeout_s, "read": None}
    extensions = {"timeout": times, "trace": gate, "max_answer_bytes": max_bytes}
    # A ready stream spares httpx its guesses about the content, which cost more than the send itself.
    stream = httpx.ByteStream(body) if isinstance(body, bytes) else body
    request = httpx.Request("POST", target.url, headers=lines, stream=stream, extensions=extensions)
    gate.watched = False
    return request


def _length(body: bytes | SizedStream) -> int:
    return len(body) if isinstance(body, bytes) else body.length


def _stream(response: httpx.Response) -> httpx.AsyncByteStream:
    # Read below httpx.Response, whose counting and decoding are not wanted.
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError(f"an asynchronous transport answered with {type(stream).__name__}")
    return stream


def _refuse_encoded(answer: RawAnswer) -> None:
    for name, value in answer.headers:
        plain = _PLAIN.get(name.lower())
        if plain is not None and value.strip().lower() not in plain:
            raise OutcomeUnknown("answer_encoded", "the answer is compressed, which was not asked for")
