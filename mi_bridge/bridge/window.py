"""How many requests this node may still take."""

from __future__ import annotations

import threading


class Window:
    """Counts requests between claim and record; bounded, shared by the claimer's thread and the event loop.

    Args:
        size: most requests in flight.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0
        self._changed = threading.Condition()

    @property
    def taken(self) -> int:
        """Requests in flight now."""
        return self._taken

    def take(self, count: int) -> None:
        """Enter so many claimed requests."""
        with self._changed:
            self._taken += count

    def give_back(self, count: int = 1) -> None:
        """Leave with so many."""
        with self._changed:
            self._taken -= count
            self._changed.notify_all()

    def room(self, timeout_s: float) -> int:
        """Wait until there is room, at most so long, and return how much; 0 when there is none.

        It waits for an eighth of the window rather than for one place, so that claims stay batches under load.
        """
        wanted = max(1, self._size // 8)
        with self._changed:
            self._changed.wait_for(lambda: self._size - self._taken >= wanted, timeout_s)
            return max(0, self._size - self._taken)
