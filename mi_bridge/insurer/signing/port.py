"""The port every signature scheme fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError

Clock = Callable[[], float]
"""Seconds since 1970-01-01 UTC, as `time.time` tells them."""

Headers = tuple[tuple[str, str], ...]
"""HTTP headers in the order they are sent."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a gateway knows this hospital by.

    Args:
        app_id: the public half: ``paasid`` of TIF, access key of CSB.
        app_secret: the secret half: token of TIF, secret key of CSB.
        sign_key: SM2 private key of ``cainfo``, or the path of its file; empty where the site has none.
    """

    app_id: str = ""
    app_secret: SecretStr = field(default=SecretStr(""), repr=False)
    sign_key: SecretStr = field(default=SecretStr(""), repr=False)

    def require(self, scheme: str) -> tuple[str, str]:
        """Return both halves.

        Args:
            scheme: the scheme that needs them, for the message.

        Raises:
            ConfigurationError: one of them is empty or cannot be sent; names it.
        """
        secret = self.app_secret.get_secret_value()
        if not self.app_id.isascii():
            raise ConfigurationError(
                "app_id", "holds characters no HTTP header carries", remedy="Copy it again."
            )
        for key, value in (("app_id", self.app_id), ("app_secret", secret)):
            if not value:
                raise ConfigurationError(
                    key,
                    f"is empty, but this site signs with {scheme}",
                    remedy="Ask the bureau for it.",
                )
        return self.app_id, secret


class Signer(Protocol):
    """Signs one message."""

    def sign(self, infno: str, body: bytes) -> Headers:
        """Return the headers that prove who sent this message.

        Args:
            infno: the transaction's code.
            body: exactly the bytes that will be sent.
        """
        ...


@runtime_checkable
class StreamSigner(Protocol):
    """What a signer that reads the body must have besides, so that a file's upload can be signed without being in memory."""

    def sign_stream(self, infno: str, pieces: Iterable[bytes]) -> Headers:
        """Return the headers of a message whose body comes in pieces; the same as `Signer.sign` of the whole.

        Args:
            infno: the transaction's code.
            pieces: exactly the bytes that will be sent.
        """
        ...


def sign_streamed(signer: Signer, infno: str, pieces: Iterable[bytes]) -> Headers:
    """Sign a message whose body comes in pieces; a signer without `StreamSigner.sign_stream` leaves the body out."""
    if isinstance(signer, StreamSigner):
        return signer.sign_stream(infno, pieces)
    return signer.sign(infno, b"")
