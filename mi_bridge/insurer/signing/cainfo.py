"""``cainfo``: a signature inside the envelope. The port, and the forms that need no private key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mi_bridge.insurer.signing.sm3 import sm3_hex


class CainfoMaker(Protocol):
    """Makes the value of ``cainfo``."""

    def make(self, envelope: Mapping[str, str], input_text: str) -> str:
        """Return the value for one message.

        Args:
            envelope: every field of the envelope but ``cainfo`` and ``input``, as it is sent.
            input_text: the JSON text of the transaction's input, as it is sent.
        """
        ...


class Sm3Cainfo:
    """UPPERHEX(SM3(input)), as Guangzhou's integrations have it; the platform there seems not to verify it."""

    def make(self, envelope: Mapping[str, str], input_text: str) -> str:  # noqa: ARG002 - the port's signature
        """Return 64 upper-case hexadecimal digits."""
        return sm3_hex(input_text.encode())
