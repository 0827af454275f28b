"""The port to whichever native library computes SM2 here, and the choice between them.

A library signs and verifies digests; what is hashed, and in which form a signature is written, is decided above it, so that all
of them give the same. Signatures are ``r || s``, 64 bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.sm2.key import Sm2PrivateKey, Sm2PublicKey

SignDigest = Callable[[bytes], bytes]
"""Signs 32 bytes; returns 64."""

VerifyDigest = Callable[[bytes, bytes], bool]
"""Tells whether 64 bytes, the second argument, sign 32, the first; False for a signature of any other make. Raises nothing."""


class Sm2Library(Protocol):
    """A library with SM2 in it."""

    @property
    def name(self) -> str:
        """What it is, with its version, for `doctor` and logs."""
        ...

    def signer(self, key: Sm2PrivateKey) -> SignDigest:
        """Return what signs with a key."""
        ...

    def verifier(self, key: Sm2PublicKey) -> VerifyDigest:
        """Return what verifies with a key."""
        ...


@cache
def sm2_library() -> Sm2Library:
    """Return the library this process uses: OpenSSL's where it has SM2, else GmSSL's.

    Raises:
        ConfigurationError: neither is there.
    """
    from mi_bridge.insurer.signing.sm2.gmssl import GmsslLibrary
    from mi_bridge.insurer.signing.sm2.openssl import OpensslLibrary

    library = OpensslLibrary.find() or GmsslLibrary.find()
    if library is None:
        raise ConfigurationError(
            "SM2",
            "no library on this machine computes it: the system's OpenSSL is older than 3.0 or was built without SM2, and gmssl-pyx is not installed",
            remedy="Run: pip install 'mi-bridge[sm2]'.",
        )
    return library
