"""Who signs and verifies: with a key in memory, or whatever else fits the port (a hardware module, a vendor's SDK)."""

from __future__ import annotations

from typing import Literal, Protocol

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from mi_bridge.insurer.signing.sm2.curve import DEFAULT_USER_ID, SIZE, sm3, user_hash
from mi_bridge.insurer.signing.sm2.key import Sm2PrivateKey, Sm2PublicKey
from mi_bridge.insurer.signing.sm2.library import Sm2Library, sm2_library

Form = Literal["raw", "der"]
"""How a signature is written: ``r || s`` (64 bytes), or the DER sequence of both (70 to 72 bytes)."""


class Sm2Signer(Protocol):
    """Signs messages with SM2 and SM3."""

    @property
    def blocking(self) -> bool:
        """Whether ``sign`` takes so long (a device, a network) that an event loop must not wait for it."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message; called from any thread."""
        ...


class Sm2Verifier(Protocol):
    """Verifies messages with SM2 and SM3."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether the signature is this message's; False for any other bytes. Raises nothing."""
        ...


class KeySigner:
    """Signs with a private key in memory.

    Args:
        key: the private key.
        user_id: the signer's identity as both sides agreed on it.
        form: how signatures are written.
        library: what computes; the machine's best when None.

    Raises:
        ConfigurationError: no library on this machine computes SM2.
    """

    blocking = False  # a third of a millisecond: less than the way to another thread and back is worth

    def __init__(
        self,
        key: Sm2PrivateKey,
        *,
        user_id: bytes = DEFAULT_USER_ID,
        form: Form = "raw",
        library: Sm2Library | None = None,
    ) -> None:
        self._prefix = user_hash(key.public.point, user_id)
        self._sign = (library or sm2_library()).signer(key)
        self._der = form == "der"

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        signature = self._sign(sm3(self._prefix + message))
        if not self._der:
            return signature
        return encode_dss_signature(
            int.from_bytes(signature[:SIZE], "big"), int.from_bytes(signature[SIZE:], "big")
        )


class KeyVerifier:
    """Verifies with a public key.

    Args:
        key: the public key.
        user_id: the signer's identity.
        form: how signatures are written.
        library: what computes; the machine's best when None.

    Raises:
        ConfigurationError: no library on this machine computes SM2.
    """

    def __init__(
        self,
        key: Sm2PublicKey,
        *,
        user_id: bytes = DEFAULT_USER_ID,
        form: Form = "raw",
        library: Sm2Library | None = None,
    ) -> None:
        self._prefix = user_hash(key.point, user_id)
        self._verify = (library or sm2_library()).verifier(key)
        self._der = form == "der"

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tell whether the signature is this message's."""
        raw = _raw(signature) if self._der else signature
        return self._verify(sm3(self._prefix + message), raw)


def _raw(signature: bytes) -> bytes:
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(SIZE, "big") + s.to_bytes(SIZE, "big")
    except (ValueError, OverflowError):
        return b""
