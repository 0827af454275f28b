"""One message out, one answer back, and the truth about it when there is no answer."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx

from mi_bridge.errors import OutcomeUnknown
from mi_bridge.insurer.transport.faults import judge
from mi_bridge.insurer.transport.gate import FirstByteGate

MAX_ANSWER_BYTES = 64 * 1024 * 1024

_DEFAULT_HEADERS = ((b"accept", b"*/*"), (b"accept-encoding", b"identity"), (b"user-agent", b"mi-bridge"))
"""Sent unless the caller sets them. Some gateways refuse a request without a user agent."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer, complete and within its limits; what it says is not looked at here.

    Args:
        http_status: HTTP status code, also 3xx (redirects are not followed) and 5xx.
        headers: the answer's headers.
        body: the answer's bytes as the server sent them.
        duration_ms: milliseconds from the call to the answer's last byte.
    """

    http_status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)
    duration_ms: int


class Wire:
    """Posts messages over any httpx transport.

    Args:
        transport: the transport; ``build_transport`` makes ours.
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
            request = _request(url, headers, body, timeout_s, gate)
        except Exception as exc:  # noqa: BLE001 - whatever a caller's header or URL provokes, nothing was sent
            gate.watched = True
            raise judge(exc, gate) from None
        try:
            async with asyncio.timeout(timeout_s):
                response, answer = await self._exchange(request)
        except Exception as exc:  # noqa: BLE001 - any transport may be injected; judge() knows what is proved
            # No chain: libraries quote the answer's bytes in their messages, and logs print chains.
            raise judge(exc, gate) from None
        duration_ms = round((time.monotonic() - started) * 1000)
        return WireAnswer(response.status_code, response.headers, answer, duration_ms)

    async def aclose(self) -> None:
        """Close the transport and its connections."""
        await self._transport.aclose()

    async def _exchange(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        response = await self._transport.handle_async_request(request)
        try:
            return response, await self._read(response)
        finally:
            await _stream(response).aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        if _encoded(response):
            raise OutcomeUnknown("answer_encoded", "the answer is compressed, which was not asked for")
        chunks: list[bytes] = []
        size = 0
        async for chunk in _stream(response):
            size += len(chunk)
            if size > self._max_answer_bytes:
                raise OutcomeUnknown("answer_too_large", f"more than {self._max_answer_bytes} bytes")
            chunks.append(chunk)
        return b"".join(chunks)


def _request(
    url: str, headers: Iterable[tuple[str, str]], body: bytes, timeout_s: float, gate: FirstByteGate
) -> httpx.Request:
    target, host = _target(url)
    theirs = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
    given = {name.lower() for name, _ in theirs}
    ours = (host, (b"content-length", str(len(body)).encode()), *_DEFAULT_HEADERS)
    lines = [line for line in ours if line[0] not in given] + theirs
    # The answer has no limit of its own per read: the one deadline of post() covers the whole.
    times = {"pool": timeout_s, "connect": timeout_s, "write": timeout_s, "read": None}
    extensions = {"timeout": times, "trace": gate}
    # A ready stream spares httpx its guesses about the content, which cost more than the send itself.
    return httpx.Request("POST", target, headers=lines, stream=httpx.ByteStream(body), extensions=extensions)


@functools.lru_cache(maxsize=512)
def _target(url: str) -> tuple[httpx.URL, tuple[bytes, bytes]]:
    parsed = httpx.URL(url)
    return parsed, (b"host", parsed.netloc)


def _stream(response: httpx.Response) -> httpx.AsyncByteStream:
    # Read below httpx.Response, whose counting and decoding are not wanted.
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError(f"an asynchronous transport answered with {type(stream).__name__}")
    return stream


def _encoded(response: httpx.Response) -> bool:
    return any(
        name.lower() == b"content-encoding" and value.lower() != b"identity"
        for name, value in response.headers.raw
    )
