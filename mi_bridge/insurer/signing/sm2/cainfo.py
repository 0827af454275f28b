"""``cainfo`` by SM2: one form of the signature inside the envelope.

Source: one integration's code; no specification text is public. Every field of the envelope but ``cainfo`` and ``input``, sorted
by name, as ``name=value`` joined by ``&``, signed by SM2 with SM3 under the usual identity, in upper-case hexadecimal digits.
Whether as ``r || s`` or as DER was not seen, so that stays a site's setting.
"""

from __future__ import annotations

from collections.abc import Mapping

from mi_bridge.insurer.signing.sm2.signer import Sm2Signer

_LEFT_OUT = frozenset({"cainfo", "input"})


def cainfo_text(envelope: Mapping[str, str]) -> str:
    """Return what is signed: the fields but ``cainfo`` and ``input``, sorted, empty ones among them."""
    return "&".join(f"{name}={envelope[name]}" for name in sorted(envelope.keys() - _LEFT_OUT))


class Sm2Cainfo:
    """Makes ``cainfo``.

    Args:
        signer: who signs.
    """

    def __init__(self, signer: Sm2Signer) -> None:
        self._signer = signer

    @property
    def blocking(self) -> bool:
        """Whether an event loop must not wait for it."""
        return self._signer.blocking

    def make(self, envelope: Mapping[str, str], input_text: str) -> str:  # noqa: ARG002 - the port's signature
        """Return the signature of one message's envelope.

        Args:
            envelope: its fields as they are sent.
            input_text: its input; this form leaves it out.
        """
        return self._signer.sign(cainfo_text(envelope).encode()).hex().upper()
