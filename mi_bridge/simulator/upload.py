"""Messages that carry a file: a multipart form with ``jsonStr`` and ``file``, or a JSON message with the file in ``in``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

_FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message taken out of its wrapping.

    Args:
        message: the JSON message's bytes.
        file: the file beside it; None where the message came alone.
    """

    message: bytes = field(repr=False)
    file: bytes | None = field(default=None, repr=False)


def unwrap(headers: Mapping[str, str], body: bytes) -> Parcel:
    """Return the message in a body, and the file beside it."""
    kind = Message()
    kind["content-type"] = headers.get("content-type", "")
    boundary = kind.get_boundary()
    if kind.get_content_type() != _FORM or not boundary:
        return Parcel(body)
    parts = dict(map(_part, body.split(b"--" + boundary.encode())[1:-1]))
    return Parcel(parts.get("jsonStr", b""), parts.get("file"))


def _part(raw: bytes) -> tuple[str, bytes]:
    head, _, content = raw.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    headers = BytesHeaderParser().parsebytes(head + b"\r\n\r\n")
    name = headers.get_param("name", "", "content-disposition")
    return str(name), content.removesuffix(b"\r\n")


def carried(value: Any) -> bytes | None:
    """Return the bytes that ``in`` of a message stands for: base64 text or an array of numbers; None where it is neither."""
    if isinstance(value, list):
        try:
            return bytes(number % 256 for number in value)
        except TypeError:
            return None
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) and value else None
    except (binascii.Error, ValueError):
        return None
