"""The message's bytes as aiohttp writes them, and the last look before the first of them."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import StreamWriter

_PEER_CLOSED = getattr(select, "POLLRDHUP", 0)


class StaleConnectionError(Exception):
    """The kept-alive connection was closed, or spoken on out of turn, before our first byte."""


class GatedPayload(aiohttp.Payload):
    """A body that looks at the connection and asks a gate before aiohttp writes anything.

    aiohttp (3.13 and later) keeps the headers back and writes them together with the body's first chunk, so
    this is the last place before the first byte: between ``gate`` and ``transport.write`` nothing is awaited.

    Args:
        value: the body.
        gate: awaited before the first byte; what it raises stops the send.
    """

    _autoclose = True

    def __init__(self, value: bytes, gate: Callable[[], Awaitable[None]]) -> None:
        super().__init__(value)
        self._size = len(value)
        self._gate = gate
        self.opened = False
        self.refusal: Exception | None = None
        self._transport: asyncio.WriteTransport | None = None

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Pass the gate, then write all."""
        try:
            _refuse_stale(writer)
            await self._gate()
        except Exception as exc:
            self.refusal = exc
            raise
        self.opened = True
        self._transport = getattr(writer, "transport", None)  # only the newest aiohttp promises it
        try:
            await writer.write(self._value)
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Drop the connection together with every byte that still waits to be sent.

        Closing it the ordinary way would go on sending them for as long as the peer takes to read: past the
        deadline, and past every promise about when the message was last on its way.
        """
        if self._transport is not None:
            self._transport.abort()

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:  # noqa: ARG002 - the adapter leaves the length to us
        """Pass the gate, then write all: the length announced is always the body's own."""
        await self.write(writer)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return the body as text."""
        return bytes(self._value).decode(encoding, errors)


def _refuse_stale(writer: AbstractStreamWriter) -> None:
    if not isinstance(writer, StreamWriter):
        return
    transport = writer.transport
    if transport is None or transport.is_closing():
        raise StaleConnectionError
    # An answer nobody asked for, already parsed, would be taken for the answer to this message.
    if getattr(writer.protocol, "should_close", False) or _heard_from(transport):
        raise StaleConnectionError


def _heard_from(transport: Any) -> bool:
    """Whether the system already holds the peer's farewell, or bytes out of turn, that the loop has not read.

    Only where poll(2) knows POLLRDHUP (Linux): elsewhere the loop's own reading must suffice. Under TLS
    waiting bytes are normal (session tickets), so there only the farewell counts.
    """
    if not _PEER_CLOSED:
        return False
    plain = transport.get_extra_info("ssl_object") is None
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), _PEER_CLOSED | (select.POLLIN if plain else 0))
    return bool(poll.poll(0))
