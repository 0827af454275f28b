"""What goes out and comes in piece by piece."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import httpx


class SizedStream(httpx.AsyncByteStream):
    """A body whose length is known before it is made.

    Args:
        length: in bytes.
    """

    def __init__(self, length: int) -> None:
        self.length = length


class BytesStream(SizedStream):
    """A body that is there already.

    Args:
        body: its bytes.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__(len(body))
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


class Sink(Protocol):
    """Takes an answer as it comes."""

    async def begin(self, status: int, headers: httpx.Headers) -> None:
        """Take its HTTP status and headers."""
        ...

    async def write(self, data: bytes) -> None:
        """Take the next bytes of its body."""
        ...
