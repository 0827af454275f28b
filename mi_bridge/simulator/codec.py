"""JSON in and out, with numbers as decimals: money never passes through a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes | str) -> Any:
    """Return what a JSON text says.

    Raises:
        ValueError: it is not JSON in UTF-8, or nested beyond reason.
    """
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError) as fault:
        raise ValueError(str(fault)) from fault


def encode(value: Any) -> bytes:
    """Return a value as JSON in UTF-8, decimals as numbers."""
    return _ENCODER.encode(value)
