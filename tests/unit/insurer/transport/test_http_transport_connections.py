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
    farewell: bytes, unread: bool, transport: HttpTransport, raw_server: Callable[..., Any]
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
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, raw_server: Callable[..., Any]
) -> None:
    monkeypatch.setattr(
        "mi_bridge.insurer.transport.connection.Connection.usable", property(lambda self: False)
    )
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


async def test_closing_ends_what_is_on_its_way(raw_server: Callable[..., Any]) -> None:
    arrived = threading.Event()

    def silent(conn: Any) -> None:
        conn.read_request()
        arrived.set()
        conn.hang()

    transport = new_transport(limit=1)
    server = raw_server(silent)
    wire = Wire(transport)
    posts = [asyncio.create_task(wire.post(server.url, JSON, b"{}", timeout_s=5)) for _ in range(2)]
    assert await asyncio.to_thread(arrived.wait, 10)
    await wire.aclose()
    sent, waiting = await asyncio.gather(*posts, return_exceptions=True)
    assert isinstance(sent, OutcomeUnknown)
    assert isinstance(waiting, NotSent)


async def test_four_hundred_at_once_all_get_their_own_answer(raw_server: Callable[..., Any]) -> None:
    server = raw_server(answers)
    wire = Wire(new_transport(limit=100))

    async def talk(number: int) -> None:
        for turn in range(3):
            text = f"{number}-{turn}".encode()
            assert (await wire.post(server.url, JSON, text, timeout_s=60)).body == text

    await asyncio.gather(*(talk(number) for number in range(400)))
    await wire.aclose()
    assert len(server.requests) == 1200
    assert server.connections <= 100


async def test_over_tls_connections_are_kept_and_a_stale_one_replaced(
    raw_server: Callable[..., Any], certificate: Callable[[str], Any]
) -> None:
    def answers_twice_and_leaves(conn: Any) -> None:
        for _ in range(2):
            conn.answer(conn.read_request().partition(b"\r\n\r\n")[2])

    made = certificate("127.0.0.1")
    server = raw_server(answers_twice_and_leaves, made.tls)
    wire = Wire(build_transport(ca_bundle=made.path))
    for text in (b"1", b"2", b"3"):
        assert (await wire.post(server.url, JSON, text, timeout_s=5)).body == text
        await asyncio.sleep(0.05)
    await wire.aclose()
    assert server.connections == 2
