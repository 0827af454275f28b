"""How the transport is made from a site's settings."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.transport.http_transport import HttpTransport


def build_transport(
    *,
    ca_bundle: Path | None = None,
    limit: int = 400,
    keepalive_s: float = 15.0,
    connect_timeout_s: float = 5.0,
) -> httpx.AsyncBaseTransport:
    """Return the transport for one insurer.

    Args:
        ca_bundle: PEM file of the certificate authorities to trust instead of the system's.
        limit: connections open at once; more requests wait for one.
        keepalive_s: seconds an idle connection is kept. Keep it below the server's own
            (60 to 75 s with nginx, 20 s with Tomcat), or requests meet connections that are just closing.
        connect_timeout_s: seconds to wait for a free connection, at most, and again to find, connect and greet
            the server.

    Raises:
        ConfigurationError: the bundle cannot be read.
    """
    return HttpTransport(
        tls=tls_context(ca_bundle), limit=limit, keepalive_s=keepalive_s, connect_timeout_s=connect_timeout_s
    )


def tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name.

    Raises:
        ConfigurationError: the bundle cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError) as exc:
        remedy = "Give a readable PEM file of CA certificates, or leave it empty to trust the system's."
        raise ConfigurationError("ca_bundle", f"{ca_bundle} cannot be used", remedy=remedy) from exc
