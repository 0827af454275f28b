"""A lasting condition of a node (breaker open, a file refused): reported for the alerts when it changes, and not again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

Report = Callable[[str, str], Awaitable[None]]
"""Tells the database a condition's type and message; an empty message is its end."""


class Condition:
    """Remembers what the database was told of one condition.

    Nothing is known of what an earlier process of this node left behind, so that the first report is always made.

    Args:
        kind: the condition's type, which is the alert's.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._told: str | None = None

    def is_news(self, message: str) -> bool:
        """Tell whether the database knows otherwise."""
        return message != self._told

    async def tell(self, report: Report, message: str) -> None:
        """Report the condition, or its end with an empty message, unless the database knows.

        Raises:
            StoreError: the database did not take it; the next call reports it again.
        """
        if self.is_news(message):
            await report(self._kind, message)
            self._told = message
