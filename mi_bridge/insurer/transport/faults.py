"""From an exception of the transport to a fault word, and to whether it proves "not sent"."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from mi_bridge.errors import NotSent, OutcomeUnknown, TransportError
from mi_bridge.insurer.transport.gate import FirstByteGate


@dataclass(frozen=True, slots=True)
class Fault:
    """One row: the exception, what must be among its causes, and our words for it.

    Args:
        exception: the exception as httpx names it.
        cause: a type that must be the exception itself or among its causes.
        unsent: the word when not one byte can have left.
        unknown: the word when a byte may have left.
    """

    exception: type[BaseException]
    cause: type[BaseException]
    unsent: str
    unknown: str


FAULTS: tuple[Fault, ...] = (
    Fault(httpx.PoolTimeout, BaseException, "pool_timeout", "unproved"),
    Fault(httpx.ConnectTimeout, BaseException, "connect_timeout", "unproved"),
    Fault(httpx.ConnectError, socket.gaierror, "dns_failed", "unproved"),
    Fault(httpx.ConnectError, ssl.SSLError, "tls_failed", "unproved"),
    Fault(httpx.ConnectError, ConnectionRefusedError, "connect_refused", "unproved"),
    Fault(httpx.ConnectError, BaseException, "connect_failed", "unproved"),
    Fault(httpx.ProxyError, BaseException, "connect_failed", "unproved"),
    Fault(httpx.UnsupportedProtocol, BaseException, "request_invalid", "request_invalid"),
    Fault(httpx.LocalProtocolError, BaseException, "request_invalid", "request_invalid"),
    Fault(httpx.InvalidURL, BaseException, "request_invalid", "request_invalid"),
    Fault(UnicodeError, BaseException, "request_invalid", "request_invalid"),
    Fault(httpx.WriteTimeout, BaseException, "connect_failed", "send_failed"),
    Fault(httpx.WriteError, BaseException, "connect_failed", "send_failed"),
    Fault(httpx.ReadTimeout, BaseException, "connect_failed", "answer_timeout"),
    Fault(httpx.ReadError, BaseException, "connect_failed", "connection_reset"),
    Fault(httpx.RemoteProtocolError, asyncio.IncompleteReadError, "connect_failed", "answer_truncated"),
    Fault(httpx.RemoteProtocolError, OSError, "connect_failed", "answer_truncated"),
    Fault(httpx.RemoteProtocolError, EOFError, "connect_failed", "disconnected"),
    Fault(httpx.RemoteProtocolError, BaseException, "connect_failed", "answer_garbled"),
    Fault(TimeoutError, BaseException, "deadline_passed", "answer_timeout"),
    Fault(BaseException, BaseException, "connect_failed", "transport_failed"),
)
"""Read from the top; the first row that fits counts."""

_PROVED_BY_NAME = (httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
"""What proves "not sent" even from a transport that is not watched.

ConnectError and ConnectTimeout are not here: httpx-aiohttp 0.2.0 reports a server that closed the
connection after it had acted as ConnectTimeout.
"""

_DEEPEST_CAUSE = 10


def judge(exc: BaseException, gate: FirstByteGate) -> TransportError:
    """Return what an exception of the transport means for the message.

    Args:
        exc: whatever ``handle_async_request`` or the reading of its answer raised.
        gate: the gate that went with the request.

    Returns:
        NotSent where the gate, or the exception's own meaning, proves it; else OutcomeUnknown.
    """
    if isinstance(exc, OutcomeUnknown) or (isinstance(exc, NotSent) and not gate.opened):
        return exc
    fault = next(row for row in FAULTS if isinstance(exc, row.exception) and _caused_by(exc, row.cause))
    if gate.proves_nothing_left or (isinstance(exc, _PROVED_BY_NAME) and not gate.opened):
        return NotSent(fault.unsent, describe(exc))
    return OutcomeUnknown(fault.unknown, describe(exc))


def describe(exc: BaseException) -> str:
    """Return the names of an exception and its first cause, and the system's words where it has any.

    Never the library's whole message: parsers quote the bytes they choke on, and those are patients' data.
    """
    *_, root = causes(exc)
    names = type(exc).__name__ if root is exc else f"{type(exc).__name__} from {type(root).__name__}"
    words = _system_words(root)
    return f"{names}: {words}" if words else names


def causes(exc: BaseException) -> Iterator[BaseException]:
    """Yield an exception, then its causes, outermost first."""
    current: BaseException | None = exc
    for _ in range(_DEEPEST_CAUSE):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


def _caused_by(exc: BaseException, kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in causes(exc))


def _system_words(root: BaseException) -> str:
    if isinstance(root, ssl.SSLError):
        # Set by OpenSSL, so absent where Python raised the error itself.
        return getattr(root, "verify_message", None) or getattr(root, "reason", None) or ""
    return root.strerror or "" if isinstance(root, OSError) else ""
