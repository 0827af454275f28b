"""SM3 (GB/T 32905-2016) and HMAC over it, by OpenSSL."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes, hmac


def sm3_hex(data: bytes) -> str:
    """Return the SM3 of some bytes as 64 upper-case hexadecimal digits."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex().upper()


def hmac_sm3_hex(key: bytes, pieces: Iterable[bytes]) -> str:
    """Return HMAC-SM3 over bytes that come in pieces, as 64 upper-case hexadecimal digits."""
    code = hmac.HMAC(key, hashes.SM3())
    for piece in pieces:
        code.update(piece)
    return code.finalize().hex().upper()
