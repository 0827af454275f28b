"""The request line and the headers of a message."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from mi_bridge.insurer.transport.target import Target

Header = tuple[str, str]
RawHeader = tuple[bytes, bytes]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_DEFAULTS: tuple[Header, ...] = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", "mi-bridge"),
)
"""Sent unless the caller sets them. Some gateways refuse a request without a user agent."""


def write_head(method: str, target: Target, headers: Sequence[Header], length: int) -> bytes:
    """Return everything that goes before the body.

    Args:
        method: HTTP method.
        target: where the message goes.
        headers: the caller's headers.
        length: the body's length in bytes.

    Raises:
        httpx.LocalProtocolError: a header is not ASCII, or its name or value would break the head.
    """
    lines = complete_headers(headers, target, length)
    text = "".join([f"{name}: {value}\r\n" for name, value in lines])
    head = f"{method} {target.path} HTTP/1.1\r\n{text}\r\n"
    breaks = len(lines) + 2
    if head.count("\n") != breaks or head.count("\r") != breaks or "\0" in head or not head.isascii():
        raise httpx.LocalProtocolError("a header is not one line of ASCII")
    return head.encode("ascii")


def complete_headers(headers: Sequence[Header], target: Target, length: int) -> list[Header]:
    """Return the caller's headers together with ours, framing always ours.

    Args:
        headers: the caller's headers; each replaces a default of the same name.
        target: where the message goes.
        length: the body's length in bytes.

    Raises:
        httpx.LocalProtocolError: a header's name is no HTTP token.
    """
    plan = _plan(tuple([name for name, _ in headers]))
    host = () if plan.names_host else (("Host", target.authority),)
    theirs = [line for line in headers if line[0] not in plan.dropped] if plan.dropped else headers
    return [*host, ("Content-Length", str(length)), *plan.defaults, *theirs]


@dataclass(frozen=True, slots=True)
class _Plan:
    names_host: bool
    defaults: tuple[Header, ...]
    dropped: frozenset[str]


@functools.lru_cache(maxsize=512)
def _plan(names: tuple[str, ...]) -> _Plan:
    """Decide what depends on the names alone; a site's messages all have the same ones."""
    if not all(_TOKEN.fullmatch(name) for name in names):
        raise httpx.LocalProtocolError("a header's name is no HTTP token")
    given = {name.lower() for name in names}
    return _Plan(
        names_host="host" in given,
        defaults=tuple(line for line in _DEFAULTS if line[0].lower() not in given),
        dropped=frozenset(name for name in names if name.lower() in _FRAMING),
    )
