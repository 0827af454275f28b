"""Calls the mobile-payment platform from asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from mi_bridge.errors import ConfigurationError, TransportError
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.mobile.answer import read_answer
from mi_bridge.insurer.mobile.envelope import MobileEnvelope
from mi_bridge.insurer.mobile.site import MobileSite
from mi_bridge.insurer.signing.port import Clock
from mi_bridge.insurer.transport import Wire, build_transport
from mi_bridge.insurer.wire_client import WireClient, unanswered

_HEADERS = (("content-type", "application/json; charset=utf-8"),)


class MobileClient(WireClient):
    """Sends one application's messages, each once. Use it as an asynchronous context manager, or close it with `aclose`.

    Args:
        site: the application, with its keys.
        base_url: the platform, for example ``https://10.1.2.3:8082``.
        timeout_s: seconds for one call, from the wait for a connection to the answer's last byte.
        transport: how messages travel; ours when None. One that is given stays the caller's to close.
        ca_bundle: PEM file of the authorities to trust, where the platform has a certificate of its own making.
        clock: tells the messages' time.

    Raises:
        ConfigurationError: the address or the bundle cannot be used.
    """

    def __init__(
        self,
        site: MobileSite,
        *,
        base_url: str,
        timeout_s: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
        ca_bundle: Path | None = None,
        clock: Clock = time.time,
    ) -> None:
        self._site = site
        self._base = _checked(base_url)
        self._timeout_s = timeout_s
        self._envelope = MobileEnvelope(site, clock)
        super().__init__(Wire(transport or build_transport(ca_bundle=ca_bundle)), owned=transport is None)

    async def call(
        self,
        path: str,
        data: str | Mapping[str, Any],
        *,
        trans_type: str = "",
        timeout_s: float | None = None,
        not_after: float | None = None,
    ) -> Answer:
        """Send one message and return the answer. Faults on the way are outcomes, not exceptions.

        Args:
            path: the function's path, for example ``/org/local/api/hos/uldFeeInfo``.
            data: what to send, as JSON text or as a mapping.
            trans_type: the function's name, where the path does not tell it (v1.0.0: ``ec.query``).
            timeout_s: seconds for this call, instead of the client's.
            not_after: value of `time.monotonic` past which nothing is sent any more.

        Raises:
            MalformedInput: the data cannot be sent; nothing was.
        """
        body = await self._sealed(data, trans_type)
        started = time.monotonic()
        try:
            answer = await self._wire.post(
                f"{self._base}/{path.lstrip('/')}" if path else self._base,
                _HEADERS,
                body,
                timeout_s=self._timeout_s if timeout_s is None else timeout_s,
                not_after=not_after,
            )
        except TransportError as fault:
            return unanswered(fault, started, platform="移动支付平台")
        return read_answer(
            answer.body,
            self._envelope,
            http_status=answer.http_status,
            trusts_unsigned_refusals=self._site.trusts_unsigned_refusals,
            duration_ms=answer.duration_ms,
        )

    async def _sealed(self, data: str | Mapping[str, Any], trans_type: str) -> bytes:
        if self._site.signer.blocking:
            return await asyncio.to_thread(self._envelope.seal, data, trans_type=trans_type)
        return self._envelope.seal(data, trans_type=trans_type)


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not base_url.isascii():
        raise ConfigurationError(
            "base_url", "is no http:// or https:// address", remedy="Write https://host:port."
        )
    return base_url.rstrip("/")
