"""Where a message goes, read out of its URL once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

import httpx

_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """What a connection can be shared for.

    Args:
        tls: whether the connection is encrypted and the server verified.
        host: name or address, in ASCII.
        port: TCP port.
    """

    tls: bool
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in the parts that HTTP needs.

    Args:
        url: the parsed URL.
        origin: whom to connect to.
        authority: the value of the ``Host`` header.
        path: path and query as the URL has them: signatures cover them, so nothing is quoted anew.
    """

    url: httpx.URL
    origin: Origin
    authority: str
    path: str


@functools.lru_cache(maxsize=512)
def find_target(url: str) -> Target:
    """Return the parts of an absolute URL.

    Raises:
        httpx.InvalidURL: it is no URL.
        httpx.UnsupportedProtocol: it is neither http nor https.
        httpx.LocalProtocolError: it names no host.
    """
    parsed = httpx.URL(url)
    if parsed.scheme not in _PORTS:
        raise httpx.UnsupportedProtocol("the URL must begin with http:// or https://")
    host = parsed.raw_host.decode("ascii")
    if not host:
        raise httpx.LocalProtocolError("the URL names no host")
    origin = Origin(parsed.scheme == "https", host, parsed.port or _PORTS[parsed.scheme])
    return Target(parsed, origin, parsed.netloc.decode("ascii"), parsed.raw_path.decode("ascii"))
