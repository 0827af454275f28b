"""Tencent TIF, as Hebei, Zhongshan and Guangzhou use it.

Headers ``x-tif-paasid``, ``x-tif-timestamp`` (seconds), ``x-tif-nonce``, ``x-tif-signature``. The body is not covered.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from hashlib import sha256

from mi_bridge.insurer.signing.port import Clock, Credentials, Headers


def tif_signature(timestamp: str, token: str, nonce: str) -> str:
    """Return SHA-256 over timestamp, token, nonce and timestamp again, as lower-case hexadecimal digits."""
    return sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest()


def _nonce() -> str:
    return secrets.token_hex(8)


class TifSigner:
    """Signs with a token.

    Args:
        credentials: ``app_id`` is the paasid, ``app_secret`` the token.
        clock: tells the timestamp.
        nonce: gives a fresh random text for each message.
        uppercase: whether the gateway wants upper-case hexadecimal digits.

    Raises:
        ConfigurationError: one half of the credentials is empty.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        clock: Clock = time.time,
        nonce: Callable[[], str] = _nonce,
        uppercase: bool = False,
    ) -> None:
        self._paasid, self._token = credentials.require("TIF")
        self._clock = clock
        self._nonce = nonce
        self._uppercase = uppercase

    def sign(self, infno: str, body: bytes) -> Headers:  # noqa: ARG002 - TIF covers neither
        """Return the four TIF headers."""
        timestamp, nonce = str(int(self._clock())), self._nonce()
        signature = tif_signature(timestamp, self._token, nonce)
        return (
            ("x-tif-paasid", self._paasid),
            ("x-tif-timestamp", timestamp),
            ("x-tif-nonce", nonce),
            ("x-tif-signature", signature.upper() if self._uppercase else signature),
        )
