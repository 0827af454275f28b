"""``cainfo``: a signature inside the envelope. The port, and the two forms sites were seen with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mi_bridge.insurer.signing.sm2 import Sm2Signer
from mi_bridge.insurer.signing.sm3 import sm3_hex


class CainfoMaker(Protocol):
    """Makes the value of ``cainfo``."""

    @property
    def blocking(self) -> bool:
        """Whether that takes so long that an event loop must not wait for it."""
        ...

    def make(self, envelope: Mapping[str, str], input_text: str) -> str:
        """Return the value for one message.

        Args:
            envelope: every field of the envelope but ``cainfo`` and ``input``, as it is sent.
            input_text: the JSON text of the transaction's input, as it is sent.
        """
        ...


class Sm3Cainfo:
    """UPPERHEX(SM3(input)), as Guangzhou's integrations have it; the platform there seems not to verify it."""

    blocking = False

    def make(self, envelope: Mapping[str, str], input_text: str) -> str:  # noqa: ARG002 - the port's signature
        """Return 64 upper-case hexadecimal digits."""
        return sm3_hex(input_text.encode())


class Sm2Cainfo:
    """UPPERHEX(SM2(``name=value&…``)) over the envelope without ``cainfo`` and ``input``, names in ASCII order.

    Args:
        signer: holds the private key.
    """

    def __init__(self, signer: Sm2Signer) -> None:
        self._signer = signer

    @property
    def blocking(self) -> bool:
        """Whether the key sits in a device."""
        return self._signer.blocking

    def make(self, envelope: Mapping[str, str], input_text: str) -> str:  # noqa: ARG002 - the input is not covered
        """Return 128 upper-case hexadecimal digits: r and s."""
        return self._signer.sign(signed_text(envelope).encode()).hex().upper()


def signed_text(envelope: Mapping[str, str]) -> str:
    """Return what the SM2 form signs; empty fields stay in it."""
    return "&".join(f"{name}={envelope[name]}" for name in sorted(envelope))
