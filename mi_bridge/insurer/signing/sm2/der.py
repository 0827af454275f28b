"""As much DER as a key needs: the structures of PKCS#8, SEC 1 and SubjectPublicKeyInfo around an SM2 key.

`cryptography` refuses keys of this curve, so the few levels around them are read here.
"""

from __future__ import annotations

from dataclasses import dataclass

_SEQUENCE, _INTEGER, _BITS, _OCTETS, _OID, _POINT = 0x30, 0x02, 0x03, 0x04, 0x06, 0xA1
_EC = bytes.fromhex("2a8648ce3d0201")
_SM2 = bytes.fromhex("2a811ccf5501822d")
_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What a key's structure holds.

    Args:
        scalar: the private scalar as it is written; empty in a public key.
        point: the public point as it is written; empty where the structure leaves it out.
    """

    scalar: bytes
    point: bytes


def read_private(data: bytes) -> KeyParts:
    """Read PKCS#8 or SEC 1.

    Raises:
        ValueError: it is neither, or the key of another curve; says which, without any of its bytes.
    """
    fields = _fields(_one(data, _SEQUENCE))
    tags = [tag for tag, _ in fields]
    if tags[:3] == [_INTEGER, _SEQUENCE, _OCTETS]:
        _require_sm2(fields[1][1])
        fields = _fields(_one(fields[2][1], _SEQUENCE))
        tags = [tag for tag, _ in fields]
    if tags[:2] != [_INTEGER, _OCTETS]:
        raise ValueError("is neither PKCS#8 nor an EC private key")
    points = [content for tag, content in fields[2:] if tag == _POINT]
    return KeyParts(fields[1][1], _bits(points[0]) if points else b"")


def read_public(data: bytes) -> KeyParts:
    """Read a SubjectPublicKeyInfo.

    Raises:
        ValueError: it is none, or the key of another curve.
    """
    fields = _fields(_one(data, _SEQUENCE))
    if [tag for tag, _ in fields] != [_SEQUENCE, _BITS]:
        raise ValueError("is no public key in the form SubjectPublicKeyInfo")
    _require_sm2(fields[0][1])
    return KeyParts(b"", fields[1][1][1:])


def write_private(scalar: bytes, point: bytes) -> bytes:
    """Return PKCS#8 for a 32-byte scalar and its 64-byte point."""
    key = b"\x02\x01\x01" + _tlv(_OCTETS, scalar) + _tlv(_POINT, _tlv(_BITS, b"\x00\x04" + point))
    return _tlv(_SEQUENCE, b"\x02\x01\x00" + _ALGORITHM + _tlv(_OCTETS, _tlv(_SEQUENCE, key)))


def write_public(point: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a 64-byte point."""
    return _tlv(_SEQUENCE, _ALGORITHM + _tlv(_BITS, b"\x00\x04" + point))


def _require_sm2(algorithm: bytes) -> None:
    fields = _fields(algorithm)
    if not fields or fields[0] != (_OID, _EC):
        raise ValueError("is no elliptic-curve key")
    if fields[1:] != [(_OID, _SM2)]:
        raise ValueError("is the key of another curve than SM2")


def _bits(content: bytes) -> bytes:
    return _one(content, _BITS)[1:]


def _one(data: bytes, wanted: int) -> bytes:
    fields = _fields(data)
    if not fields or fields[0][0] != wanted:
        raise ValueError("is no DER structure of a key")
    return fields[0][1]


def _fields(data: bytes) -> list[tuple[int, bytes]]:
    fields = []
    while data:
        tag, content, data = _next(data)
        fields.append((tag, content))
    return fields


def _next(data: bytes) -> tuple[int, bytes, bytes]:
    start, length = 2, data[1] if len(data) > 1 else -1
    if length & 0x80 and length > 0:
        # a key is never longer than two bytes of length can say
        start, length = 2 + (length & 0x7F), int.from_bytes(data[2 : 2 + (length & 0x7F)], "big")
    if length < 0 or start > 4 or len(data) < start + length:
        raise ValueError("is cut short or no DER structure")
    return data[0], data[start : start + length], data[start + length :]


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([0x81, size])
    return bytes([tag]) + length + content
