"""An answer that is read piece by piece, with its connection given back at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from mi_bridge.insurer.transport.connection import Connection
from mi_bridge.insurer.transport.pool import Pool
from mi_bridge.insurer.transport.spool import Spool


class AnswerStream(httpx.AsyncByteStream):
    """The body of one answer; close it, whether it was read to its end or not.

    Args:
        connection: where it comes from.
        spool: what has come of it.
        pool: takes the connection back.
    """

    def __init__(self, connection: Connection, spool: Spool, pool: Pool) -> None:
        self._connection = connection
        self._spool = spool
        self._pool = pool
        self._open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self._spool.take():
            yield data

    async def aclose(self) -> None:
        """Give the connection back; one with an unread rest is dropped."""
        if self._open:
            self._open = False
            self._connection.end_stream()
            self._pool.give_back(self._connection)
