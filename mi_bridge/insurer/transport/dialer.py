"""How a connection comes about: name, address, TCP, TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl

import aiohappyeyeballs
import httpx

from mi_bridge.insurer.transport.connection import Connection
from mi_bridge.insurer.transport.target import Origin

_NEXT_ADDRESS_AFTER_S = 0.25
"""RFC 8305, 8: a host with several addresses is tried on the next one after this."""


async def dial(origin: Origin, tls: ssl.SSLContext, timeout_s: float) -> Connection:
    """Return a new connection.

    Args:
        origin: whom to connect to.
        tls: the context https connections are verified with.
        timeout_s: seconds to find, connect and greet the server.

    Raises:
        httpx.ConnectTimeout, httpx.ConnectError: there is none; the cause says why.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _greet(origin, tls, await _connect(origin))
    except TimeoutError as exc:
        raise httpx.ConnectTimeout("no connection in time") from exc
    except (
        OSError,
        ValueError,
    ) as exc:  # a certificate's fault is an OSError, a name's may be a UnicodeError
        raise httpx.ConnectError("no connection") from exc


async def _connect(origin: Origin) -> socket.socket:
    loop = asyncio.get_running_loop()
    # The system's resolver, whatever else is installed: hospitals name the insurer in hosts files.
    # Only a socket that is known to be TCP's is freed of Nagle's algorithm by asyncio, hence the protocol.
    addresses = await loop.getaddrinfo(
        origin.host, origin.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    return await aiohappyeyeballs.start_connection(
        addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_S, loop=loop
    )


async def _greet(origin: Origin, tls: ssl.SSLContext, sock: socket.socket) -> Connection:
    loop = asyncio.get_running_loop()
    context, name = (tls, origin.host) if origin.tls else (None, None)
    _, connection = await loop.create_connection(
        lambda: Connection(origin), sock=sock, ssl=context, server_hostname=name
    )
    return connection
