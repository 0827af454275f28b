"""How long to wait before a request is sent again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    Args:
        base_seconds: the longest first wait.
        cap_seconds: no wait is longer.
        factor: growth from one try to the next.
    """

    base_seconds: float = 0.5
    cap_seconds: float = 30.0
    factor: float = 2.0

    def delay(self, tries: int, *, draw: float | None = None) -> float:
        """Return the wait in seconds after the given number of failed tries (1 for the first).

        Half of the wait is fixed, half is drawn, so that nobody comes back at once and nobody together.
        """
        ceiling = min(self.cap_seconds, self.base_seconds * self.factor ** (max(tries, 1) - 1))
        share = random.random() if draw is None else draw  # noqa: S311 - jitter, not a secret
        return ceiling * (0.5 + share / 2)
