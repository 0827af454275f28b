"""The database as the bridge sees it: a few verbs, whatever is beneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mi_bridge.domain.part import DividedRequest, JoinedAnswer, Part
from mi_bridge.domain.request import ClaimedRequest, Completion, Heartbeat, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepResult, UncertainRequest


@dataclass(frozen=True, slots=True)
class Claim:
    """What a node asks for.

    Args:
        node_id: who will hold the leases.
        capacity: at most so many requests.
        lease_seconds: until when they are its own.
        wait_ms: how long to wait inside the database while there is nothing.
        step_ms: how often to look meanwhile.
        floor_rank: where the queue's living part begins, in milliseconds; 0 looks at all of it.
    """

    node_id: str
    capacity: int
    lease_seconds: int = 30
    wait_ms: int = 0
    step_ms: int = 2
    floor_rank: int = 0


@dataclass(frozen=True, slots=True)
class RescuePatience:
    """How a rescue judges.

    Args:
        most_rescues: a request rescued so often is given up.
        quiet_seconds: after so long a message of a dead node can no longer take effect.
        grace_seconds: so long a resolution leaves the dead node's answer to come.
    """

    most_rescues: int = 5
    quiet_seconds: int = 300
    grace_seconds: int = 5


class Store(Protocol):
    """One connection's worth of the database; each belongs to one thread.

    Every method may raise ``StoreUnavailable`` (the database stayed away), ``StoreConflict`` (rolled back too often) and
    ``StoreRejected`` (it refuses the data). Every one may be repeated without harm.
    """

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        """Lease requests to the node, in the order they are to be sent."""
        ...

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        """Commit intents; return the requests that may be sent. The others are no longer this node's.

        The answer does not say which epoch it means: hand in one intent of a request at a time.
        """
        ...

    def finish(self, node_id: str, completions: Sequence[Completion]) -> set[int]:
        """Record what became of requests; return those whose row changed, and with the last part of a divided request that one."""
        ...

    def divide(
        self, node_id: str, lease: Lease, parts: Sequence[Part], check_report: str | None = None
    ) -> int:
        """Make the parts of a claimed request of which nothing was sent.

        Args:
            node_id: who holds it.
            lease: its row and epoch.
            parts: in their order, one at least.
            check_report: what the check of the whole message found, for HIS.

        Returns:
            How many there are; 0 when the request is no longer this node's, -1 when it is a part or may have been sent before.
        """
        ...

    def divided(self, request_id: int) -> DividedRequest | None:
        """Return a divided request whose last part has ended; None while one is under way, and when it has ended itself."""
        ...

    def join(self, lease: Lease, answer: JoinedAnswer) -> bool:
        """End a divided request with the answer made of its parts'; tell whether it was this call that did."""
        ...

    def release(self, node_id: str, leases: Sequence[Lease]) -> int:
        """Give back requests of which nothing was sent; return how many."""
        ...

    def renew(self, node_id: str, lease_seconds: int, leases: Sequence[Lease]) -> set[int]:
        """Extend leases; return the requests this node still holds."""
        ...

    def rescue(self, node_id: str, patience: RescuePatience) -> list[tuple[int, Status]]:
        """Take back what dead nodes hold and end what nobody took in time; return each request and its new status.

        A divided request whose parts have all ended is returned as DIVIDED: its answer is still to be made.
        """
        ...

    def claim_uncertain(self, node_id: str, capacity: int, lease_seconds: int) -> list[UncertainRequest]:
        """Lease uncertain requests whose resolution is due."""
        ...

    def begin_step(self, node_id: str, intents: Sequence[StepIntent]) -> set[int]:
        """Commit the intents of inquiries and reversals; return the requests whose step may be sent."""
        ...

    def finish_step(self, node_id: str, results: Sequence[StepResult]) -> set[int]:
        """Record what steps proved; return the requests whose row changed."""
        ...

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        """Take or keep the term of a job that runs once per cluster; tell whether the node leads it."""
        ...

    def housekeep(self) -> int:
        """Forget what nobody needs any more; return how many rows."""
        ...

    def heartbeat(self, beat: Heartbeat) -> int:
        """Say that the node lives; return the database's clock in milliseconds since 1970."""
        ...

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition for the alerts, or its end with an empty message."""
        ...

    def interrupt(self) -> None:
        """End the wait another thread is in."""
        ...

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class StoreFactory(Protocol):
    """Makes stores, each with a connection of its own."""

    def __call__(self, attend: str = "") -> Store:
        """Return a new store; with a node's name its connection proves, as long as it lives, that the node does."""
        ...
