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
from mi_bridge.insurer.transport.gate import FirstByteGate
from mi_bridge.insurer.transport.http_transport import HttpTransport

JSON = (("Content-Type", "application/json; charset=utf-8"),)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    made = new_transport()
    yield made
    await made.aclose()


def new_transport(**settings: Any) -> HttpTransport:
    chosen = {"limit": 8, "keepalive_s": 15.0, "connect_timeout_s": 5.0, **settings}
    return HttpTransport(tls=ssl.create_default_context(), **chosen)


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
    transport: HttpTransport, raw_server: Callable[..., Any]
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
            f"Host: 127.0.0.1:{server.port}".encode(),
            b"Accept: */*",
            b"Accept-Encoding: identity",
            b"User-Agent: mi-bridge",
            b"Content-Type: application/json; charset=utf-8",
            b"x-tif-signature: AB=+/",
            f"Content-Length: {len(body)}".encode(),
        ]
    )


async def test_a_connection_is_kept_and_used_again(
    transport: HttpTransport, raw_server: Callable[..., Any]
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
    transport: HttpTransport, raw_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = raw_server(answers)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await exchange(transport, httpx.Request("POST", server.url, content=b"{}")) == (200, b"{}")


async def test_cookies_are_not_kept(transport: HttpTransport, raw_server: Callable[..., Any]) -> None:
    def sets_cookie(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.answer(extra=b"Set-Cookie: session=1; Path=/\r\n")

    server = raw_server(sets_cookie)
    await exchange(transport, httpx.Request("POST", server.url, content=b"1"))
    await exchange(transport, httpx.Request("POST", server.url, content=b"2"))
    assert b"cookie" not in server.requests[1].lower()


async def test_a_redirect_is_an_answer_and_not_followed(
    transport: HttpTransport, raw_server: Callable[..., Any]
) -> None:
    def redirects(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.answer(b"", status="308 Permanent Redirect", extra=b"Location: /elsewhere\r\n")

    server = raw_server(redirects)
    assert await exchange(transport, httpx.Request("POST", server.url, content=b"{}")) == (308, b"")
    assert len(server.requests) == 1


async def test_a_compressed_answer_is_not_unpacked_by_itself(
    transport: HttpTransport, raw_server: Callable[..., Any]
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
    transport: HttpTransport, raw_server: Callable[..., Any]
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    server = raw_server(answers)
    assert await exchange(transport, httpx.Request("POST", server.url, content=parts())) == (200, b"abcd")
    assert b"chunked" not in server.requests[0].lower()


async def test_a_body_of_ten_megabytes_makes_the_round(
    transport: HttpTransport, raw_server: Callable[..., Any]
) -> None:
    body = b"x" * 10_000_000
    assert await exchange(transport, httpx.Request("POST", raw_server(answers).url, content=body)) == (
        200,
        body,
    )


async def test_an_empty_body_passes_the_gate_too(
    transport: HttpTransport, raw_server: Callable[..., Any]
) -> None:
    gate = FirstByteGate()
    request = httpx.Request("GET", raw_server(answers).url, extensions={"trace": gate})
    assert await exchange(transport, request) == (200, b"")
    assert gate.opened


async def test_nothing_is_written_when_the_gate_refuses(
    transport: HttpTransport, raw_server: Callable[..., Any]
) -> None:
    class Shut(FirstByteGate):
        def check(self) -> None:
            raise NotSent("deadline_passed")

    received: list[bytes] = []
    done = threading.Event()

    def listens(conn: Any) -> None:
        received.append(conn.sock.recv(65536))
        done.set()

    server = raw_server(listens)
    with pytest.raises(NotSent, match="deadline_passed"):
        await transport.handle_async_request(
            httpx.Request("POST", server.url, content=b"{}", extensions={"trace": Shut()})
        )
    await transport.aclose()
    assert await asyncio.to_thread(done.wait, 10)
    assert received == [b""]


async def test_a_peer_that_stops_reading_gets_no_byte_after_the_deadline(
    raw_server: Callable[..., Any],
) -> None:
    size: list[int] = []
    late, done = threading.Event(), threading.Event()

    def reads_late(conn: Any) -> None:
        total = len(conn.sock.recv(1000))
        late.wait(15)
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
    late.set()
    assert await asyncio.to_thread(done.wait, 15)
    await wire.aclose()
    assert size[0] < 30_000_000


async def test_a_read_timeout_asked_for_is_kept(
    transport: HttpTransport, raw_server: Callable[..., Any]
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
    ids=["scheme", "host", "header that is not ASCII"],
)
async def test_a_request_that_cannot_be_sent_is_refused(
    request_: httpx.Request, error: type[Exception], transport: HttpTransport
) -> None:
    with pytest.raises(error):
        await transport.handle_async_request(request_)


async def test_a_line_break_in_a_header_is_refused_unsent(
    transport: HttpTransport, raw_server: Callable[..., Any]
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


@pytest.mark.parametrize("method", ["HEAD", "CONNECT"])
async def test_methods_whose_answers_have_no_body_are_refused(method: str, transport: HttpTransport) -> None:
    with pytest.raises(httpx.LocalProtocolError, match=method):
        await transport.handle_async_request(httpx.Request(method, "http://127.0.0.1:1/"))


@pytest.mark.parametrize(
    ("wire", "status", "body", "connections"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", 1),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b"", 1),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok", 1),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, 200, b"ok", 1),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",
            200,
            b"ok",
            1,
        ),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", 2),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok<garbage>", 200, b"ok", 2),
    ],
    ids=["204", "304", "continue", "hints", "chunked", "close", "1.0", "1.0 kept", "garbage behind"],
)
async def test_answers_of_every_form_are_read_and_their_connection_kept_where_it_can_be(
    wire: bytes,
    status: int,
    body: bytes,
    connections: int,
    transport: HttpTransport,
    raw_server: Callable[..., Any],
) -> None:
    def says(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.send(wire)

    server = raw_server(says)
    for _ in range(2):
        assert await exchange(transport, httpx.Request("POST", server.url, content=b"{}")) == (status, body)
    assert server.connections == connections


async def test_an_answer_without_an_end_of_its_own_ends_with_its_connection(
    transport: HttpTransport, raw_server: Callable[..., Any]
) -> None:
    def closes(conn: Any) -> None:
        conn.read_request()
        conn.send(b"HTTP/1.1 200 OK\r\n\r\nall of")
        time.sleep(0.05)
        conn.send(b" it")

    request = httpx.Request("POST", raw_server(closes).url, content=b"{}")
    assert await exchange(transport, request) == (200, b"all of it")


async def test_the_time_may_be_over_before_the_first_byte(
    transport: HttpTransport, raw_server: Callable[..., Any]
) -> None:
    server = raw_server(answers)
    wire = Wire(transport)
    await wire.post(server.url, JSON, b"first", timeout_s=5)
    with pytest.raises(NotSent, match="deadline_passed"):
        await wire.post(server.url, JSON, b"second", timeout_s=0)
    await wire.post(server.url, JSON, b"third", timeout_s=5)
    assert [message[-5:] for message in server.requests] == [b"first", b"third"]
    assert server.connections == 1
