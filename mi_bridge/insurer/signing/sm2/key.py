"""SM2 keys, in the forms hospitals get them in.

Seen in bureaus' letters and vendors' code: the private key as 64 hexadecimal digits, as base64 of 32 or 33 bytes (Java's
``BigInteger`` puts a zero in front), as PKCS#8 in PEM or base64; the public key as 128 or 130 (``04…``) hexadecimal digits, as
base64 of 64 or 65 bytes, as PEM or base64 of a SubjectPublicKeyInfo. Each may also be the content of a file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.sm2 import der
from mi_bridge.insurer.signing.sm2.curve import SIZE, N, Point, on_curve, point_bytes, public_point

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_NOT_BASE64 = re.compile(r"[^0-9A-Za-z+/=\s]")
_LARGEST_FILE = 64 * 1024
_PRIVATE_FORMS = (
    "Give 64 hexadecimal digits, base64, PEM (PKCS#8, not encrypted) or the path of a file with one of them."
)
_PUBLIC_FORMS = "Give 04 and 128 hexadecimal digits, base64, PEM or the path of a file with one of them."

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Sm2PublicKey:
    """A public key; a point of the curve.

    Args:
        point: its coordinates.
    """

    point: Point

    @property
    def raw(self) -> bytes:
        """Both coordinates, 64 bytes."""
        return point_bytes(self.point)


@dataclass(frozen=True, slots=True)
class Sm2PrivateKey:
    """A private key, and the public one that belongs to it.

    Args:
        scalar: the secret; no repr shows it.
        public: the public key.
    """

    scalar: int = field(repr=False)
    public: Sm2PublicKey

    @property
    def raw(self) -> bytes:
        """The scalar, 32 bytes."""
        return self.scalar.to_bytes(SIZE, "big")


def load_private_key(source: str | SecretStr | Path, *, setting: str = "sm2_private_key") -> Sm2PrivateKey:
    """Read a private key.

    Args:
        source: the key itself, or the path of a file that holds it.
        setting: what the operator calls it, for the message.

    Raises:
        ConfigurationError: it is no SM2 private key, or its file cannot be read; nothing of the key is shown.
    """
    return _loaded(source, setting, _private, _PRIVATE_FORMS)


def load_public_key(source: str | SecretStr | Path, *, setting: str = "sm2_public_key") -> Sm2PublicKey:
    """Read a public key.

    Args:
        source: the key itself, or the path of a file that holds it.
        setting: what the operator calls it, for the message.

    Raises:
        ConfigurationError: it is no SM2 public key, or its file cannot be read.
    """
    return _loaded(source, setting, _public, _PUBLIC_FORMS)


def private_key(scalar: int) -> Sm2PrivateKey:
    """Return the private key of a scalar.

    Raises:
        ValueError: it is not from 1 to N - 2.
    """
    if not 1 <= scalar <= N - 2:
        raise ValueError("holds a number outside the curve's order")
    return Sm2PrivateKey(scalar, Sm2PublicKey(public_point(scalar)))


def _loaded(
    source: str | SecretStr | Path, setting: str, read: Callable[[str | bytes], Key], remedy: str
) -> Key:
    text = source.get_secret_value() if isinstance(source, SecretStr) else source
    if not str(text).strip():
        raise ConfigurationError(setting, "is empty", remedy=remedy)
    path = text if isinstance(text, Path) else _path_in(text)
    try:
        return read(_content(path) if path else str(text))
    except OSError as fault:
        raise ConfigurationError(
            setting, f"names the file {path}, which cannot be read ({fault.strerror})", remedy=remedy
        ) from None
    except ValueError as fault:
        place = f"names the file {path}, which is not a key: it {fault}" if path else str(fault)
        # no chain: what could not be read may be the key
        raise ConfigurationError(setting, place, remedy=remedy) from None


def _path_in(text: str) -> Path | None:
    """Return the path in a text; None where it may be a key. Only a path is shown, so base64 with slashes must be no path."""
    if "\n" in text or "\x00" in text or len(text) > 1000:
        return None
    path = Path(text.strip())
    try:
        if path.is_file():
            return path
    except OSError:
        return None
    return path if _NOT_BASE64.search(text.strip()) and _looks_like_path(path) else None


def _looks_like_path(path: Path) -> bool:
    return path.is_absolute() or path.suffix.lower() in {".pem", ".key", ".der", ".txt"}


def _content(path: Path) -> str | bytes:
    with path.open("rb") as file:
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise ValueError("is too large for one")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data


def _private(source: str | bytes) -> Sm2PrivateKey:
    data = _bytes_of(source, ("PRIVATE KEY", "EC PRIVATE KEY"))
    if data[:1] == b"\x30" and len(data) > SIZE + 1:
        parts = der.read_private(data)
        key = private_key(int.from_bytes(parts.scalar, "big"))
        if parts.point and parts.point != b"\x04" + key.public.raw:
            raise ValueError("holds a public key that does not belong to its private key")
        return key
    if len(data) != SIZE and not (len(data) == SIZE + 1 and data[0] == 0):
        raise ValueError(f"is {len(data)} bytes long, an SM2 private key has {SIZE}")
    return private_key(int.from_bytes(data, "big"))


def _public(source: str | bytes) -> Sm2PublicKey:
    data = _bytes_of(source, ("PUBLIC KEY",))
    if data[:1] == b"\x30" and len(data) > 2 * SIZE + 1:
        data = der.read_public(data).point
    if len(data) == 2 * SIZE + 1 and data[0] == 4:
        data = data[1:]
    if len(data) != 2 * SIZE:
        raise ValueError(f"is {len(data)} bytes long, an SM2 public key has {2 * SIZE} or 04 and {2 * SIZE}")
    point = int.from_bytes(data[:SIZE], "big"), int.from_bytes(data[SIZE:], "big")
    if not on_curve(point):
        raise ValueError("is no point of the SM2 curve")
    return Sm2PublicKey(point)


def _bytes_of(source: str | bytes, labels: tuple[str, ...]) -> bytes:
    if isinstance(source, bytes):
        return source
    if "-----BEGIN" in source:
        return _from_pem(source, labels)
    text = "".join(source.split())
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            "is neither hexadecimal digits nor base64 nor PEM, nor is there a file of this name"
        ) from None


def _from_pem(text: str, labels: tuple[str, ...]) -> bytes:
    blocks = dict(_PEM.findall(text))
    if "ENCRYPTED PRIVATE KEY" in blocks or "Proc-Type: 4,ENCRYPTED" in text:
        raise ValueError(
            "is encrypted; write it without a passphrase (openssl pkey -in old.pem -out new.pem) into a file only this service can read"
        )
    found = next((label for label in labels if label in blocks), "")
    if not found:
        kinds = ", ".join(sorted(blocks)) or "no whole block"
        raise ValueError(f"holds {kinds}, but {labels[0]} is wanted")
    try:
        return base64.b64decode("".join(blocks[found].split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is PEM whose base64 is broken") from None
