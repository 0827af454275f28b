"""The part of the SDK's client that the bridge needs."""

from __future__ import annotations

from typing import Protocol

from mi_bridge.domain.part import Part
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall

UNREACHABLE = frozenset({"connect_refused", "connect_timeout", "connect_failed", "dns_failed", "tls_failed"})
"""Faults that say the insurer's door is shut. The other proofs of not being sent (our deadline, our own limit) say nothing of it."""


class Insurer(Protocol):
    """Makes messages and sends them."""

    @property
    def blocking(self) -> bool:
        """Whether `prepare` takes so long (a signing device) that an event loop must not wait for it."""
        ...

    def prepare(self, call: Call) -> PreparedCall:
        """Make a message's bytes."""
        ...

    def divide(self, call: Call) -> tuple[Part, ...]:
        """Return the parts of what is too large for one call."""
        ...

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        """Send them."""
        ...
