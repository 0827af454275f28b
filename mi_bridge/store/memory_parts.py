"""Requests in parts, in memory: divided, told when the last part has ended, and joined."""

from __future__ import annotations

from collections.abc import Sequence

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import DividedRequest, EndedPart, JoinedAnswer, Part
from mi_bridge.domain.request import Attempt, Lease
from mi_bridge.domain.status import Status
from mi_bridge.store.memory_rows import RequestRow
from mi_bridge.store.memory_tables import FAILED, MemoryTables

_DOUBTFUL = frozenset({Status.UNCERTAIN, Status.REVERSING, Status.MANUAL})
# the double keeps outcomes of attempts only; of a partial success HIS sees the same as of a suspicious answer
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_UNANSWERED = frozenset({Status.TIMEOUT, Status.CANCELLED, Status.REVERSED})


class MemoryParts:
    """What ``sp_mi_divide``, ``_parts`` and ``_join`` do.

    Args:
        tables: worked on while the database's lock is held.
    """

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def divide(self, node_id: str, lease: Lease, parts: Sequence[Part], check_report: str | None) -> int:
        """Make the parts of a claimed request of which nothing was sent."""
        tables = self._tables
        row = tables.held(node_id, lease, Status.CLAIMED)
        if row is None:
            known = tables.rows.get(lease.request_id)
            divided = known is not None and known.holds(lease) and known.status is Status.DIVIDED
            return len(tables.parts_of(lease.request_id)) if divided else 0
        if row.sends or row.parent_id or not parts:
            return -1
        row.move(Status.DIVIDED, tables.now())
        row.node_id, row.lease_until = "", None
        row.check_report = check_report or row.check_report
        for part in parts:
            self._make(row, part)
        return len(parts)

    def divided(self, request_id: int) -> DividedRequest | None:
        """Return a divided request whose last part has ended."""
        row = self._tables.rows.get(request_id)
        if row is None or not self._tables.all_parts_ended(row):
            return None
        ended = tuple(map(self._ended, self._tables.parts_of(request_id)))
        return DividedRequest(Lease(request_id, row.epoch), ended)

    def join(self, lease: Lease, answer: JoinedAnswer) -> bool:
        """End a divided request, where the answer is true."""
        row = self._tables.rows.get(lease.request_id)
        if row is None or not row.holds(lease) or not self._tables.all_parts_ended(row):
            return False
        if not _true_of(self._tables.parts_of(lease.request_id), answer):
            return False
        row.move(answer.status, self._tables.now())
        row.explain(answer.error_code, answer.error_message)
        if answer.response_data is not None:
            row.response = Attempt(
                msgid="",
                body_hash="",
                outcome=_OUTCOMES.get(answer.outcome, Outcome.SUSPICIOUS),
                infcode=answer.infcode,
                err_msg=answer.err_msg,
                response_data=answer.response_data,
            )
        return True

    def take_back(self, request_id: int) -> bool:
        """Cancel the parts that were not begun; tell whether that was all of them."""
        parts = self._tables.parts_of(request_id)
        for part in parts:
            if part.unsent:
                part.move(Status.CANCELLED, self._tables.now())
                part.explain(FAILED, "请求已取消，未发送")
        return all(part.status is Status.CANCELLED for part in parts)

    def in_doubt(self, row: RequestRow) -> bool:
        """Tell whether one part's outcome is not known."""
        return any(part.status in _DOUBTFUL for part in self._tables.parts_of(row.request_id))

    def _make(self, whole: RequestRow, part: Part) -> None:
        now = self._tables.now()
        row = RequestRow(
            request_id=next(self._tables.ids),
            interface_code=whole.interface_code,
            input_data=part.input_data,
            money_class=whole.money_class,
            queue_rank=whole.queue_rank,
            order_key=f"D:{whole.request_id}",
            created_at=now,
            updated_at=now,
            expires_at=whole.expires_at,
            max_retry_count=whole.max_retry_count,
            org_code=whole.org_code,
            insuplc_admdvs=whole.insuplc_admdvs,
            opter=whole.opter,
            opter_name=whole.opter_name,
            opter_type=whole.opter_type,
            parent_id=whole.request_id,
            part=part,
        )
        self._tables.rows[row.request_id] = row

    def _ended(self, row: RequestRow) -> EndedPart:
        response, part = row.response, row.part or Part(0, 0, 0, "")
        sends = [entry for entry in self._tables.attempts_of(row.request_id) if entry.kind == "original"]
        return EndedPart(
            number=part.number,
            first_row=part.first_row,
            row_count=part.row_count,
            status=row.status,
            outcome=response.outcome.value if response else "",
            infcode=(response.infcode or "") if response else "",
            err_msg=response.err_msg if response else "",
            error_message=row.error_message or "",
            msgid=sends[-1].msgid if sends else "",
            answer=(response.response_data or "") if response else "",
        )


def _true_of(parts: Sequence[RequestRow], answer: JoinedAnswer) -> bool:
    """Tell whether what is said of the whole is true of its parts; the guard of ``sp_mi_join``."""
    answered = [part.response.outcome for part in parts if part.status is Status.COMPLETED and part.response]
    refused = answered.count(Outcome.REFUSED)
    if answer.status in _UNANSWERED:
        return all(part.status is answer.status for part in parts)
    if answer.status is Status.ERROR:
        return not answered
    if answer.outcome == Outcome.OK:
        return answered.count(Outcome.OK) == len(parts)
    if answer.outcome == Outcome.REFUSED:
        return len(answered) == refused > 0
    return len(answered) > refused and answered.count(Outcome.OK) < len(parts)
