from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from mi_bridge.errors import NotSent, OutcomeUnknown
from mi_bridge.insurer.transport import Wire, build_transport
from mi_bridge.insurer.transport.aiohttp_transport import AiohttpTransport

JSON = (("Content-Type", "application/json; charset=utf-8"),)


@pytest.fixture
async def transport() -> AsyncIterator[AiohttpTransport]:
    made = new_transport()
    yield made
    await made.aclose()


def new_transport(**settings: Any) -> AiohttpTransport:
    chosen = {"limit": 8, "keepalive_s": 15.0, "connect_timeout_s": 5.0, **settings}
    return AiohttpTransport(tls=ssl.create_default_context(), **chosen)


async def exchange(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> tuple[int, bytes]:
    response = await transport.handle_async_request(request)
    body = await response.aread()
    await response.aclose()
    return response.status_code, body


def answers(conn: Any) -> None:
    while True:
        message = conn.read_request()
        conn.answer(message.partition(b"\r\n\r\n")[2])


async def test_bytes_and_headers_arrive_exactly_as_given(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    server = raw_server(answers)
    wire = Wire(transport)
    body = '{"psn_name":"𠮷野家","amt":1.10}'.encode()
    answer = await wire.post(
        server.url + "/a%2Fb?x=%41&y=1", [*JSON, ("x-tif-signature", "AB=+/")], body, timeout_s=5
    )
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert answer.body == sent == body
    assert head.startswith(b"POST /fsi/api/1101/a%2Fb?x=%41&y=1 HTTP/1.1\r\n")
    assert sorted(head.split(b"\r\n")[1:]) == sorted(
        [
            f"host: 127.0.0.1:{server.port}".encode(),
            b"accept: */*",
            b"accept-encoding: identity",
            b"user-agent: mi-bridge",
            b"Content-Type: application/json; charset=utf-8",
            b"x-tif-signature: AB=+/",
            f"Content-Length: {len(body)}".encode(),
        ]
    )


async def test_a_connection_is_kept_and_used_again(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    server = raw_server(answers)
    for text in (b"1", b"2", b"3"):
        assert await exchange(transport, httpx.Request("POST", server.url, content=text)) == (200, text)
    assert server.connections == 1


async def test_an_idle_connection_expires(raw_server: Callable[..., Any]) -> None:
    server = raw_server(answers)
    transport = new_transport(keepalive_s=0.05)
    await exchange(transport, httpx.Request("POST", server.url, content=b"1"))
    await asyncio.sleep(0.2)
    await exchange(transport, httpx.Request("POST", server.url, content=b"2"))
    await transport.aclose()
    assert server.connections == 2


async def test_proxies_of_the_environment_are_ignored(
    transport: AiohttpTransport, raw_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = raw_server(answers)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await exchange(transport, httpx.Request("POST", server.url, content=b"{}")) == (200, b"{}")


async def test_cookies_are_not_kept(transport: AiohttpTransport, raw_server: Callable[..., Any]) -> None:
    def sets_cookie(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.answer(extra=b"Set-Cookie: session=1; Path=/\r\n")

    server = raw_server(sets_cookie)
    await exchange(transport, httpx.Request("POST", server.url, content=b"1"))
    await exchange(transport, httpx.Request("POST", server.url, content=b"2"))
    assert b"cookie" not in server.requests[1].lower()


async def test_a_redirect_is_an_answer_and_not_followed(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    def redirects(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.answer(b"", status="308 Permanent Redirect", extra=b"Location: /elsewhere\r\n")

    server = raw_server(redirects)
    assert await exchange(transport, httpx.Request("POST", server.url, content=b"{}")) == (308, b"")
    assert len(server.requests) == 1


async def test_a_compressed_answer_is_not_unpacked_by_itself(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    def compresses(conn: Any) -> None:
        conn.read_request()
        conn.answer(b"\x1f\x8bnot really", extra=b"Content-Encoding: gzip\r\n")
        conn.hang()

    server = raw_server(compresses)
    response = await transport.handle_async_request(httpx.Request("POST", server.url, content=b"{}"))
    assert b"".join([chunk async for chunk in response.aiter_raw()]) == b"\x1f\x8bnot really"
    await response.aclose()
    assert b"accept-encoding: identity" in server.requests[0].lower()


async def test_a_streamed_body_goes_out_with_its_length(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    server = raw_server(answers)
    assert await exchange(transport, httpx.Request("POST", server.url, content=parts())) == (200, b"abcd")
    assert b"chunked" not in server.requests[0].lower()


async def test_a_body_of_ten_megabytes_makes_the_round(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    body = b"x" * 10_000_000
    assert await exchange(transport, httpx.Request("POST", raw_server(answers).url, content=body)) == (
        200,
        body,
    )


async def test_an_empty_body_passes_the_gate_too(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    seen: list[str] = []

    async def trace(event: str, info: Any) -> None:
        seen.append(event)

    request = httpx.Request("GET", raw_server(answers).url, extensions={"trace": trace})
    assert await exchange(transport, request) == (200, b"")
    assert seen == ["aiohttp.acquire.started", "aiohttp.send_request_headers.started"]


async def test_nothing_is_written_when_the_gate_refuses(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    """Also the proof that this version of aiohttp holds the headers back until the body's first chunk."""

    async def refuse(event: str, info: Any) -> None:
        if event.endswith("send_request_headers.started"):
            raise NotSent("deadline_passed")

    received: list[bytes] = []
    done = threading.Event()

    def listens(conn: Any) -> None:
        received.append(conn.sock.recv(65536))
        done.set()

    server = raw_server(listens)
    with pytest.raises(NotSent, match="deadline_passed"):
        await transport.handle_async_request(
            httpx.Request("POST", server.url, content=b"{}", extensions={"trace": refuse})
        )
    assert await asyncio.to_thread(done.wait, 10)
    assert received == [b""]


class FarewellServer:
    """Behaviour: answers once, says farewell when told, and counts on."""

    def __init__(self, farewell: bytes = b"") -> None:
        self.farewell = farewell
        self.go = threading.Event()
        self.gone = threading.Event()

    def __call__(self, conn: Any) -> None:
        conn.answer(conn.read_request().partition(b"\r\n\r\n")[2])
        self.go.wait(10)
        if not self.gone.is_set():
            self._leave(conn)
            return
        answers(conn)

    def _leave(self, conn: Any) -> None:
        if self.farewell:
            conn.send(self.farewell)
        else:
            conn.sock.close()
        self.gone.set()
        if self.farewell:
            conn.hang()


@pytest.mark.parametrize("unread", [True, False], ids=["not yet read by the loop", "read by the loop"])
@pytest.mark.parametrize(
    "farewell",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"],
    ids=["closed", "answer out of turn"],
)
async def test_a_stale_connection_noticed_before_the_first_byte_is_replaced(
    farewell: bytes, unread: bool, transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    """Nothing was written on the stale one, so writing on a new one is no second send.

    An answer nobody asked for must never be taken for the answer to the next message.
    """
    behaviour = FarewellServer(farewell)
    server = raw_server(behaviour)
    await exchange(transport, httpx.Request("POST", server.url, content=b"first"))
    behaviour.go.set()
    behaviour.gone.wait(10)
    time.sleep(0.05)  # noqa: ASYNC251 - the loop must not look at the socket meanwhile
    if not unread:
        await asyncio.sleep(0.05)
    assert await exchange(transport, httpx.Request("POST", server.url, content=b"second")) == (200, b"second")
    bodies = [message.partition(b"\r\n\r\n")[2] for message in server.requests]
    assert (bodies, server.connections) == ([b"first", b"second"], 2)


async def test_a_connection_closed_under_our_bytes_is_unknown_and_nothing_is_sent_twice(
    raw_server: Callable[..., Any],
) -> None:
    def closes_on_the_second(conn: Any) -> None:
        conn.answer(conn.read_request().partition(b"\r\n\r\n")[2])
        conn.read_head()
        conn.server.requests.append(conn.buffer)
        conn.reset()

    server = raw_server(closes_on_the_second)
    wire = Wire(build_transport())
    await wire.post(server.url, JSON, b"first", timeout_s=5)
    with pytest.raises(OutcomeUnknown, match=r"connection_reset|disconnected"):
        await wire.post(server.url, JSON, b"second", timeout_s=5)
    await wire.aclose()
    assert (len(server.requests), server.connections) == (2, 1)


async def test_when_every_connection_is_stale_it_gives_up_unsent(
    transport: AiohttpTransport, monkeypatch: pytest.MonkeyPatch, raw_server: Callable[..., Any]
) -> None:
    monkeypatch.setattr("mi_bridge.insurer.transport.payload._heard_from", lambda transport: True)
    server = raw_server(answers)
    with pytest.raises(httpx.ConnectError, match="before the first byte"):
        await transport.handle_async_request(httpx.Request("POST", server.url, content=b"{}"))
    assert server.requests == []


async def test_a_cancelled_send_frees_its_place_and_loses_its_connection(
    raw_server: Callable[..., Any],
) -> None:
    def answers_the_second(conn: Any) -> None:
        if b"first" in conn.read_request():
            arrived.set()
            conn.hang()
        conn.answer(b"done")

    arrived = threading.Event()
    server = raw_server(answers_the_second)
    transport = new_transport(limit=1)
    task = asyncio.create_task(exchange(transport, httpx.Request("POST", server.url, content=b"first")))
    assert await asyncio.to_thread(arrived.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await exchange(transport, httpx.Request("POST", server.url, content=b"x")) == (200, b"done")
    await transport.aclose()
    assert server.connections == 2


async def test_an_answer_left_half_read_costs_its_connection_only(raw_server: Callable[..., Any]) -> None:
    server = raw_server(answers)
    transport = new_transport(limit=1)
    response = await transport.handle_async_request(
        httpx.Request("POST", server.url, content=b"x" * 5_000_000)
    )
    assert isinstance(response.stream, httpx.AsyncByteStream)
    await response.stream.aclose()
    await response.stream.aclose()
    assert await exchange(transport, httpx.Request("POST", server.url, content=b"y")) == (200, b"y")
    await transport.aclose()


async def test_a_peer_that_stops_reading_gets_no_byte_after_the_deadline(
    raw_server: Callable[..., Any],
) -> None:
    size: list[int] = []
    done = threading.Event()

    def reads_late(conn: Any) -> None:
        total = len(conn.sock.recv(1000))
        time.sleep(0.6)
        try:
            while data := conn.sock.recv(1_000_000):
                total += len(data)
        finally:
            size.append(total)
            done.set()

    server = raw_server(reads_late)
    wire = Wire(build_transport())
    with pytest.raises(OutcomeUnknown, match="answer_timeout"):
        await wire.post(server.url, JSON, b"x" * 30_000_000, timeout_s=0.3)
    assert await asyncio.to_thread(done.wait, 15)
    await wire.aclose()
    assert size[0] < 30_000_000


async def test_requests_beyond_the_limit_wait_for_a_place(raw_server: Callable[..., Any]) -> None:
    def slow(conn: Any) -> None:
        while True:
            body = conn.read_request().partition(b"\r\n\r\n")[2]
            time.sleep(0.02)
            conn.answer(body)

    server = raw_server(slow)
    transport = new_transport(limit=2)
    requests = [httpx.Request("POST", server.url, content=str(number).encode()) for number in range(10)]
    results = await asyncio.gather(*(exchange(transport, request) for request in requests))
    await transport.aclose()
    assert results == [(200, str(number).encode()) for number in range(10)]
    assert server.connections == 2


async def test_a_read_timeout_asked_for_is_kept(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    def silent(conn: Any) -> None:
        conn.read_request()
        conn.hang()

    request = httpx.Request(
        "POST", raw_server(silent).url, content=b"{}", extensions={"timeout": {"read": 0.1}}
    )
    with pytest.raises(httpx.ReadTimeout):
        await transport.handle_async_request(request)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (httpx.Request("POST", "ftp://127.0.0.1/", content=b"{}"), httpx.UnsupportedProtocol),
        (httpx.Request("POST", "http:///nowhere", content=b"{}"), httpx.LocalProtocolError),
        (httpx.Request("POST", "http://127.0.0.1:1/", headers=[(b"x", b"\xff")]), httpx.LocalProtocolError),
    ],
    ids=["scheme", "host", "header that is not UTF-8"],
)
async def test_a_request_that_cannot_be_sent_is_refused(
    request_: httpx.Request, error: type[Exception], transport: AiohttpTransport
) -> None:
    with pytest.raises(error):
        await transport.handle_async_request(request_)


async def test_a_line_break_in_a_header_is_refused_unsent(
    transport: AiohttpTransport, raw_server: Callable[..., Any]
) -> None:
    server = raw_server(answers)
    with pytest.raises(httpx.LocalProtocolError):
        await transport.handle_async_request(
            httpx.Request("POST", server.url, headers={"x": "a\r\nb: c"}, content=b"{}")
        )
    assert server.requests == []


async def test_a_closed_transport_refuses() -> None:
    transport = new_transport()
    await transport.aclose()
    with pytest.raises(httpx.LocalProtocolError, match="closed"):
        await transport.handle_async_request(httpx.Request("POST", "http://127.0.0.1:1/", content=b"{}"))
