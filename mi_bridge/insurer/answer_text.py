"""An answer's bytes as text, and as JSON where it is any. Nothing here fails: what cannot be read is None."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_REPLACEMENT = "\ufffd"
_UNREADABLE = (ValueError, ArithmeticError, RecursionError)


def readable(body: bytes) -> str:
    """Return the bytes as text: UTF-8, else GB18030 (older gateways), else with replacement characters; never a NUL."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = _from_gb18030(body)
    return text.removeprefix("\ufeff").replace("\x00", _REPLACEMENT)


def parsed(text: str) -> Any | None:
    """Return the JSON value with decimals kept, or None where there is none.

    Strings in it hold neither NUL nor lone surrogates, whatever the platform escaped.
    """
    try:
        value = _DECODER.decode(text)
        return clean(value) if "\\u0000" in text else value
    except _UNREADABLE:
        return _leniently_parsed(text)


def clean(value: Any) -> Any:
    """Return a parsed value without NULs and lone surrogates in its strings."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", _REPLACEMENT)
    if isinstance(value, dict):
        return {clean(name): clean(member) for name, member in value.items()}
    return [clean(member) for member in value] if isinstance(value, list) else value


def _from_gb18030(body: bytes) -> str:
    try:
        return body.decode("gb18030").encode("utf-8", "replace").decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace")


def _leniently_parsed(text: str) -> Any | None:
    # platforms put raw line breaks into error texts; that alone must not hide a refusal
    try:
        return clean(json.loads(text, strict=False, parse_float=Decimal, parse_constant=_refuse))
    except _UNREADABLE:
        return None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
