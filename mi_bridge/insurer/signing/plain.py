"""No signature: the private network is all the proof there is."""

from __future__ import annotations

from mi_bridge.insurer.signing.port import Headers


class PlainSigner:
    """Adds nothing."""

    def sign(self, infno: str, body: bytes) -> Headers:  # noqa: ARG002 - the port's signature
        """Return no headers."""
        return ()
