"""The curve of SM2, and what of it the libraries do not hand out: the public point of a scalar, and the signer's hash Z.

Source of the numbers: GB/T 32918.5 (SM2 recommended curve, OID 1.2.156.10197.1.301).
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes

DEFAULT_USER_ID = b"1234567812345678"
"""The signer's identity where nobody agreed on another (GM/T 0009, section 10)."""

SIZE = 32
"""Bytes of a coordinate and of a scalar."""

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

Point = tuple[int, int]
_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)


def on_curve(point: Point) -> bool:
    """Tell whether these are the coordinates of a point of the curve."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def public_point(scalar: int) -> Point:
    """Return the public point of a private scalar.

    Done once for each key that is loaded, never for a signature: the time it takes depends on the scalar.

    Args:
        scalar: from 1 to N - 2.
    """
    result, addend = _INFINITY, (*G, 1)
    while scalar:
        if scalar & 1:
            result = _added(result, addend)
        addend = _doubled(addend)
        scalar >>= 1
    x, y, z = result
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P


def point_bytes(point: Point) -> bytes:
    """Return both coordinates, 64 bytes."""
    return b"".join(part.to_bytes(SIZE, "big") for part in point)


def sm3(data: bytes) -> bytes:
    """Return the SM3 hash, 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def user_hash(point: Point, user_id: bytes) -> bytes:
    """Return Z, the hash that binds a signature to its signer (GB/T 32918.2, 5.5).

    Args:
        point: the public key.
        user_id: the signer's identity, at most 8191 bytes.
    """
    parts = (
        (len(user_id) * 8).to_bytes(2, "big"),
        user_id,
        A.to_bytes(SIZE, "big"),
        B.to_bytes(SIZE, "big"),
        point_bytes(G),
        point_bytes(point),
    )
    return sm3(b"".join(parts))


def _doubled(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    square = y * y % P
    s = 4 * x * square % P
    m = (3 * x * x + A * pow(z, 4, P)) % P
    doubled_x = (m * m - 2 * s) % P
    return doubled_x, (m * (s - doubled_x) - 8 * square * square) % P, 2 * y * z % P


def _added(one: _Jacobian, other: _Jacobian) -> _Jacobian:
    if not one[2]:
        return other
    x1, y1, z1 = one
    x2, y2, z2 = other
    u1, u2 = x1 * z2 * z2 % P, x2 * z1 * z1 % P
    s1, s2 = y1 * z2**3 % P, y2 * z1**3 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    # adding 2^i * G to a smaller multiple of G below the order never meets the same point or its opposite
    square = h * h % P
    cube, v = h * square % P, u1 * square % P
    x3 = (r * r - cube - 2 * v) % P
    return x3, (r * (v - x3) - s1 * cube) % P, h * z1 * z2 % P
