"""One HTTP/1.1 answer, read from whatever pieces the network brings it in."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import httpx
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from mi_bridge.errors import OutcomeUnknown
from mi_bridge.insurer.transport.spool import Spool

HEAD_LIMIT = 64 * 1024
"""Bytes of status line, headers, interim answers and trailers that are still believed."""

_FRAMING_PER_BYTE = 8
"""Bytes that a chunk's size line may add to each byte of it, and still be read: a one-byte chunk adds five."""


class RawAnswer(NamedTuple):
    """An answer as the server sent it.

    Args:
        status: HTTP status code.
        headers: names and values; trailers are not among them.
        body: the body, whole, without its chunk framing.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class AnswerReader:
    """Reads one answer after another from one connection, with llhttp (Node's parser) doing the parsing.

    Interim answers (1xx) are skipped. What llhttp calls dangerous and is not here, where one request at a time
    is on its way and nothing is forwarded, is read as old gateways write it: a bare line feed, odd characters in
    a header, spaces after a chunk's size.
    """

    def __init__(self) -> None:
        self.complete = False
        self.reusable = False
        self._max_bytes = 0
        self._fed = 0
        self._head = 0
        self._size = 0
        self._status = 0
        self._final = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._spool: Spool | None = None
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def begin(self, max_bytes: int, spool: Spool | None = None) -> None:
        """Make ready for the next answer.

        Args:
            max_bytes: so many bytes its body may have.
            spool: takes head and body as they come; the answer then has no body of its own.
        """
        self._spool = spool
        self.complete = self.reusable = self._final = False
        self._max_bytes = max_bytes
        self._fed = self._head = self._size = self._status = 0
        self._headers = []
        self._chunks = []

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; return whether the answer is complete.

        Raises:
            httpx.RemoteProtocolError: this is not HTTP, or its head is too large.
            OutcomeUnknown: ``answer_too_large``.
        """
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as exc:
            if not self.complete:
                raise httpx.RemoteProtocolError("the answer is not HTTP/1.1") from exc
            self.reusable = False  # what follows a complete answer is nobody's
        if self._size > self._max_bytes:
            raise OutcomeUnknown("answer_too_large", f"more than {self._max_bytes} bytes")
        overhead = self._fed - self._size
        if self._head > HEAD_LIMIT or (
            not self.complete and overhead > HEAD_LIMIT + _FRAMING_PER_BYTE * self._size
        ):
            raise httpx.RemoteProtocolError("the answer's head is too large")
        return self.complete

    def end(self, exc: Exception | None) -> None:
        """Take the connection's end, which completes an answer that has no other end.

        Args:
            exc: what broke the connection; None where the server closed it.

        Raises:
            httpx.ReadError: it broke before the answer's head was complete.
            httpx.RemoteProtocolError: the server closed it without a whole answer.
        """
        if self._final and exc is None and self._ends_with_the_connection():
            self.complete = True
        elif self._final:
            raise httpx.RemoteProtocolError("the answer is cut short") from (
                exc or asyncio.IncompleteReadError(b"", None)
            )
        elif exc is None:
            raise httpx.RemoteProtocolError("the server closed the connection unanswered") from EOFError()
        else:
            raise httpx.ReadError("the connection broke") from exc

    def answer(self) -> RawAnswer:
        """Return the complete answer, and keep nothing of it."""
        answer = RawAnswer(self._status, self._headers, b"".join(self._chunks))
        self._headers, self._chunks = [], []
        return answer

    def on_message_begin(self) -> None:
        """Refuse to read on where nobody asked for more."""
        if self.complete:
            raise ValueError("a second answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header or a trailer."""
        self._head += len(name) + len(value) + 4
        if not self._final:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Take the status."""
        self._status = self._parser.get_status_code()
        if self._status == 101:
            raise ValueError("the server changes to a protocol nobody asked for")
        self._final = self._status >= 200
        if not self._final:
            self._headers = []
        elif self._spool is not None:
            self._spool.begin(self._status, self._headers)

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body."""
        self._size += len(data)
        if self._size > self._max_bytes:
            return
        if self._spool is None:
            self._chunks.append(data)
        else:
            self._spool.put(data)

    def on_message_complete(self) -> None:
        """Take the end of the final answer; an interim one is only followed by the next."""
        if self._final:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()

    def _ends_with_the_connection(self) -> bool:
        # llhttp has read any framing there is, and would have told of the end.
        framing = [(name.lower(), value.strip().lower()) for name, value in self._headers]
        return not any(
            name == b"content-length" or (name == b"transfer-encoding" and value.endswith(b"chunked"))
            for name, value in framing
        )
