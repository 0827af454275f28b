"""Waiting for the world outside the test, which sends no events: look again until it is so."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
_LOOK_S = 0.02


def eventually(look: Callable[[], Found], what: str, *, limit_s: float = 40.0) -> Found:
    """Return the first truthy thing a look finds; fail with what was waited for when the limit is over."""
    give_up = time.monotonic() + limit_s
    while not (found := look()):
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {limit_s:g} s in vain: {what}")
        time.sleep(_LOOK_S)
    return found
