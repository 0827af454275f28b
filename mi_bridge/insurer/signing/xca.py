"""The ``x-ca`` gateway of Zhejiang (and of Yan'an in Shaanxi): HMAC-SM3 over time and body.

Headers ``x-ca-key`` and ``x-ca-signature: <time>:<HMAC-SM3(secret, time + line feed + body)>``. The body's bytes are covered, so
the bytes that are signed must be the bytes that are sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import chain

from mi_bridge.insurer.signing.port import Clock, Credentials, Headers
from mi_bridge.insurer.signing.sm3 import hmac_sm3_hex


def xca_signature(timestamp: str, pieces: Iterable[bytes], secret: str) -> str:
    """Return the signature header's value: the time, a colon and 64 upper-case hexadecimal digits.

    Args:
        timestamp: the time as it is sent.
        pieces: the body's bytes, in order.
        secret: what the gateway gave this hospital.
    """
    code = hmac_sm3_hex(secret.encode(), chain((timestamp.encode() + b"\n",), pieces))
    return f"{timestamp}:{code}"


class XcaSigner:
    """Signs with a secret.

    Args:
        credentials: ``app_id`` is the key (in Zhejiang the organisation's code), ``app_secret`` the secret.
        milliseconds: whether the time counts milliseconds instead of seconds.
        clock: tells the time.

    Raises:
        ConfigurationError: one half of the credentials is empty.
    """

    def __init__(
        self, credentials: Credentials, *, milliseconds: bool = False, clock: Clock = time.time
    ) -> None:
        self._key, self._secret = credentials.require("x-ca")
        self._factor = 1000 if milliseconds else 1
        self._clock = clock

    def sign(self, infno: str, body: bytes) -> Headers:
        """Return the two headers."""
        return self.sign_stream(infno, (body,))

    def sign_stream(self, infno: str, pieces: Iterable[bytes]) -> Headers:  # noqa: ARG002 - the body says it
        """Return the two headers of a message whose body comes in pieces."""
        timestamp = str(int(self._clock() * self._factor))
        return (("x-ca-key", self._key), ("x-ca-signature", xca_signature(timestamp, pieces, self._secret)))
