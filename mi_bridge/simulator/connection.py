"""Ill-treating a connection: resets, silence, halves and drips."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

from aiohttp import web

# closing sends RST and throws away what is unsent; Windows' two numbers are shorter
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset(transport: asyncio.Transport | None) -> None:
    """Close a connection with RST, as a crashed process or a firewall does."""
    if transport is None or transport.is_closing():
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


async def send_half(request: web.Request, status: int, body: bytes) -> web.StreamResponse:
    """Promise a whole answer, send half of it, and close."""
    response = await _begin(request, status, len(body))
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def drip(
    request: web.Request, status: int, body: bytes, *, chunk_bytes: int, interval_s: float
) -> web.StreamResponse:
    """Send an answer a few bytes at a time."""
    response = await _begin(request, status, len(body))
    for start in range(0, len(body), chunk_bytes):
        await response.write(body[start : start + chunk_bytes])
        await asyncio.sleep(interval_s)
    await response.write_eof()
    return response


async def _begin(request: web.Request, status: int, length: int) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers={"Content-Type": "application/json"})
    response.content_length = length
    await response.prepare(request)
    return response
