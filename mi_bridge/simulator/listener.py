"""The listening socket, under the simulator's own hand: it can be closed for a while, and new connections can be reset."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from aiohttp import web

from mi_bridge.simulator.connection import reset


class _Slammed(asyncio.Protocol):
    """A connection that is reset as soon as it is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # a TCP connection's transport always is one; uvloop's does not inherit from the class that says so
        reset(cast("asyncio.Transport", transport))


class Listener:
    """Listens for an application.

    Args:
        slams: tells whether the connection just accepted is to be reset.
    """

    def __init__(self, slams: Callable[[], bool]) -> None:
        self._slams = slams
        self._application: web.Server | None = None
        self._server: asyncio.Server | None = None
        self._address = ("", 0)
        self._pause: asyncio.Task[None] | None = None

    async def start(self, application: web.Server, host: str, port: int) -> str:
        """Begin to listen.

        Args:
            application: speaks HTTP over accepted connections.
            host: name or address of the interface.
            port: 0 takes a free one.

        Returns:
            The base address, ``http://host:port``.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._application = application
        await self._listen(host, port)
        name = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        return f"http://{name}:{self._address[1]}"

    def refuse(self, seconds: float) -> None:
        """Stop listening for a while and drop every connection, as a stopped server does."""
        if self._pause is not None:
            self._pause.cancel()
        self._pause = asyncio.create_task(self._refuse(seconds))

    async def stop(self) -> None:
        """Stop listening for good."""
        if self._pause is not None:
            self._pause.cancel()
        self._close()

    async def _refuse(self, seconds: float) -> None:
        # the answer to whoever asked for this goes out first
        await asyncio.sleep(0.05)
        self._close()
        for handler in self._application.connections if self._application else ():
            reset(handler.transport)
        await asyncio.sleep(seconds)
        while self._server is None:
            # somebody else may have taken the port meanwhile; it is wanted back
            with suppress(OSError):
                await self._listen(*self._address)
            await asyncio.sleep(0.05)

    async def _listen(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, host, port, backlog=1024, reuse_address=True)
        self._address = self._server.sockets[0].getsockname()[:2]

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _accept(self) -> asyncio.Protocol:
        if self._application is None or self._slams():
            return _Slammed()
        return self._application()
