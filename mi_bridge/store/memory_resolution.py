"""The way of an uncertain request to certainty, in memory: steps of the resolver, decisions of people."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepKind, StepResult, UncertainRequest
from mi_bridge.errors import StoreRejected
from mi_bridge.store.memory_guards import may_begin_step, may_finish_step
from mi_bridge.store.memory_rows import JournalEntry, RequestRow
from mi_bridge.store.memory_tables import FAILED, UNCERTAIN, MemoryTables

_MALFORMED = -1001
_DECISIONS = {
    "EFFECTIVE": Status.COMPLETED,
    "NOT_EFFECTIVE": Status.REVERSED,
    "RETRY": Status.UNCERTAIN,
}


class MemoryResolution:
    """What ``sp_mi_claim_uncertain``, ``_begin_step``, ``_finish_step`` and ``sp_medical_insurance_resolve`` do.

    Args:
        tables: worked on while the database's lock is held.
    """

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def lease(self, node_id: str, capacity: int, lease_seconds: int) -> list[UncertainRequest]:
        """Lease what is due, longest due first."""
        due = sorted((row for row in self._tables.rows.values() if self._due(row)), key=_due_at)[:capacity]
        first = self._tables.take_msgids(2 * len(due)) if due else 0
        return [
            self._lease_one(row, node_id, lease_seconds, first + 2 * place * self._tables.msgid_step)
            for place, row in enumerate(due)
        ]

    def intend(self, node_id: str, intents: Sequence[StepIntent]) -> set[int]:
        """Write the intents of steps, all or none; of several of one request the last that is legal."""
        legal = {intent.request_id: intent for intent in intents if self._may_begin(node_id, intent)}
        held = list(legal.values())
        entries = {intent.msgid: self._tables.journal.get(intent.msgid) for intent in held}
        for intent in held:
            entry = entries[intent.msgid]
            if entry is not None and entry.request_id != intent.request_id:
                raise StoreRejected(
                    "sp_mi_begin_step failed (23505): a msgid was used before.", sqlstate="23505"
                )
        for intent in held:
            self._begin(node_id, intent, repeated=entries[intent.msgid] is not None)
        return {intent.request_id for intent in held}

    def record(self, node_id: str, results: Sequence[StepResult]) -> set[int]:
        """Keep the answers of steps as evidence; change rows where that is legal, and return which.

        Of several results of one request the last that is legal counts.
        """
        legal = {result.request_id: result for result in results if self._may_record(node_id, result)}
        for result in legal.values():
            self._apply(self._tables.rows[result.request_id], result)
        for result in results:
            self._keep(result)
        return set(legal)

    def decide(self, request_id: int, decision: str, operator: str, reason: str, setl_id: str = "") -> int:
        """Let a person decide; return 0, or a code of the HIS contract."""
        row = self._tables.rows.get(request_id)
        target = _DECISIONS.get(decision.strip().upper())
        named = 0 < len(operator.strip()) <= 50 and 0 < len(reason.strip()) <= 500 and len(setl_id) <= 40
        if row is None or target is None or not named:
            return _MALFORMED
        refused = target is Status.UNCERTAIN and row.money_class is not MoneyClass.MONEY
        # an effect that may still come is not yet absent, for people neither
        too_early = target is Status.REVERSED and row.quiet_until > self._tables.now()
        if row.status is not Status.MANUAL or refused or too_early:
            return FAILED
        self._decide(row, target, setl_id.strip())
        self._tables.decisions.append((request_id, decision, operator, reason, setl_id))
        return 0

    def _due(self, row: RequestRow) -> bool:
        now = self._tables.now()
        free = row.lease_until is None or row.lease_until < now
        return row.status in (Status.UNCERTAIN, Status.REVERSING) and row.resolve_at <= now and free

    def _lease_one(
        self, row: RequestRow, node_id: str, lease_seconds: int, msgid_number: int
    ) -> UncertainRequest:
        now = self._tables.now()
        row.resolve_epoch += 1
        row.node_id, row.lease_until = node_id, now + lease_seconds
        original = self._original(row)
        interface = self._tables.interfaces.get(row.interface_code)
        reversing = self._tables.reversed_before(row.request_id)
        return UncertainRequest(
            request_id=row.request_id,
            resolve_epoch=row.resolve_epoch,
            interface_code=row.interface_code,
            input_data=row.input_data,
            money_class=row.money_class,
            status=Status.REVERSING if reversing else row.status,
            original_msgid=original.msgid,
            original_time=datetime.fromtimestamp(original.created_at, UTC),
            resolve_tries=row.resolve_tries,
            quiet_ms=max(0, math.ceil((row.quiet_until - now) * 1000)),
            reversed_by=interface.reversed_by if interface else "",
            org_code=row.org_code,
            insuplc_admdvs=row.insuplc_admdvs,
            opter=row.opter,
            opter_name=row.opter_name,
            opter_type=row.opter_type,
            msgid_number=msgid_number,
        )

    def _original(self, row: RequestRow) -> JournalEntry:
        entries = self._tables.attempts_of(row.request_id)
        return next(entry for entry in entries if entry.epoch == row.epoch and entry.kind == "original")

    def _may_begin(self, node_id: str, intent: StepIntent) -> bool:
        row = self._tables.rows.get(intent.request_id)
        if row is None or row.resolve_epoch != intent.resolve_epoch or row.node_id != node_id:
            return False
        leased = row.lease_until is not None and row.lease_until >= self._tables.now()
        return leased and may_begin_step(row, intent.kind)

    def _begin(self, node_id: str, intent: StepIntent, *, repeated: bool) -> None:
        row, now = self._tables.rows[intent.request_id], self._tables.now()
        if intent.kind == StepKind.REVERSAL:
            row.move(Status.REVERSING, now if row.status is Status.UNCERTAIN else row.updated_at)
            row.resolve_tries += int(not repeated)
        if not repeated:
            self._tables.journal[intent.msgid] = JournalEntry(
                intent.request_id, row.epoch, intent.msgid, node_id, intent.body_hash, now, intent.kind
            )

    def _may_record(self, node_id: str, result: StepResult) -> bool:
        row = self._tables.rows.get(result.request_id)
        mine = row is not None and row.resolve_epoch == result.resolve_epoch and row.node_id == node_id
        return row is not None and mine and self._may_finish(row, result)

    def _keep(self, result: StepResult) -> None:
        entry = self._tables.journal.get(result.attempt.msgid) if result.attempt else None
        if entry is not None and entry.request_id == result.request_id and entry.answer is None:
            entry.answer = result.attempt

    def _may_finish(self, row: RequestRow, result: StepResult) -> bool:
        reversed_before = self._tables.reversed_before(row.request_id)
        return row.lease_until is not None and may_finish_step(
            row, result, self._tables.now(), reversed_before=reversed_before
        )

    def _apply(self, row: RequestRow, result: StepResult) -> None:
        attempt, now = result.attempt, self._tables.now()
        if attempt and row.status is Status.REVERSING and attempt.outcome.proves_not_executed:
            row.resolve_tries -= 1
        if result.status is not row.status:
            row.move(result.status, now)
        row.lease_until = None
        row.resolve_at = now + result.delay_ms / 1000
        if result.status is Status.COMPLETED:
            row.explain(None, None)
            row.response = attempt
        elif result.error_code is not None:
            row.explain(result.error_code, result.error_message)

    def _decide(self, row: RequestRow, target: Status, setl_id: str) -> None:
        row.move(target, self._tables.now())
        row.resolve_at, row.resolve_tries, row.lease_until = self._tables.now(), 0, None
        if target is Status.UNCERTAIN:
            row.explain(UNCERTAIN, "结果不确定，系统正在核实：请勿重新提交")
        elif target is Status.REVERSED:
            row.explain(FAILED, "人工核实：医保端没有生效，可以重新提交")
        else:
            row.explain(None, None)
            output = {"setlinfo": {"setl_id": setl_id}} if setl_id else None
            text = json.dumps({"infcode": 0, "output": output}, ensure_ascii=False)
            row.response = Attempt("", "", Outcome.OK, "0", "人工核实：已生效", response_data=text)


def _due_at(row: RequestRow) -> float:
    return row.resolve_at
