from __future__ import annotations

import asyncio
import ssl
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from mi_bridge.errors import NotSent
from mi_bridge.insurer.transport.answer_reader import RawAnswer
from mi_bridge.insurer.transport.connection import Connection
from mi_bridge.insurer.transport.factory import tls_context
from mi_bridge.insurer.transport.gate import FirstByteGate
from mi_bridge.insurer.transport.target import Origin

MESSAGE = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def connect(server: Any, tls: ssl.SSLContext | None = None) -> Connection:
    origin = Origin(tls is not None, "127.0.0.1", server.port)
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: Connection(origin), origin.host, origin.port, ssl=tls
    )
    return connection


def post(
    connection: Connection, *, timeout_s: float | None = 5, gate: FirstByteGate | None = None
) -> Coroutine[Any, Any, RawAnswer]:
    return connection.exchange(MESSAGE, gate or FirstByteGate(), timeout_s=timeout_s, max_bytes=1000)


def silent(conn: Any) -> None:
    conn.read_request()
    conn.hang()


def loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    if sys.platform == "win32":
        return [asyncio.new_event_loop]
    import uvloop

    return [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("loop", loops())
def test_the_message_leaves_at_the_gate_and_not_at_the_loop_s_next_turn(
    loop: Callable[[], asyncio.AbstractEventLoop],
    over_tls: bool,
    raw_server: Callable[..., Any],
    certificate: Callable[[str], Any],
) -> None:
    arrived = threading.Event()

    def notes(conn: Any) -> None:
        conn.read_request()
        arrived.set()
        conn.hang()

    made = certificate("127.0.0.1")
    server = raw_server(notes, made.tls if over_tls else None)

    async def main() -> bool:
        connection = await connect(server, tls_context(made.path) if over_tls else None)
        exchange = post(connection)
        exchange.send(None)
        left = arrived.wait(10)  # the loop stands still meanwhile
        exchange.close()
        await connection.lost
        return left

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(main())


async def test_a_shut_gate_costs_nothing(raw_server: Callable[..., Any]) -> None:
    server = raw_server(silent)
    connection = await connect(server)
    with pytest.raises(NotSent, match="deadline_passed"):
        await post(connection, gate=FirstByteGate(time.monotonic() - 1))
    assert connection.usable
    connection.abort()
    await connection.lost
    assert server.requests == []


async def test_what_comes_before_a_message_makes_a_connection_unusable(
    raw_server: Callable[..., Any],
) -> None:
    def speaks_first(conn: Any) -> None:
        conn.send(ANSWER)
        conn.hang()

    connection = await connect(raw_server(speaks_first))
    time.sleep(0.1)  # noqa: ASYNC251 - the loop must not read it meanwhile
    assert not connection.usable
    await asyncio.wait_for(connection.lost, 5)
    assert not connection.clean


async def test_where_the_system_cannot_tell_the_loop_s_reading_counts(
    raw_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, which has no poll(2)."""

    def leaves(conn: Any) -> None:
        conn.sock.recv(1)

    monkeypatch.setattr("mi_bridge.insurer.transport.connection._PEER_CLOSED", 0)
    connection = await connect(raw_server(silent))
    assert connection.usable
    connection.abort()
    await connection.lost
    assert not connection.usable


@pytest.mark.parametrize("late", [b"x", ANSWER])
async def test_what_comes_between_the_answer_and_its_reader_costs_the_connection(
    late: bytes, raw_server: Callable[..., Any]
) -> None:
    connection = await connect(raw_server(silent))
    task = asyncio.create_task(post(connection))
    await asyncio.sleep(0.05)
    connection.data_received(ANSWER)
    connection.data_received(late)
    assert (await task).body == b"ok"
    assert not connection.clean
    await connection.lost


async def test_a_close_between_the_answer_and_its_reader_costs_the_connection_only(
    raw_server: Callable[..., Any],
) -> None:
    connection = await connect(raw_server(silent))
    task = asyncio.create_task(post(connection))
    await asyncio.sleep(0.05)
    connection.data_received(ANSWER)
    connection.eof_received()
    assert (await task).body == b"ok"
    assert not connection.usable
    connection.abort()
    await connection.lost


async def test_a_connection_waits_for_its_answer_as_long_as_asked(raw_server: Callable[..., Any]) -> None:
    def slow(conn: Any) -> None:
        conn.read_request()
        time.sleep(0.2)
        conn.send(ANSWER)
        conn.hang()

    server = raw_server(slow)
    connection = await connect(server)
    assert (await post(connection, timeout_s=None)).body == b"ok"
    assert connection.usable
    connection.abort()
    connection = await connect(server)
    with pytest.raises(httpx.ReadTimeout):
        await post(connection, timeout_s=0.05)
    await connection.lost


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may report the reset differently")
async def test_an_abort_takes_back_what_the_system_still_holds(raw_server: Callable[..., Any]) -> None:
    """The peer's system says "reset", not "closed": whatever was not read in time is gone."""
    ends: list[BaseException | bytes] = []
    aborted, done = threading.Event(), threading.Event()

    def reads_late(conn: Any) -> None:
        conn.sock.recv(1)
        aborted.wait(10)
        try:
            while data := conn.sock.recv(65536):
                ends.append(data[:0])
        except OSError as exc:
            ends.append(exc)
        done.set()

    connection = await connect(raw_server(reads_late))
    with pytest.raises(httpx.ReadTimeout):
        await post(connection, timeout_s=0.1)
    aborted.set()
    assert await asyncio.to_thread(done.wait, 10)
    assert isinstance(ends[-1], ConnectionResetError)
    await connection.lost


async def test_an_end_after_the_end_is_nothing(raw_server: Callable[..., Any]) -> None:
    connection = await connect(raw_server(silent))
    connection.abort()
    await connection.lost
    connection.connection_lost(None)
    connection._expire()
    assert not connection.usable


async def test_a_system_that_refuses_the_option_does_not_keep_the_connection(
    raw_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi_bridge.insurer.transport.connection._NO_LINGER", b"")
    connection = await connect(raw_server(silent))
    with pytest.raises(httpx.ReadTimeout):
        await post(connection, timeout_s=0.05)
    await asyncio.wait_for(connection.lost, 5)
    assert not connection.usable
