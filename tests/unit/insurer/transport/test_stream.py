"""Bodies that go and come piece by piece."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from mi_bridge.errors import NotSent, OutcomeUnknown
from mi_bridge.insurer.transport import Wire, build_transport
from mi_bridge.insurer.transport.http_transport import STREAMED
from mi_bridge.insurer.transport.stream_ports import BytesStream, SizedStream

MB = 1024 * 1024


class Pieces(SizedStream):
    """So many pieces of one size."""

    def __init__(self, times: int, piece: bytes = bytes(MB)) -> None:
        super().__init__(times * len(piece))
        self.times, self.piece, self.made = times, piece, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.times):
            self.made += 1
            yield self.piece


class Taken:
    """A sink that counts, and may be slow or faulty."""

    def __init__(self, pause_s: float = 0, fault: Exception | None = None) -> None:
        self.status, self.size, self.largest = 0, 0, 0
        self.pause_s, self.fault = pause_s, fault

    async def begin(self, status: int, headers: httpx.Headers) -> None:
        self.status = status

    async def write(self, data: bytes) -> None:
        if self.fault:
            raise self.fault
        await asyncio.sleep(self.pause_s)
        self.size += len(data)
        self.largest = max(self.largest, len(data))


async def transfer(wire: Wire, url: str, body: SizedStream, sink: Taken, **options: Any) -> Any:
    limits = {"timeout_s": 20, "max_answer_bytes": 1000 * MB} | options
    return await wire.transfer(url, [("x-test", "1")], body, sink, **limits)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    made = Wire(build_transport(connect_timeout_s=2))
    yield made
    await made.aclose()


async def test_a_connection_carries_streams_and_messages_one_after_another(
    wire: Wire, raw_server: Callable[..., Any]
) -> None:
    def serves(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.answer(b"x" * 3 * MB)

    server = raw_server(serves)
    for _ in range(2):
        sink = Taken()
        answer = await transfer(wire, server.url, Pieces(5), sink)
        assert (answer.http_status, sink.size, answer.body) == (200, 3 * MB, b"")
        assert len((await wire.post(server.url, [], b"{}", timeout_s=5)).body) == 3 * MB
    assert server.connections == 1
    assert server.requests[0].endswith(bytes(5 * MB))


async def test_a_slow_taker_slows_the_server_down(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def serves(conn: Any) -> None:
        conn.read_request()
        conn.answer(b"x" * 40 * MB)

    sink = Taken(pause_s=0.01)
    await transfer(wire, raw_server(serves).url, BytesStream(b"{}"), sink)
    assert sink.size == 40 * MB
    assert sink.largest < 4 * MB


async def test_an_answer_before_the_end_ends_the_writing(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def refuses(conn: Any) -> None:
        conn.read_head()
        conn.answer(b"too large", status="413 Payload Too Large")
        conn.hang()

    server = raw_server(refuses)
    body, sink = Pieces(400), Taken()
    answer = await transfer(wire, server.url, body, sink)
    assert (answer.http_status, sink.size) == (413, 9)
    assert body.made < 400
    await transfer(wire, server.url, Pieces(1), Taken())
    assert server.connections == 2


async def test_a_server_that_goes_while_it_is_written_to_is_unknown(
    wire: Wire, raw_server: Callable[..., Any]
) -> None:
    def resets(conn: Any) -> None:
        conn.read_head()
        time.sleep(0.05)
        conn.reset()

    with pytest.raises(OutcomeUnknown, match=r"connection_reset|disconnected"):
        await transfer(wire, raw_server(resets).url, Pieces(400), Taken())


async def test_an_answer_cut_short_is_unknown(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def cuts(conn: Any) -> None:
        conn.read_request()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with pytest.raises(OutcomeUnknown, match="answer_truncated"):
        await transfer(wire, raw_server(cuts).url, BytesStream(b"{}"), Taken())


async def test_limits_hold_for_streams(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def large(conn: Any) -> None:
        conn.read_request()
        conn.answer(bytes(2 * MB))
        conn.hang()

    def silent(conn: Any) -> None:
        conn.read_request()
        conn.hang()

    def encoded(conn: Any) -> None:
        conn.read_request()
        conn.answer(b"x", extra=b"Content-Encoding: gzip\r\n")

    body = BytesStream(b"{}")
    with pytest.raises(OutcomeUnknown, match="answer_too_large"):
        await transfer(wire, raw_server(large).url, body, Taken(), max_answer_bytes=MB)
    with pytest.raises(OutcomeUnknown, match="answer_timeout"):
        await transfer(wire, raw_server(silent).url, body, Taken(), timeout_s=0.1)
    with pytest.raises(OutcomeUnknown, match="answer_encoded"):
        await transfer(wire, raw_server(encoded).url, body, Taken())
    with pytest.raises(NotSent, match="deadline_passed"):
        await transfer(wire, raw_server(silent).url, body, Taken(), not_after=time.monotonic() - 1)


async def test_a_sink_that_fails_drops_the_connection(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def serves(conn: Any) -> None:
        conn.read_request()
        conn.answer(b"x" * 30 * MB)

    server = raw_server(serves)
    with pytest.raises(OutcomeUnknown, match="transport_failed: OSError: no space"):
        await transfer(wire, server.url, BytesStream(b"{}"), Taken(fault=OSError(28, "no space")))


class OnlySync(httpx.SyncByteStream):
    """What an asynchronous transport cannot read."""


@pytest.mark.parametrize(
    ("method", "stream", "headers"),
    [
        ("POST", Pieces(1), {}),
        ("HEAD", Pieces(1), {"Content-Length": "1"}),
        ("POST", OnlySync(), {"Content-Length": "1"}),
    ],
)
async def test_a_stream_needs_a_length_and_a_body(method: str, stream: Any, headers: dict[str, str]) -> None:
    transport = build_transport()
    request = httpx.Request(
        method, "http://127.0.0.1:9/", headers=headers, stream=stream, extensions={STREAMED: True}
    )
    with pytest.raises(httpx.LocalProtocolError):
        await transport.handle_async_request(request)
    await transport.aclose()


async def test_any_transport_of_httpx_streams(raw_server: Callable[..., Any]) -> None:
    def serves(conn: Any) -> None:
        conn.read_request()
        conn.answer(b"x" * MB)

    wire = Wire(httpx.AsyncHTTPTransport())
    sink = Taken()
    answer = await transfer(wire, raw_server(serves).url, Pieces(2), sink)
    assert (answer.http_status, sink.size) == (200, MB)
    await wire.aclose()


async def test_an_answer_left_half_read_costs_its_connection(raw_server: Callable[..., Any]) -> None:
    def serves(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.answer(b"x" * 30 * MB)

    server = raw_server(serves)
    transport = build_transport()
    for _ in range(2):
        request = httpx.Request("POST", server.url, content=b"{}", extensions={STREAMED: True})
        response = await transport.handle_async_request(request)
        await response.aclose()
        await response.stream.aclose()  # type: ignore[union-attr]
    assert server.connections == 2
    await transport.aclose()
