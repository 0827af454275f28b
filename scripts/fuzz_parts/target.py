"""What is fuzzed: a reader, the promises it must keep, and where the mutations begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scripts.fuzz_parts.mutation import Mutation

Check = Callable[[bytes], None]
"""Reads these bytes; raises when a promise is broken, with what it was."""


class PromiseBroken(AssertionError):
    """A reader did what it must never do."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader.

    Args:
        check: the promises.
        seeds: well-formed and well-known bytes, which the mutations begin with.
        words: pieces of its language.
        mutation: keeps its language's form; None where there is none to keep.
    """

    check: Check
    seeds: tuple[bytes, ...]
    words: tuple[str, ...] = ()
    mutation: Mutation | None = None


def promise(kept: object, what: str, *facts: Any) -> None:
    """Raise unless a promise is kept.

    Raises:
        PromiseBroken: it is not; says what was promised, and the facts.
    """
    if not kept:
        raise PromiseBroken(f"{what}: {facts!r}"[:2000])
