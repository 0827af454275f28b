"""Reads the fields of an input: text, amounts and times, whichever way a HIS wrote them."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from mi_bridge.simulator.clock import CHINA
from mi_bridge.simulator.texts import Texts

Node = dict[str, Any]

_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,2})?", re.ASCII)
_BEYOND = Decimal(10) ** 14  # amounts have 16 digits, two of them behind the point
_DAY = 10  # yyyy-MM-dd


def text(node: Node, field: str) -> str:
    """Return a field as text; missing and null are empty."""
    value = node.get(field)
    return "" if value is None else str(value)


def amount(node: Node, field: str, texts: Texts) -> Decimal:
    """Return a number, written as a JSON number or as text: both occur.

    Raises:
        RequestRefused: it is no number, or one beyond 14 digits before the point.
    """
    written = text(node, field).strip()
    number = Decimal(written) if _NUMBER.fullmatch(written) else _BEYOND
    if abs(number) >= _BEYOND:
        raise texts.refuse("front.number_malformed", field=field)
    return number


def moment(node: Node, field: str, texts: Texts) -> datetime:
    """Return a time, ``yyyy-MM-dd HH:mm:ss`` or ``yyyy-MM-dd``, in China's time zone.

    Raises:
        RequestRefused: it is neither.
    """
    written = text(node, field)
    try:
        form = "%Y-%m-%d" if len(written) == _DAY else "%Y-%m-%d %H:%M:%S"
        return datetime.strptime(written, form).replace(tzinfo=CHINA)
    except ValueError:
        raise texts.refuse("front.time_malformed", field=field) from None
