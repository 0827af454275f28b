"""A TCP port for a server that is about to start."""

from __future__ import annotations

import random
import socket

from mi_bridge.errors import StoreUnavailable

# Below the range from which Linux takes outgoing connections' ports (32768 and up): there, a client that keeps
# knocking at a stopped server can be given the server's own port, and then talks to itself.
_RANGE = range(20_000, 32_000)
_DRAWS = 200


def free_port(host: str, *, preferred: int | None = None) -> int:
    """Return a port nobody listens on; the preferred one if it is free.

    Raises:
        StoreUnavailable: none of the ports drawn is free.
    """
    candidates = [] if preferred is None else [preferred]
    candidates += random.sample(_RANGE, _DRAWS)
    for port in candidates:
        if _is_free(host, port):
            return port
    raise StoreUnavailable(f"No free TCP port on {host} between {_RANGE.start} and {_RANGE.stop}.")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        # PostgreSQL binds with this option too: connections that are still closing do not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
