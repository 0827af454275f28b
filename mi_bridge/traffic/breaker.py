"""Stops knocking at a door nobody opens: after some messages in a row that never left, a pause, then one to try."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from mi_bridge.domain.outcome import Outcome


class Breaker:
    """Closed while messages arrive; open after failures in a row; half open for one request after a pause that grows.

    Only NOT_SENT counts: it proves that the insurer cannot be reached, and that nothing is lost by waiting.

    Args:
        failures: in a row, until it opens.
        first_pause_s: the first pause, in seconds; doubled each time the door stays shut.
        longest_pause_s: no pause is longer.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        failures: int = 10,
        first_pause_s: float = 0.5,
        longest_pause_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._first_pause_s = first_pause_s
        self._longest_pause_s = longest_pause_s
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._pause_s = first_pause_s
        self._shut_until = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether requests are held back."""
        return self._in_a_row >= self._failures

    def admit(self, wanted: int) -> int:
        """Return how many of the wanted requests may be claimed now: all, one to try, or none."""
        with self._lock:
            if not self.is_open:
                return wanted
            if wanted == 0 or self._clock() < self._shut_until:
                return 0
            # the next one to try waits for this one's outcome, or for the pause
            self._shut_until = self._clock() + self._longest_pause_s
            self._probing = True
            return 1

    def record(self, outcome: Outcome) -> bool:
        """Learn from an attempt; return whether the breaker opened or closed by it."""
        with self._lock:
            before = self.is_open
            if outcome is Outcome.NOT_SENT:
                self._count()
            else:
                self._in_a_row, self._pause_s = 0, self._first_pause_s
            return before != self.is_open

    def _count(self) -> None:
        was_open = self.is_open
        self._in_a_row += 1
        if was_open:
            self._pause_s = min(self._pause_s * 2, self._longest_pause_s) if self._probing else self._pause_s
        if self.is_open:
            self._shut_until = self._clock() + self._pause_s
            self._probing = False
