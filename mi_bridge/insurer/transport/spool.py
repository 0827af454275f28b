"""What came of a streamed answer and was not taken yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from mi_bridge.insurer.transport.head import RawHeader

_FULL = 1024 * 1024
"""Bytes that may wait; the connection stops reading above it, and TCP stops the server."""


class Spool:
    """Bytes between the network and a slower taker, bounded.

    Args:
        hold: called when too many bytes wait.
        go_on: called when they were taken.
    """

    def __init__(self, hold: Callable[[], None], go_on: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.head: asyncio.Future[tuple[int, list[RawHeader]]] = self._loop.create_future()
        """Status and headers, or what broke before them."""
        self._hold, self._go_on = hold, go_on
        self._held = False
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._over = False
        self._fault: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, status: int, headers: list[RawHeader]) -> None:
        """Take status and headers."""
        if not self.head.done():
            self.head.set_result((status, headers))

    def put(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        self._chunks.append(data)
        self._size += len(data)
        if self._size >= _FULL and not self._held:
            self._held = True
            self._hold()
        self._wake()

    def finish(self, answer: asyncio.Future[Any]) -> None:
        """Take the end of the answer, whole or broken, from the future that stands for it."""
        self._over = True
        self._fault = asyncio.CancelledError() if answer.cancelled() else answer.exception()
        if self._fault is not None and not self.head.done():
            self.head.set_exception(self._fault)
        self._wake()

    async def take(self) -> bytes:
        """Return what has come, waiting for some; empty at the end.

        Raises:
            Exception: what broke the answer.
        """
        while not self._chunks and not self._over:
            self._waiter = self._loop.create_future()
            await self._waiter
        if self._fault is not None:
            raise self._fault
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        if self._held:
            self._held = False
            self._go_on()
        return data

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
