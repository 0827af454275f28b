"""The connections that are open, which of them are free, and who waits for one."""

from __future__ import annotations

import asyncio
import functools
import math
import ssl
import time
from collections import deque

import httpx

from mi_bridge.insurer.transport.connection import Connection
from mi_bridge.insurer.transport.dialer import dial
from mi_bridge.insurer.transport.target import Origin

_STALE_TRIES = 3


class Pool:
    """Hands out connections, the last used first; who comes first is served first.

    Args:
        tls: the context https connections are verified with.
        limit: connections open at once.
        keepalive_s: seconds after which an idle connection is closed.
    """

    def __init__(self, *, tls: ssl.SSLContext, limit: int, keepalive_s: float) -> None:
        self._tls = tls
        self._limit = limit
        self._slots = asyncio.Semaphore(limit)
        self._busy = 0
        self._keepalive_s = keepalive_s
        self._idle: dict[Origin, deque[Connection]] = {}
        self._open: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    async def take(
        self, origin: Origin, *, pool_s: float, connect_s: float, deadline: float = math.inf
    ) -> Connection:
        """Return a connection that may be written to at once; give it back whatever happens.

        Args:
            origin: whom to talk to.
            pool_s: seconds to wait while every connection is in use.
            connect_s: seconds to find, connect and greet the server.
            deadline: value of ``time.monotonic()`` by which both must be done.

        Raises:
            httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError: there is none.
            httpx.LocalProtocolError: the pool is closed.
        """
        await self._take_slot(pool_s)
        self._busy += 1
        try:
            self._refuse_closed()
            return self._reuse(origin) or await self._dial(origin, connect_s, deadline)
        except BaseException:
            self._free_slot()
            raise

    def give_back(self, connection: Connection) -> None:
        """Keep a connection that took no harm for the next message; drop any other."""
        self._free_slot()
        if not connection.clean or self._closed:
            connection.abort()
            return
        connection.idle_since = time.monotonic()
        self._idle.setdefault(connection.origin, deque()).append(connection)
        if self._sweep is None:
            self._sweep_in(self._keepalive_s)

    async def aclose(self) -> None:
        """Drop every connection, also those in use; later requests are refused."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        leaving = list(self._open)
        for connection in leaving:
            connection.abort()
        await asyncio.gather(*(connection.lost for connection in leaving))

    async def _take_slot(self, pool_s: float) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout(pool_s):
                await self._slots.acquire()
        except TimeoutError as exc:
            raise httpx.PoolTimeout("every connection is in use") from exc

    def _free_slot(self) -> None:
        self._busy -= 1
        self._slots.release()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise httpx.LocalProtocolError("the transport is closed")

    def _reuse(self, origin: Origin) -> Connection | None:
        idle = self._idle.get(origin)
        oldest = time.monotonic() - self._keepalive_s
        while idle:
            connection = idle.pop()
            if connection.idle_since > oldest and connection.usable:
                return connection
            connection.abort()
        return None

    async def _dial(self, origin: Origin, connect_s: float, deadline: float) -> Connection:
        self._make_room()
        for _ in range(_STALE_TRIES):
            connection = await dial(origin, self._tls, min(connect_s, deadline - time.monotonic()))
            self._open.add(connection)
            connection.lost.add_done_callback(functools.partial(self._forget, connection))
            if self._closed:
                connection.abort()
            self._refuse_closed()
            if connection.usable:
                return connection
            connection.abort()
        raise httpx.ConnectError("every connection was closed by the server before the first byte")

    def _forget(self, connection: Connection, _: asyncio.Future[None]) -> None:
        self._open.discard(connection)

    def _make_room(self) -> None:
        """Close what idles for other origins where the new connection would be one too many."""
        while self._busy + sum(map(len, self._idle.values())) > self._limit:
            resting = [idle for idle in self._idle.values() if idle]
            min(resting, key=lambda idle: idle[0].idle_since).popleft().abort()

    def _sweep_in(self, seconds: float) -> None:
        self._sweep = asyncio.get_running_loop().call_later(seconds, self._sweep_idle)

    def _sweep_idle(self) -> None:
        self._sweep = None
        oldest = time.monotonic() - self._keepalive_s
        for idle in self._idle.values():
            while idle and idle[0].idle_since <= oldest:
                idle.popleft().abort()
        resting = [idle[0].idle_since for idle in self._idle.values() if idle]
        if resting:
            self._sweep_in(min(resting) - oldest)
