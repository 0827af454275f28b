"""The way of a request to its answer, in memory: lease, intent, record, and giving back."""

from __future__ import annotations

from collections.abc import Sequence

from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreRejected
from mi_bridge.store.memory_guards import may_record
from mi_bridge.store.memory_rows import JournalEntry, RequestRow
from mi_bridge.store.memory_tables import MemoryTables
from mi_bridge.store.port import Claim


class MemorySending:
    """What ``sp_mi_claim``, ``_begin_send``, ``_finish``, ``_release`` and ``_renew`` do.

    Args:
        tables: worked on while the database's lock is held.
    """

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def lease(self, claim: Claim) -> list[ClaimedRequest]:
        """Lease what may be taken now, oldest rank first."""
        tables = self._tables
        chosen = [row for row in self._choose(claim) if not (tables.expire(row) or tables.leave_out(row))]
        if not chosen:
            return []
        first = self._tables.take_msgids(len(chosen))
        step = self._tables.msgid_step
        return [self._lease_one(claim, row, first + place * step) for place, row in enumerate(chosen)]

    def intend(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        """Write intents, all or none."""
        tables = self._tables
        fresh = [intent for intent in intents if tables.held(node_id, intent.lease, Status.CLAIMED)]
        if any(intent.msgid in tables.journal for intent in fresh):
            raise StoreRejected("sp_mi_begin_send failed (23505): a msgid was used before.", sqlstate="23505")
        for intent in fresh:
            row = tables.rows[intent.lease.request_id]
            row.move(Status.SENDING, tables.now())
            row.sends += 1
            row.lease_until = tables.now() + lease_seconds
            tables.journal[intent.msgid] = self._entry(intent.lease, node_id, intent.msgid, intent.body_hash)
        return {intent.lease.request_id for intent in intents if self._may_send(node_id, intent)}

    def record(self, node_id: str, completion: Completion) -> bool:
        """Keep an answer as evidence; change its row where that is legal, and tell whether it was."""
        row = self._tables.rows.get(completion.lease.request_id)
        changes = row is not None and row.holds(completion.lease) and self._legal(row, completion)
        if row is not None and changes:
            self._apply(row, completion)
        if row is not None and completion.attempt is not None:
            self._keep(node_id, completion.lease, completion.attempt)
        return changes

    def joinable(self, request_id: int) -> int:
        """Return the divided request whose last part this is, if it has ended; else 0."""
        row = self._tables.rows[request_id]
        whole = self._tables.rows.get(row.parent_id)
        ended = row.status in (Status.COMPLETED, Status.ERROR)
        return row.parent_id if ended and whole and self._tables.all_parts_ended(whole) else 0

    def give_back(self, node_id: str, lease: Lease) -> bool:
        """Return a claimed request to the queue."""
        row = self._tables.held(node_id, lease, Status.CLAIMED)
        if row is None:
            return False
        row.move(Status.PENDING, self._tables.now())
        row.node_id, row.lease_until = "", None
        return True

    def prolong(self, node_id: str, lease_seconds: int, lease: Lease) -> bool:
        """Extend a lease that is still held."""
        row = self._tables.held(node_id, lease, Status.CLAIMED, Status.SENDING)
        if row is None:
            return False
        row.lease_until = self._tables.now() + lease_seconds
        return True

    def _choose(self, claim: Claim) -> list[RequestRow]:
        rows = self._tables.rows.values()
        pending = [row for row in rows if row.status is Status.PENDING]
        blocked = {row.order_key for row in rows if row.status.live}
        heads: dict[str, int] = {}
        for row in pending:
            if row.order_key is not None:
                heads.setdefault(row.order_key, row.request_id)
        ready = [row for row in pending if self._ready(row, claim) and _is_free(row, blocked, heads)]
        return sorted(ready, key=lambda row: (row.queue_rank, row.request_id))[: claim.capacity]

    def _ready(self, row: RequestRow, claim: Claim) -> bool:
        if row.available_at is not None and row.available_at <= self._tables.now():
            row.available_at = None
        return row.available_at is None and row.queue_rank >= claim.floor_rank

    def _lease_one(self, claim: Claim, row: RequestRow, msgid_number: int) -> ClaimedRequest:
        now = self._tables.now()
        row.move(Status.CLAIMED, now)
        row.epoch += 1
        row.node_id = claim.node_id
        row.lease_until = now + claim.lease_seconds
        return row.claimed(msgid_number, now)

    def _may_send(self, node_id: str, intent: Intent) -> bool:
        entry = self._tables.journal.get(intent.msgid)
        mine = entry is not None and entry.request_id == intent.lease.request_id and entry.answer is None
        return mine and self._tables.held(node_id, intent.lease, Status.SENDING) is not None

    def _legal(self, row: RequestRow, completion: Completion) -> bool:
        return may_record(
            row, completion, reversed_before=self._tables.reversed_before(completion.lease.request_id)
        )

    def _apply(self, row: RequestRow, completion: Completion) -> None:
        attempt, now = completion.attempt, self._tables.now()
        if attempt is not None:
            row.tries += 1
            row.sends += int(row.status is Status.CLAIMED) - int(attempt.outcome.proves_not_executed)
        row.move(completion.status, now)
        row.lease_until = None
        row.explain(completion.error_code, completion.error_message)
        row.check_report = completion.check_report or row.check_report
        if completion.status is Status.PENDING and completion.delay_ms > 0:
            row.available_at = now + completion.delay_ms / 1000
        if completion.status is Status.UNCERTAIN:
            row.quiet_until = now + completion.quiet_ms / 1000
            row.resolve_at = now + completion.delay_ms / 1000
        answered = attempt is not None and attempt.response_data is not None
        if completion.status is Status.COMPLETED or (completion.status is Status.ERROR and answered):
            row.response = attempt

    def _keep(self, node_id: str, lease: Lease, attempt: Attempt) -> None:
        entry = self._tables.journal.setdefault(
            attempt.msgid, self._entry(lease, node_id, attempt.msgid, attempt.body_hash)
        )
        if entry.request_id == lease.request_id:
            entry.take(attempt)

    def _entry(self, lease: Lease, node_id: str, msgid: str, body_hash: str) -> JournalEntry:
        return JournalEntry(lease.request_id, lease.epoch, msgid, node_id, body_hash, self._tables.now())


def _is_free(row: RequestRow, blocked: set[str | None], heads: dict[str, int]) -> bool:
    """Tell whether a row is the head of its key, and nothing of that key is under way."""
    if row.order_key is None:
        return True
    return row.order_key not in blocked and heads[row.order_key] == row.request_id
