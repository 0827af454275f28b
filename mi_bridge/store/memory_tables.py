"""The in-memory database's tables and clock, shared by the parts that work on them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from mi_bridge.domain.interface import Interface
from mi_bridge.domain.request import Heartbeat, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepKind
from mi_bridge.store.memory_rows import JournalEntry, RequestRow

TIMED_OUT = -1005
UNCERTAIN = -1009
FAILED = -1004
_TIMED_OUT_ZH = "超时未发送，请求已作废"
_LEFT_OUT_ZH = "前面有一批未成功，本批没有发送"


class MemoryTables:
    """Requests, attempts and what else is kept.

    Args:
        interfaces: what HIS may call.
        clock: seconds since 1970; everything is counted on it.
    """

    def __init__(self, interfaces: Iterable[Interface], clock: Callable[[], float]) -> None:
        self.interfaces = {interface.interface_code: interface for interface in interfaces}
        self.now = clock
        self.rows: dict[int, RequestRow] = {}
        self.business: dict[tuple[str, str, str], RequestRow] = {}
        self.journal: dict[str, JournalEntry] = {}
        self.heartbeats: dict[str, Heartbeat] = {}
        self.beaten_at: dict[str, float] = {}
        self.attending: dict[str, int] = {}
        self.terms: dict[str, tuple[str, float]] = {}
        self.decisions: list[tuple[int, str, str, str, str]] = []
        self.ids = itertools.count(1)
        self._msgids = 0
        self.msgid_step = 1

    def take_msgids(self, count: int) -> int:
        """Return the first of so many message numbers a step apart, never given twice and never going back."""
        step = self.msgid_step
        first = -(-max(self._msgids, int(self.now()) * 10_000) // step) * step
        self._msgids = first + count * step
        return first

    def held(self, node_id: str, lease: Lease, *statuses: Status) -> RequestRow | None:
        """Return a lease's row while the node holds it in one of these statuses."""
        row = self.rows.get(lease.request_id)
        if row is None or not row.holds(lease) or row.node_id != node_id or row.status not in statuses:
            return None
        return row

    def attempts_of(self, request_id: int) -> list[JournalEntry]:
        """Return a request's attempts, oldest first."""
        return [entry for entry in self.journal.values() if entry.request_id == request_id]

    def reversed_before(self, request_id: int) -> bool:
        """Tell whether a reversal of this request was ever tried."""
        return any(entry.kind == StepKind.REVERSAL for entry in self.attempts_of(request_id))

    def parts_of(self, request_id: int) -> list[RequestRow]:
        """Return the parts of a request, in their order."""
        return [row for row in self.rows.values() if row.parent_id == request_id]

    def all_parts_ended(self, row: RequestRow) -> bool:
        """Tell whether a request is divided and the last of its parts has ended."""
        divided = row.status is Status.DIVIDED
        return divided and all(part.status.terminal for part in self.parts_of(row.request_id))

    def leave_out(self, row: RequestRow) -> bool:
        """End a part after one that failed, where the site wants the others left out; tell whether this call did."""
        stops = row.part is not None and row.part.stop_on_refusal and row.unsent
        if not stops or all(elder.succeeded for elder in self._elders(row)):
            return False
        row.move(Status.CANCELLED, self.now())
        row.explain(FAILED, _LEFT_OUT_ZH)
        return True

    def _elders(self, row: RequestRow) -> list[RequestRow]:
        return [part for part in self.parts_of(row.parent_id) if part.request_id < row.request_id]

    def expire(self, row: RequestRow) -> bool:
        """End a request over its time; tell whether this call did."""
        return row.expires_at <= self.now() and self.time_out(row)

    def time_out(self, row: RequestRow) -> bool:
        """End a request nobody claimed and nobody sent; tell whether this call did."""
        if not row.unsent:
            return False
        row.move(Status.TIMEOUT, self.now())
        row.explain(TIMED_OUT, _TIMED_OUT_ZH)
        return True
