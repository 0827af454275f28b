"""One connection to the insurer's gateway, with one message at a time on it."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import struct
import sys
from collections.abc import AsyncIterator
from typing import cast

import httpx

from mi_bridge.insurer.transport.answer_reader import AnswerReader, RawAnswer
from mi_bridge.insurer.transport.gate import FirstByteGate
from mi_bridge.insurer.transport.spool import Spool
from mi_bridge.insurer.transport.target import Origin

_PEER_CLOSED = getattr(select, "POLLRDHUP", 0)
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Connection(asyncio.Protocol):
    """A persistent HTTP/1.1 connection.

    Args:
        origin: whom it is connected to.
    """

    def __init__(self, origin: Origin) -> None:
        loop = asyncio.get_running_loop()
        self.origin = origin
        self.idle_since = 0.0
        self.lost: asyncio.Future[None] = loop.create_future()
        self.clean = True
        """No message is on its way, and not a byte came that nobody asked for."""
        self._loop = loop
        self._reader = AnswerReader()
        self._answer: asyncio.Future[RawAnswer] | None = None
        self._transport: asyncio.Transport | None = None
        self._poll: select.poll | None = None
        self._streaming = False
        self._jam: asyncio.Future[None] | None = None

    @property
    def usable(self) -> bool:
        """Whether a message may be written: a last look, as near to the first byte as there is one."""
        return self.clean and not self._wire.is_closing() and not self._heard_from()

    async def exchange(
        self, message: bytes, gate: FirstByteGate, *, timeout_s: float | None, max_bytes: int
    ) -> RawAnswer:
        """Pass the gate, write the message and read its answer. Up to the write nothing is awaited.

        Args:
            message: head and body.
            gate: asked immediately before the first byte.
            timeout_s: seconds for the answer to be complete; None for no limit.
            max_bytes: a longer body is given up.

        Raises:
            NotSent: the gate refused.
            OutcomeUnknown: ``answer_too_large``.
            httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError: no whole answer came.
        """
        gate.open()
        self.clean = False
        self._reader.begin(max_bytes)
        answer: asyncio.Future[RawAnswer] = self._loop.create_future()
        self._answer = answer
        self._wire.write(message)
        timer = None if timeout_s is None else self._loop.call_later(timeout_s, self._expire)
        try:
            return await answer
        except BaseException:
            self.abort()
            raise
        finally:
            self._answer = None
            if timer is not None:
                timer.cancel()

    async def stream(
        self, head: bytes, chunks: AsyncIterator[bytes], gate: FirstByteGate, *, max_bytes: int
    ) -> Spool:
        """Pass the gate, write a message piece by piece, and return once its answer's head is there.

        An answer that comes before the message is all written ends the writing; `end_stream` ends the exchange.

        Args:
            head: everything before the body.
            chunks: the body, as long as the head says.
            gate: asked immediately before the first byte.
            max_bytes: a longer answer is given up.

        Raises:
            NotSent: the gate refused.
            httpx.ReadError, httpx.RemoteProtocolError: no answer's head came.
        """
        gate.open()
        self.clean = False
        self._streaming = True
        spool = Spool(self._hold_reading, self._go_on_reading)
        self._reader.begin(max_bytes, spool)
        self._answer = self._loop.create_future()
        self._answer.add_done_callback(spool.finish)
        try:
            self._wire.write(head)
            self._streaming = not await self._pour(chunks, spool)
            await spool.head
        except BaseException:
            spool.head.cancel()
            self.end_stream()
            raise
        return spool

    def end_stream(self) -> None:
        """End a streamed exchange; one that is not over, or whose message is not all written, costs the connection."""
        answer, self._answer = self._answer, None
        whole = answer is not None and answer.done() and not answer.cancelled() and not answer.exception()
        if not whole or self._streaming:
            self.abort()
        self._go_on_reading()
        if answer is not None:
            answer.cancel()
        self._streaming = False

    def abort(self) -> None:
        """Drop the connection together with every byte that still waits to be sent, in the system too.

        Closing it the ordinary way would go on sending them for as long as the peer takes to read, or the
        network to heal: past the deadline, and past every promise about when the message was last on its way.
        """
        if not self.clean and not self._wire.is_closing():
            with contextlib.suppress(
                OSError
            ):  # some systems refuse this once the peer has reset the connection
                wire = self._wire.get_extra_info("socket")
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.clean = False
        self._wire.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; nothing of a message is to wait in the loop's buffers."""
        # uvloop's transports do not inherit from the class that says what they are
        self._transport = cast("asyncio.Transport", transport)
        # With room in its buffer uvloop would write at the end of the loop's round, long after the gate.
        self._transport.set_write_buffer_limits(0)
        if _PEER_CLOSED:
            self._poll = select.poll()
            self._poll.register(transport.get_extra_info("socket").fileno(), self._farewells())

    def data_received(self, data: bytes) -> None:
        """Read on in the answer; what nobody asked for costs the connection."""
        answer = self._answer
        if answer is None or answer.done():
            self.abort()
            return
        try:
            complete = self._reader.feed(data)
        except Exception as exc:  # noqa: BLE001 - whatever the reader raises belongs to the one who waits
            self._fail(exc)
            return
        if complete:
            # A message that is not all written (an early refusal) would run into the next one's.
            written = not self._streaming and self._wire.get_write_buffer_size() == 0
            self.clean = self._reader.reusable and written
            answer.set_result(self._reader.answer())

    def eof_received(self) -> None:
        """Take the server's close."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the connection's end."""
        self._end(exc)
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        """Take that the system takes no more for now; only a streamed message waits for it."""
        if self._jam is None:
            self._jam = self._loop.create_future()

    def resume_writing(self) -> None:
        """Take that there is room again."""
        jam, self._jam = self._jam, None
        if jam is not None and not jam.done():
            jam.set_result(None)

    @property
    def _wire(self) -> asyncio.Transport:
        return cast("asyncio.Transport", self._transport)

    async def _pour(self, chunks: AsyncIterator[bytes], spool: Spool) -> bool:
        """Write a body; tell whether all of it was written before the answer or the end came."""
        async for chunk in chunks:
            if spool.head.done() or self._wire.is_closing():
                return False
            self._wire.write(chunk)
            if self._jam is not None:
                await asyncio.wait((self._jam, spool.head), return_when=asyncio.FIRST_COMPLETED)
        return True

    def _hold_reading(self) -> None:
        if not self._wire.is_closing():
            self._wire.pause_reading()

    def _go_on_reading(self) -> None:
        if not self._wire.is_closing():
            self._wire.resume_reading()

    def _end(self, exc: Exception | None) -> None:
        self.clean = False
        answer = self._answer
        if answer is None or answer.done():
            return
        try:
            self._reader.end(exc)
        except httpx.TransportError as error:
            answer.set_exception(error)
        else:
            answer.set_result(self._reader.answer())

    def _expire(self) -> None:
        self._fail(httpx.ReadTimeout("no whole answer in time"))

    def _fail(self, exc: Exception) -> None:
        answer = self._answer
        if answer is not None and not answer.done():
            answer.set_exception(exc)
        self.abort()

    def _farewells(self) -> int:
        # Under TLS waiting bytes are normal (session tickets), so there only the farewell counts.
        return _PEER_CLOSED if self.origin.tls else _PEER_CLOSED | select.POLLIN

    def _heard_from(self) -> bool:
        """Whether the system already holds the peer's farewell, or bytes out of turn, that the loop has not read.

        Only where poll(2) knows POLLRDHUP (Linux): elsewhere the loop's own reading must suffice.
        """
        return self._poll is not None and bool(self._poll.poll(0))
