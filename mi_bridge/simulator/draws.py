"""Chance that always falls the same way: every invented value follows from the seed and a name."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def draw(below: int, *names: object) -> int:
    """Return a whole number from 0 to ``below - 1`` that follows from the names alone."""
    digest = blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % below


def choose(among: Sequence[T], *names: object) -> T:
    """Return the element that follows from the names alone."""
    return among[draw(len(among), *names)]
