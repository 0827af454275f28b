"""SM2 keys and signatures: a text is a key or a ConfigurationError, bytes are a signature or not."""

from __future__ import annotations

import base64

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.sm2 import KeyVerifier, der, load_private_key, load_public_key, private_key
from scripts.fuzz_parts.target import Target, promise

_KEY = private_key(0xA11CE)
_RAW, _DER = KeyVerifier(_KEY.public), KeyVerifier(_KEY.public, form="der")
_PRIVATE, _PUBLIC = der.write_private(_KEY.raw, _KEY.public.raw), der.write_public(_KEY.public.raw)


def check(data: bytes) -> None:
    """Take bytes for a key as text, for one in DER, and for a signature."""
    if not data:
        return
    text = data[1:].decode("utf-8", "replace") if data[0] & 1 else base64.b64encode(data[1:]).decode()
    for load in (load_private_key, load_public_key):
        try:
            load(text)
        except ConfigurationError as fault:
            promise(_KEY.raw.hex() not in str(fault).lower(), "a fault shows no key")
    promise(not _RAW.verify(b"message", data), "nobody else can sign", data)
    promise(not _DER.verify(b"message", data), "nobody else can sign", data)


TARGET = Target(
    check,
    (
        b"\x00" + _PRIVATE,
        b"\x00" + _PUBLIC,
        b"\x01" + _KEY.raw.hex().encode(),
        b"\x01-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(_PRIVATE) + b"\n-----END PRIVATE KEY-----\n",
        b"0E\x02!\x00" + bytes(range(1, 33)) + b"\x02 " + bytes(range(32, 64)),
    ),
    ("-----BEGIN", "PRIVATE KEY-----", "-----END", "EC PARAMETERS", "ENCRYPTED "),
)
