"""The store over ODBC: each verb is one call of one routine, each batch one JSON array."""

from __future__ import annotations

from collections.abc import Sequence

from mi_bridge.domain.part import DividedRequest, JoinedAnswer, Part
from mi_bridge.domain.request import ClaimedRequest, Completion, Heartbeat, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepResult, UncertainRequest
from mi_bridge.store import items
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.port import Claim, RescuePatience


class OdbcStore:
    """Implements ``Store`` on a ``DatabaseConnection``.

    Args:
        connection: used by one thread at a time; closed by ``close``.
    """

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        """Lease requests to the node; see ``Store``."""
        rows = self._connection.wait(
            "sp_mi_claim",
            claim.node_id,
            claim.capacity,
            claim.lease_seconds,
            claim.wait_ms,
            claim.step_ms,
            claim.floor_rank,
        )
        return sorted(map(items.claimed, rows), key=lambda request: (request.queue_rank, request.request_id))

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        """Commit intents; see ``Store``."""
        batch = items.to_json([items.intent_item(intent) for intent in intents])
        return items.request_ids(self._connection.call("sp_mi_begin_send", node_id, lease_seconds, batch))

    def finish(self, node_id: str, completions: Sequence[Completion]) -> set[int]:
        """Record completions; see ``Store``."""
        batch = items.to_json([items.completion_item(completion) for completion in completions])
        return items.request_ids(self._connection.call("sp_mi_finish", node_id, batch))

    def divide(
        self, node_id: str, lease: Lease, parts: Sequence[Part], check_report: str | None = None
    ) -> int:
        """Make the parts of a claimed request; see ``Store``."""
        batch = items.to_json([items.part_item(part) for part in parts])
        rows = self._connection.call(
            "sp_mi_divide", node_id, lease.request_id, lease.epoch, batch, check_report
        )
        return int(rows[0][0]) if rows else 0

    def divided(self, request_id: int) -> DividedRequest | None:
        """Return a divided request whose last part has ended; see ``Store``."""
        rows = self._connection.call("sp_mi_parts", request_id)
        if not rows:
            return None
        return DividedRequest(Lease(request_id, rows[0][0]), tuple(map(items.ended_part, rows)))

    def join(self, lease: Lease, answer: JoinedAnswer) -> bool:
        """End a divided request; see ``Store``."""
        rows = self._connection.call(
            "sp_mi_join", lease.request_id, lease.epoch, items.to_json_object(items.answer_item(answer))
        )
        return bool(rows and rows[0][0])

    def release(self, node_id: str, leases: Sequence[Lease]) -> int:
        """Give back requests; see ``Store``."""
        rows = self._connection.call(
            "sp_mi_release", node_id, items.to_json([items.lease_item(lease) for lease in leases])
        )
        return int(rows[0][0]) if rows else 0

    def renew(self, node_id: str, lease_seconds: int, leases: Sequence[Lease]) -> set[int]:
        """Extend leases; see ``Store``."""
        batch = items.to_json([items.lease_item(lease) for lease in leases])
        return items.request_ids(self._connection.call("sp_mi_renew", node_id, lease_seconds, batch))

    def rescue(self, node_id: str, patience: RescuePatience) -> list[tuple[int, Status]]:
        """Take back what dead nodes hold; see ``Store``."""
        rows = self._connection.call(
            "sp_mi_rescue", node_id, patience.most_rescues, patience.quiet_seconds, patience.grace_seconds
        )
        return [(row[0], Status(row[1])) for row in rows]

    def claim_uncertain(self, node_id: str, capacity: int, lease_seconds: int) -> list[UncertainRequest]:
        """Lease uncertain requests whose resolution is due; see ``Store``."""
        rows = self._connection.call("sp_mi_claim_uncertain", node_id, capacity, lease_seconds)
        return [items.uncertain(row) for row in rows]

    def begin_step(self, node_id: str, intents: Sequence[StepIntent]) -> set[int]:
        """Commit the intents of inquiries and reversals; see ``Store``."""
        batch = items.to_json([items.step_intent_item(intent) for intent in intents])
        return items.request_ids(self._connection.call("sp_mi_begin_step", node_id, batch))

    def finish_step(self, node_id: str, results: Sequence[StepResult]) -> set[int]:
        """Record what steps proved; see ``Store``."""
        return items.request_ids(
            self._connection.call(
                "sp_mi_finish_step", node_id, items.to_json([items.step_item(result) for result in results])
            )
        )

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        """Take or keep a job's term; see ``Store``."""
        rows = self._connection.call("sp_mi_lead", job, node_id, seconds)
        return bool(rows and rows[0][0])

    def housekeep(self) -> int:
        """Forget what nobody needs any more; see ``Store``."""
        rows = self._connection.call("sp_mi_housekeep")
        return int(rows[0][0]) if rows else 0

    def heartbeat(self, beat: Heartbeat) -> int:
        """Say that the node lives; see ``Store``."""
        rows = self._connection.call(
            "sp_mi_heartbeat",
            beat.node_id,
            beat.host_name,
            beat.process_id,
            beat.version,
            beat.status,
            beat.in_flight,
            beat.completed,
        )
        return int(rows[0][0])

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition; see ``Store``."""
        self._connection.call("sp_mi_condition", kind, subject, message)

    def interrupt(self) -> None:
        """End the wait another thread is in."""
        self._connection.interrupt()

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        self._connection.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
