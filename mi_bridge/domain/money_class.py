"""Money classes: what a second execution of a transaction would do (design, section 4)."""

from __future__ import annotations

from enum import StrEnum


class MoneyClass(StrEnum):
    """How dangerous it is to send a transaction twice."""

    QUERY = "Q"
    """No effect; repeat at will."""
    IDEMPOTENT = "I"
    """An upload that overwrites itself; repeat with the same key."""
    MONEY = "M"
    """An effect that 2601 or the transaction's own cancel can undo."""
    NEVER = "N"
    """An effect nothing can undo; also every transaction nobody knows."""

    @property
    def resendable(self) -> bool:
        """Whether a request of unknown outcome may simply be sent again."""
        return self in (MoneyClass.QUERY, MoneyClass.IDEMPOTENT)

    @property
    def needs_intent(self) -> bool:
        """Whether the attempt must be committed before the first byte leaves."""
        return not self.resendable
