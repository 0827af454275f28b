"""Nodes that live and nodes that died, in memory: attendance, rescue, terms, housekeeping."""

from __future__ import annotations

from collections.abc import Iterator

from mi_bridge.domain.request import Heartbeat
from mi_bridge.domain.status import Status
from mi_bridge.store.memory_rows import RequestRow
from mi_bridge.store.memory_tables import FAILED, UNCERTAIN, MemoryTables
from mi_bridge.store.port import RescuePatience

_AT_ONCE = 500
_WEEK_S = 7 * 24 * 3600
_LEASED = frozenset({Status.CLAIMED, Status.SENDING, Status.UNCERTAIN, Status.REVERSING})


class MemoryRescue:
    """What ``sp_mi_attend``, ``_bury``, ``_rescue``, ``_lead``, ``_housekeep`` and ``_heartbeat`` do.

    Args:
        tables: worked on while the database's lock is held.
    """

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def attend(self, node_id: str) -> None:
        """Count one more connection of a node: it lives while it has any."""
        self._tables.attending[node_id] = self._tables.attending.get(node_id, 0) + 1

    def leave(self, node_id: str) -> None:
        """Count one connection of a node less."""
        self._tables.attending[node_id] -= 1

    def rescue(self, node_id: str, patience: RescuePatience) -> Iterator[tuple[int, Status]]:
        """Take back what dead nodes hold, and end what nobody took in time."""
        self._bury(node_id)
        now = self._tables.now()
        sending = (
            row for row in self._tables.rows.values() if row.status in (Status.CLAIMED, Status.SENDING)
        )
        lost = [row for row in sending if row.lease_until is not None and row.lease_until < now]
        for row in sorted(lost, key=lambda row: row.lease_until or 0)[:_AT_ONCE]:
            self._take_back(row, patience)
            yield row.request_id, row.status
        for row in self._tables.rows.values():
            if self._tables.expire(row):
                yield row.request_id, row.status
        for row in self._tables.rows.values():
            if self._tables.all_parts_ended(row):
                yield row.request_id, row.status

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        """Take or keep a job's term."""
        now = self._tables.now()
        leader, until = self._tables.terms.get(job, (node_id, now))
        if leader != node_id and until >= now:
            return False
        self._tables.terms[job] = (node_id, now + seconds)
        return True

    def beat(self, beat: Heartbeat) -> None:
        """Note that a node lives."""
        self._tables.heartbeats[beat.node_id] = beat
        self._tables.beaten_at[beat.node_id] = self._tables.now()

    def housekeep(self) -> int:
        """Forget nodes that were silent for a week; return how many."""
        before = self._tables.now() - _WEEK_S
        silent = [node for node, beaten_at in self._tables.beaten_at.items() if beaten_at < before]
        for node in silent:
            del self._tables.beaten_at[node], self._tables.heartbeats[node]
        return len(silent)

    def _bury(self, node_id: str) -> None:
        """End the leases of nodes without a connection, on sends and on steps of a resolution."""
        now = self._tables.now()
        for row in self._tables.rows.values():
            leased = row.status in _LEASED and row.lease_until is not None and row.lease_until >= now
            dead = row.node_id != node_id and not self._tables.attending.get(row.node_id)
            if leased and dead:
                row.lease_until = now - 0.001

    def _take_back(self, row: RequestRow, patience: RescuePatience) -> None:
        now = self._tables.now()
        row.rescues += 1
        # a query or an upload may have been sent without an intent: its node can no longer say that it was not
        row.sends += int(row.status is Status.CLAIMED and row.money_class.resendable)
        row.lease_until = None
        row.quiet_until = now + patience.quiet_seconds
        row.resolve_at = now + patience.grace_seconds
        if row.status is Status.SENDING and not row.money_class.resendable:
            row.move(Status.UNCERTAIN, now)
            row.explain(UNCERTAIN, "处理节点中断，结果不确定")
        elif row.rescues >= patience.most_rescues:
            row.move(Status.ERROR, now)
            row.explain(FAILED, "处理节点多次中断，已停止重试")
        else:
            row.move(Status.PENDING, now)
            row.explain(None, None)
