"""SM2 by OpenSSL's libcrypto, the one Python's own ``ssl`` is linked with where that can be found.

Only documented functions of OpenSSL 3.0 and later are called, through ``ctypes``, which releases the GIL while they work.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_ulong, c_void_p, create_string_buffer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from weakref import finalize

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from mi_bridge.insurer.signing.sm2 import der
from mi_bridge.insurer.signing.sm2.curve import SIZE, N

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mi_bridge.insurer.signing.sm2.key import Sm2PrivateKey, Sm2PublicKey
    from mi_bridge.insurer.signing.sm2.library import SignDigest, VerifyDigest

_LEAST = 0x30000000  # OpenSSL 3.0: SM2 keys are recognised by their curve
_LONGEST_DER = 80
_SIGNATURES: dict[str, tuple[list[Any], Any]] = {
    "OpenSSL_version_num": ([], c_ulong),
    "OpenSSL_version": ([c_int], c_char_p),
    "d2i_AutoPrivateKey": ([c_void_p, POINTER(c_char_p), c_long], c_void_p),
    "d2i_PUBKEY": ([c_void_p, POINTER(c_char_p), c_long], c_void_p),
    "EVP_PKEY_free": ([c_void_p], None),
    "EVP_PKEY_CTX_new_from_pkey": ([c_void_p, c_void_p, c_char_p], c_void_p),
    "EVP_PKEY_CTX_free": ([c_void_p], None),
    "EVP_PKEY_sign_init": ([c_void_p], c_int),
    "EVP_PKEY_sign": ([c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t], c_int),
    "EVP_PKEY_verify_init": ([c_void_p], c_int),
    "EVP_PKEY_verify": ([c_void_p, c_char_p, c_size_t, c_char_p, c_size_t], c_int),
    "ERR_clear_error": ([], None),
}


class OpensslLibrary:
    """OpenSSL's functions.

    Args:
        crypto: libcrypto, its functions declared.
    """

    def __init__(self, crypto: ctypes.CDLL) -> None:
        self._crypto = crypto

    @classmethod
    def find(cls) -> Self | None:
        """Return it where a libcrypto with SM2 is found."""
        return next((cls(crypto) for crypto in _candidates() if _has_sm2(crypto)), None)

    @property
    def name(self) -> str:
        """What it is, with its version."""
        text: bytes = self._crypto.OpenSSL_version(0)
        return text.decode("ascii", "replace")

    def signer(self, key: Sm2PrivateKey) -> SignDigest:
        """Return what signs with a key."""
        crypto = self._crypto
        loaded = _Loaded(crypto, crypto.d2i_AutoPrivateKey, der.write_private(key.raw, key.public.raw))

        def sign_digest(digest: bytes) -> bytes:
            length, buffer = c_size_t(_LONGEST_DER), create_string_buffer(_LONGEST_DER)
            with _Context(crypto, loaded) as context:
                done = crypto.EVP_PKEY_sign_init(context) == 1 and (
                    crypto.EVP_PKEY_sign(context, buffer, byref(length), digest, len(digest)) == 1
                )
            if not done:
                crypto.ERR_clear_error()
                raise RuntimeError("OpenSSL did not sign")
            r, s = decode_dss_signature(buffer.raw[: length.value])
            return r.to_bytes(SIZE, "big") + s.to_bytes(SIZE, "big")

        return sign_digest

    def verifier(self, key: Sm2PublicKey) -> VerifyDigest:
        """Return what verifies with a key."""
        crypto = self._crypto
        loaded = _Loaded(crypto, crypto.d2i_PUBKEY, der.write_public(key.raw))

        def verify_digest(digest: bytes, signature: bytes) -> bool:
            r, s = int.from_bytes(signature[:SIZE], "big"), int.from_bytes(signature[SIZE:], "big")
            if len(signature) != 2 * SIZE or not (0 < r < N and 0 < s < N):
                return False
            written = encode_dss_signature(r, s)
            with _Context(crypto, loaded) as context:
                right = bool(
                    crypto.EVP_PKEY_verify_init(context) == 1
                    and crypto.EVP_PKEY_verify(context, written, len(written), digest, len(digest)) == 1
                )
            if not right:
                crypto.ERR_clear_error()
            return right

        return verify_digest


class _Loaded:
    """A key inside OpenSSL, freed with this object."""

    def __init__(self, crypto: ctypes.CDLL, read: Any, data: bytes) -> None:
        start = c_char_p(data)
        self.handle: int = read(None, byref(start), len(data)) or 0
        if not self.handle:
            crypto.ERR_clear_error()
            raise RuntimeError("OpenSSL did not take the key")
        self._freed = finalize(self, crypto.EVP_PKEY_free, self.handle)


class _Context:
    """An operation inside OpenSSL: made for one call, since a context serves one thread at a time."""

    def __init__(self, crypto: ctypes.CDLL, key: _Loaded) -> None:
        self._crypto = crypto
        self._key = key  # lives as long as the operation

    def __enter__(self) -> int:
        self._handle: int = self._crypto.EVP_PKEY_CTX_new_from_pkey(None, self._key.handle, None) or 0
        if not self._handle:
            raise RuntimeError("OpenSSL has no memory for an operation")
        return self._handle

    def __exit__(self, *_raised: object) -> None:
        self._crypto.EVP_PKEY_CTX_free(self._handle)


def _candidates() -> Iterator[ctypes.CDLL]:
    for name in _names():
        try:
            crypto = ctypes.CDLL(name)
        except OSError:
            continue
        if _declared(crypto):
            yield crypto


def _names() -> list[str]:
    if sys.platform == "win32":
        folders = (Path(sys.base_prefix) / "DLLs", Path(sys.base_prefix) / "Library" / "bin")
        names = ("libcrypto-3.dll", "libcrypto-3-x64.dll", "libcrypto-3-arm64.dll")
        return [str(folder / name) for folder in folders for name in names if (folder / name).is_file()]
    import _ssl

    # a handle on the extension reaches the very libcrypto it is linked with; a Python with a built-in _ssl has no such file
    own = getattr(_ssl, "__file__", None)
    return [*([own] if own else []), "libcrypto.so.3"]


def _declared(crypto: ctypes.CDLL) -> bool:
    try:
        for name, (arguments, result) in _SIGNATURES.items():
            function = getattr(crypto, name)
            function.argtypes, function.restype = arguments, result
    except AttributeError:
        return False
    return bool(crypto.OpenSSL_version_num() >= _LEAST)


def _has_sm2(crypto: ctypes.CDLL) -> bool:
    from mi_bridge.insurer.signing.sm2.key import private_key

    trial = private_key(1)
    library = OpensslLibrary(crypto)
    try:
        digest = bytes(SIZE)
        return library.verifier(trial.public)(digest, library.signer(trial)(digest))
    except RuntimeError:
        return False
