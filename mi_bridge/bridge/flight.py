"""The requests this node is working on."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mi_bridge.domain.request import ClaimedRequest, Lease


@dataclass(frozen=True, slots=True)
class Entry:
    """One request in flight.

    Args:
        request: as claimed.
        claimed_at: ``time.monotonic()`` before its claim.
    """

    request: ClaimedRequest
    claimed_at: float


class Flight:
    """Knows what is in flight; used by the event loop alone, copied for others."""

    def __init__(self) -> None:
        self._entries: dict[Lease, Entry] = {}
        self.completed = 0

    def __len__(self) -> int:
        return len(self._entries)

    def enter(self, request: ClaimedRequest, claimed_at: float) -> None:
        """Add a claimed request."""
        self._entries[request.lease] = Entry(request, claimed_at)

    def leave(self, lease: Lease) -> None:
        """Remove a request that is done with."""
        self.completed += self._entries.pop(lease, None) is not None

    def leases(self, *, older_than_s: float = 0.0) -> list[Lease]:
        """Return the leases claimed at least so many seconds ago."""
        before = time.monotonic() - older_than_s
        return [lease for lease, entry in self._entries.items() if entry.claimed_at <= before]
