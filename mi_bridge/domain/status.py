"""The request's states and the only legal ways between them (design, section 4).

The database enforces the same table; this one is for people, for the in-memory store and for the tests that compare.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a request stands. Each says which transition it serves."""

    PENDING = "PENDING"
    """Queued by HIS, or given back; nobody is working on it."""
    CLAIMED = "CLAIMED"
    """A node holds a lease on it; nothing of class M or N has been sent."""
    SENDING = "SENDING"
    """The intent is on disk; the message may be on the wire."""
    DIVIDED = "DIVIDED"
    """Too large for one call: its parts are requests of their own, and it keeps its key until the last of them has ended."""
    COMPLETED = "COMPLETED"
    """The platform answered, yes or no."""
    ERROR = "ERROR"
    """Given up; nothing took effect."""
    TIMEOUT = "TIMEOUT"
    """Nobody took it in time; it was never sent and never will be."""
    CANCELLED = "CANCELLED"
    """HIS took it back before it was sent."""
    UNCERTAIN = "UNCERTAIN"
    """It may have taken effect; its key stays blocked until that is known."""
    REVERSING = "REVERSING"
    """A reversal (2601) is on its way; success is no longer reachable."""
    REVERSED = "REVERSED"
    """Nothing is left standing at the insurer."""
    MANUAL = "MANUAL"
    """A person must decide."""

    @property
    def terminal(self) -> bool:
        """Whether the request has ended."""
        return self in TERMINAL

    @property
    def live(self) -> bool:
        """Whether the request blocks its order key."""
        return self in LIVE


TERMINAL = frozenset({Status.COMPLETED, Status.ERROR, Status.TIMEOUT, Status.CANCELLED, Status.REVERSED})
LIVE = frozenset(
    {
        Status.CLAIMED,
        Status.SENDING,
        Status.DIVIDED,
        Status.UNCERTAIN,
        Status.REVERSING,
        Status.MANUAL,
    }
)

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.CLAIMED, Status.CANCELLED, Status.TIMEOUT}),
    # a query or an idempotent upload may skip SENDING, since a second send of it does no harm
    Status.CLAIMED: frozenset(
        {Status.PENDING, Status.SENDING, Status.DIVIDED, Status.COMPLETED, Status.ERROR}
    ),
    # nothing of it was sent itself: it ends as its parts did
    Status.DIVIDED: TERMINAL,
    Status.SENDING: frozenset({Status.COMPLETED, Status.PENDING, Status.ERROR, Status.UNCERTAIN}),
    Status.UNCERTAIN: frozenset({Status.COMPLETED, Status.REVERSING, Status.MANUAL}),
    Status.REVERSING: frozenset({Status.REVERSING, Status.REVERSED, Status.MANUAL}),
    Status.MANUAL: frozenset({Status.COMPLETED, Status.REVERSED, Status.UNCERTAIN}),
    **{status: frozenset() for status in TERMINAL},
}


def may_pass(source: Status, target: Status) -> bool:
    """Tell whether a request may go from one status to another."""
    return target in TRANSITIONS[source]
