"""SM2 by GmSSL, through the wheel ``gmssl-pyx``: for machines whose OpenSSL was built without SM2 (Red Hat's among them)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from mi_bridge.insurer.signing.sm2.curve import SIZE, N

if TYPE_CHECKING:
    from mi_bridge.insurer.signing.sm2.key import Sm2PrivateKey, Sm2PublicKey
    from mi_bridge.insurer.signing.sm2.library import SignDigest, VerifyDigest


class GmsslLibrary:
    """GmSSL's functions.

    Args:
        module: ``gmssl_pyx``.
    """

    def __init__(self, module: Any) -> None:
        self._module = module

    @classmethod
    def find(cls) -> Self | None:
        """Return it where it is installed."""
        try:
            import gmssl_pyx
        except ImportError:
            return None
        return cls(gmssl_pyx)

    @property
    def name(self) -> str:
        """What it is, with its version."""
        return f"gmssl-pyx {self._module.version}"

    def signer(self, key: Sm2PrivateKey) -> SignDigest:
        """Return what signs with a key."""
        secret, sign = key.raw, self._module.sm2_sign_sm3_digest

        def sign_digest(digest: bytes) -> bytes:
            r, s = decode_dss_signature(sign(secret, digest))
            return r.to_bytes(SIZE, "big") + s.to_bytes(SIZE, "big")

        return sign_digest

    def verifier(self, key: Sm2PublicKey) -> VerifyDigest:
        """Return what verifies with a key."""
        point, verify = key.raw, self._module.sm2_verify_sm3_digest

        def verify_digest(digest: bytes, signature: bytes) -> bool:
            r, s = int.from_bytes(signature[:SIZE], "big"), int.from_bytes(signature[SIZE:], "big")
            # GmSSL writes to the standard error about what it cannot read
            if len(signature) != 2 * SIZE or not (0 < r < N and 0 < s < N):
                return False
            return bool(verify(point, digest, encode_dss_signature(r, s)))

        return verify_digest
