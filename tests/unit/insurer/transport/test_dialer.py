from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mi_bridge.insurer.transport.dialer import dial
from mi_bridge.insurer.transport.target import Origin


def silent(conn: Any) -> None:
    conn.hang()


async def test_a_name_s_next_address_is_tried(
    raw_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = raw_server(silent)

    def two_addresses(*args: Any, **kwargs: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
        ]

    monkeypatch.setattr("socket.getaddrinfo", two_addresses)
    connection = await dial(Origin(False, "insurer.example", server.port), ssl.create_default_context(), 5)
    assert connection.usable
    connection.abort()
    await connection.lost


async def test_messages_are_not_held_back_to_be_joined(raw_server: Callable[..., Any]) -> None:
    server = raw_server(silent)
    connection = await dial(Origin(False, "127.0.0.1", server.port), ssl.create_default_context(), 5)
    sock = connection._wire.get_extra_info("socket")
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    connection.abort()
    await connection.lost


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (silent, httpx.ConnectTimeout),
        (lambda conn: conn.sock.recv(65536), httpx.ConnectError),
        (lambda conn: conn.reset(), httpx.ConnectError),
    ],
    ids=["silence", "closed", "reset"],
)
async def test_a_greeting_that_fails_is_no_connection(
    behaviour: Callable[[Any], None], error: type[Exception], raw_server: Callable[..., Any]
) -> None:
    server = raw_server(behaviour)
    with pytest.raises(error):
        await dial(Origin(True, "127.0.0.1", server.port), ssl.create_default_context(), 0.3)


async def test_a_name_that_cannot_be_one_is_no_connection() -> None:
    with pytest.raises(httpx.ConnectError):
        await dial(Origin(False, "a" * 64 + ".invalid", 80), ssl.create_default_context(), 5)
