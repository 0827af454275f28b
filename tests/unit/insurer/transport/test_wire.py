from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from mi_bridge.errors import NotSent, OutcomeUnknown
from mi_bridge.insurer.transport import Wire, build_transport

CONTENT_TYPE = ("content-type", "application/json")


class Injected(httpx.AsyncBaseTransport):
    """Ours, in the hands of someone who wraps it: Wire speaks to it over the port."""

    def __init__(self) -> None:
        self._inner = build_transport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def httpx_s_own() -> httpx.AsyncBaseTransport:
    return httpx.AsyncHTTPTransport(trust_env=False)


@pytest.fixture(params=[build_transport, Injected, httpx_s_own])
async def wire(request: pytest.FixtureRequest) -> AsyncIterator[Wire]:
    made = Wire(request.param(), max_answer_bytes=1000)
    yield made
    await made.aclose()


def answers(conn: Any) -> None:
    while True:
        conn.answer(conn.read_request().partition(b"\r\n\r\n")[2], extra=b"X-Trace: 1\r\n")


async def test_an_answer_comes_whole(wire: Wire, raw_server: Callable[..., Any]) -> None:
    answer = await wire.post(raw_server(answers).url, [CONTENT_TYPE], b'{"a":1}', timeout_s=5)
    assert (answer.http_status, answer.body, answer.headers["x-trace"]) == (200, b'{"a":1}', "1")
    assert 0 <= answer.duration_ms < 5000
    assert "a" not in repr(answer).replace("WireAnswer", "").replace("http_status", "").replace(
        "duration_ms", ""
    )


async def test_the_caller_s_headers_replace_ours(wire: Wire, raw_server: Callable[..., Any]) -> None:
    server = raw_server(answers)
    await wire.post(server.url, [("User-Agent", "HIS"), ("Host", "insurer.example")], b"{}", timeout_s=5)
    head = server.requests[0].lower()
    assert b"user-agent: his" in head
    assert b"host: insurer.example" in head
    assert b"mi-bridge" not in head


async def test_an_answer_at_the_limit_is_taken_and_one_beyond_given_up(
    wire: Wire, raw_server: Callable[..., Any]
) -> None:
    url = raw_server(answers).url
    assert len((await wire.post(url, [], b"x" * 1000, timeout_s=5)).body) == 1000
    with pytest.raises(OutcomeUnknown, match="answer_too_large"):
        await wire.post(url, [], b"x" * 1001, timeout_s=5)


@pytest.mark.parametrize("coding", ["Content-Encoding: br", "Transfer-Encoding: gzip, chunked"])
async def test_an_answer_in_a_coding_nobody_asked_for_is_given_up(
    coding: str, raw_server: Callable[..., Any]
) -> None:
    def encodes(conn: Any) -> None:
        conn.read_request()
        conn.send(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{coding}\r\n\r\n0\r\n\r\n".encode())

    wire = Wire(build_transport())
    with pytest.raises(OutcomeUnknown, match="answer_encoded"):
        await wire.post(raw_server(encodes).url, [], b"{}", timeout_s=5)
    await wire.aclose()


@pytest.mark.parametrize("url", ["no url at all", "ftp://127.0.0.1/", "http://[::1", "http://a\x00b/"])
async def test_what_is_no_url_is_not_sent(wire: Wire, url: str) -> None:
    with pytest.raises(NotSent, match=r"request_invalid|connect_failed"):
        await wire.post(url, [], b"{}", timeout_s=5)


@pytest.mark.parametrize("headers", [[("x", "中文")], [("中文", "x")]])
async def test_a_header_that_is_not_ascii_is_not_sent(wire: Wire, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(NotSent, match="request_invalid"):
        await wire.post("http://127.0.0.1:1/", headers, b"{}", timeout_s=5)


async def test_a_refused_connection_is_not_sent(wire: Wire) -> None:
    with pytest.raises(NotSent):
        await wire.post("http://127.0.0.1:1/", [], b"{}", timeout_s=5)


async def test_past_its_deadline_a_message_is_not_sent(wire: Wire, raw_server: Callable[..., Any]) -> None:
    server = raw_server(answers)
    with pytest.raises(NotSent, match="deadline_passed"):
        await wire.post(server.url, [], b"{}", timeout_s=5, not_after=time.monotonic() - 0.001)
    assert server.connections == 0


async def test_a_process_paused_before_the_first_byte_does_not_send_late(
    wire: Wire, raw_server: Callable[..., Any]
) -> None:
    server = raw_server(answers)
    task = asyncio.create_task(
        wire.post(server.url, [], b"{}", timeout_s=5, not_after=time.monotonic() + 0.05)
    )
    await asyncio.sleep(0)
    time.sleep(0.1)  # noqa: ASYNC251 - the whole process stands still
    with pytest.raises(NotSent, match="deadline_passed"):
        await task
    assert server.requests == []


async def test_silence_and_dripping_end_at_the_total_deadline(
    wire: Wire, raw_server: Callable[..., Any]
) -> None:
    def drips(conn: Any) -> None:
        conn.read_request()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not conn.server.stopping.wait(0.02):
            conn.send(b" ")

    started = time.monotonic()
    with pytest.raises(OutcomeUnknown, match="answer_timeout"):
        await wire.post(raw_server(drips).url, [], b"{}", timeout_s=0.2)
    assert time.monotonic() - started < 10


async def test_a_reset_after_the_server_acted_is_unknown(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def resets(conn: Any) -> None:
        conn.read_request()
        conn.reset()

    server = raw_server(resets)
    with pytest.raises(OutcomeUnknown, match="connection_reset"):
        await wire.post(server.url, [], b"{}", timeout_s=5)
    assert len(server.requests) == 1


async def test_errors_carry_no_byte_of_the_answer(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def leaks(conn: Any) -> None:
        conn.read_request()
        conn.send(b"certno=990101198001016571\r\n\r\n")

    with pytest.raises(OutcomeUnknown, match="answer_garbled") as caught:
        await wire.post(raw_server(leaks).url, [], b"{}", timeout_s=5)
    assert "990101198001016571" not in f"{caught.value} {caught.value!r}"
    assert caught.value.__suppress_context__


async def test_cancelling_a_post_cancels(wire: Wire, raw_server: Callable[..., Any]) -> None:
    def silent(conn: Any) -> None:
        conn.read_request()
        conn.hang()

    task = asyncio.create_task(wire.post(raw_server(silent).url, [], b"{}", timeout_s=5))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_transport_that_lies_about_connecting_proves_nothing() -> None:
    class Liar(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectTimeout("says httpx-aiohttp when the server hangs up")

    with pytest.raises(OutcomeUnknown, match="unproved"):
        await Wire(Liar()).post("http://127.0.0.1:1/", [], b"{}", timeout_s=5)


async def test_a_synchronous_stream_is_no_answer() -> None:
    class Stream(httpx.SyncByteStream): ...

    class Wrong(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=Stream())

    with pytest.raises(OutcomeUnknown, match="transport_failed"):
        await Wire(Wrong()).post("http://127.0.0.1:1/", [], b"{}", timeout_s=5)
