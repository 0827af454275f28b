"""The store without a database: the same guards in memory, for tests and for trying things out.

``MemoryDatabase`` plays the database, with HIS's verbs as methods; each ``connect()`` gives a ``MemoryStore`` for one
thread, as a connection would be. The contract tests run on this and on the real databases alike.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from mi_bridge.domain.interface import Interface
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Heartbeat, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.errors import RequestRefused, StoreRejected, UnknownInterface
from mi_bridge.store.memory_rows import JournalEntry, MemoryResult, RequestRow, may_record, result_of
from mi_bridge.store.memory_submit import Submission, order_key
from mi_bridge.store.port import Claim

_PRIORITY_MS = 60_000
_RESCUES_AT_ONCE = 500
_KEY_REUSED = -1008
_FAILED = -1004
_TIMED_OUT = -1005
_UNCERTAIN = -1009
_TIMED_OUT_ZH = "超时未发送，请求已作废"


class MemoryDatabase:
    """Requests, attempts and answers, shared by any number of stores and threads.

    Args:
        interfaces: what HIS may call.
        clock: seconds since 1970; leases, backoffs and expiry are counted on it.
    """

    def __init__(self, interfaces: Iterable[Interface], clock: Callable[[], float] = time.time) -> None:
        self._interfaces = {interface.interface_code: interface for interface in interfaces}
        self._clock = clock
        self._rows: dict[int, RequestRow] = {}
        self._business: dict[tuple[str, str, str], RequestRow] = {}
        self._journal: dict[str, JournalEntry] = {}
        self._msgids = 0
        self._ids = itertools.count(1)
        self.changed = threading.Condition()
        self.heartbeats: dict[str, Heartbeat] = {}
        self.conditions: dict[tuple[str, str], str] = {}

    def connect(self) -> MemoryStore:
        """Return a store for one thread."""
        return MemoryStore(self)

    def now(self) -> float:
        """Return the database's clock, in seconds since 1970."""
        return self._clock()

    def submit(self, submission: Submission) -> int:
        """Queue a request as ``sp_medical_insurance_call`` does; return its number.

        Raises:
            MalformedInput: a parameter or the input cannot be taken.
            UnknownInterface: no such interface, or it is switched off.
            RequestRefused: the business key was used for other content.
        """
        interface = self._interfaces.get(submission.interface_code)
        if interface is None or not interface.enabled:
            raise UnknownInterface(f"未知接口 {submission.interface_code}：请核对交易编号")
        value = submission.parsed()
        key = order_key(value, submission.serial_key) if interface.ordered or submission.serial_key else None
        with self.changed:
            earlier = self._earlier(submission)
            if earlier is not None:
                return earlier.request_id
            row = self._new_row(submission, interface, key)
            self.changed.notify_all()
            return row.request_id

    def cancel(self, request_id: int) -> bool:
        """Take back what was not sent; tell whether it is cancelled."""
        with self.changed:
            row = self._rows[request_id]
            if row.unsent:
                row.move(Status.CANCELLED, self.now())
                row.explain(_FAILED, "请求已取消，未发送")
            return row.status is Status.CANCELLED

    def expire(self, request_id: int) -> bool:
        """End a request nobody claimed and nobody sent; tell whether it was this call that did."""
        with self.changed:
            return self._time_out(self._rows[request_id])

    def result(self, request_id: int) -> MemoryResult:
        """Return a request as HIS reads it."""
        with self.changed:
            return result_of(self._rows[request_id])

    def row(self, request_id: int) -> RequestRow:
        """Return a copy of a request's row."""
        with self.changed:
            return dataclasses.replace(self._rows[request_id])

    def attempts(self, request_id: int) -> list[JournalEntry]:
        """Return copies of a request's attempts, oldest first."""
        with self.changed:
            found = (entry for entry in self._journal.values() if entry.request_id == request_id)
            return [dataclasses.replace(entry) for entry in found]

    def take_msgids(self, count: int) -> int:
        """Return the first of so many message numbers, never given twice and never going back."""
        with self.changed:
            first = max(self._msgids, int(self.now()) * 10_000)
            self._msgids = first + count
            return first

    # From here on: the store's verbs, each called with ``changed`` held.

    def lease(self, claim: Claim) -> list[ClaimedRequest]:
        """Lease what may be taken now, oldest rank first."""
        chosen = [row for row in self._choose(claim) if not self._too_old(row)]
        if not chosen:
            return []
        first = self.take_msgids(len(chosen))
        return [self._lease_one(claim, row, first + place) for place, row in enumerate(chosen)]

    def intend(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        """Write intents, all or none."""
        fresh = [intent for intent in intents if self._held(node_id, intent.lease, Status.CLAIMED)]
        if any(intent.msgid in self._journal for intent in fresh):
            raise StoreRejected("sp_mi_begin_send failed (23505): a msgid was used before.", sqlstate="23505")
        for intent in fresh:
            row = self._rows[intent.lease.request_id]
            row.move(Status.SENDING, self.now())
            row.sends += 1
            row.lease_until = self.now() + lease_seconds
            self._journal[intent.msgid] = _entry(intent.lease, node_id, intent.msgid, intent.body_hash)
        return {intent.lease.request_id for intent in intents if self._may_send(node_id, intent)}

    def record(self, node_id: str, completion: Completion) -> bool:
        """Keep an answer as evidence; change its row where that is legal, and tell whether it was."""
        row = self._rows.get(completion.lease.request_id)
        changes = row is not None and row.holds(completion.lease) and may_record(row, completion)
        if row is not None and changes:
            self._apply(row, completion)
        if row is not None and completion.attempt is not None:
            self._keep(node_id, completion.lease, completion.attempt)
        return changes

    def give_back(self, node_id: str, lease: Lease) -> bool:
        """Return a claimed request to the queue."""
        row = self._held(node_id, lease, Status.CLAIMED)
        if row is None:
            return False
        row.move(Status.PENDING, self.now())
        row.node_id, row.lease_until = "", None
        return True

    def prolong(self, node_id: str, lease_seconds: int, lease: Lease) -> bool:
        """Extend a lease that is still held."""
        row = self._held(node_id, lease, Status.CLAIMED, Status.SENDING)
        if row is None:
            return False
        row.lease_until = self.now() + lease_seconds
        return True

    def rescue(self, most_rescues: int) -> Iterator[tuple[int, Status]]:
        """Take back what dead nodes hold, and end what nobody took in time."""
        now = self.now()
        lost = [row for row in self._rows.values() if row.lease_until is not None and row.lease_until < now]
        for row in sorted(lost, key=lambda row: row.lease_until or 0)[:_RESCUES_AT_ONCE]:
            self._take_back(row, most_rescues)
            yield row.request_id, row.status
        for row in list(self._rows.values()):
            if self._too_old(row):
                yield row.request_id, row.status

    def _earlier(self, submission: Submission) -> RequestRow | None:
        if not submission.business_key:
            return None
        key = (submission.org_code, submission.interface_code, submission.business_key)
        earlier = self._business.get(key)
        if earlier is not None and earlier.input_data != submission.input_data:
            refusal = RequestRefused(f"业务键已用于内容不同的请求 {earlier.request_id}：请更换业务键")
            refusal.code = _KEY_REUSED
            raise refusal
        return earlier

    def _new_row(self, submission: Submission, interface: Interface, key: str | None) -> RequestRow:
        now = self.now()
        row = RequestRow(
            request_id=next(self._ids),
            interface_code=submission.interface_code,
            input_data=submission.input_data,
            money_class=interface.money_class,
            queue_rank=int(now * 1000) + submission.priority * _PRIORITY_MS,
            order_key=key,
            created_at=now,
            updated_at=now,
            expires_at=now + submission.timeout,
            max_retry_count=submission.retry_count,
            org_code=submission.org_code,
            business_key=submission.business_key,
            insuplc_admdvs=submission.insuplc_admdvs,
            opter=submission.opter,
            opter_name=submission.opter_name,
            opter_type=submission.opter_type,
        )
        self._rows[row.request_id] = row
        if row.business_key:
            self._business[row.org_code, row.interface_code, row.business_key] = row
        return row

    def _choose(self, claim: Claim) -> list[RequestRow]:
        pending = [row for row in self._rows.values() if row.status is Status.PENDING]
        blocked = {row.order_key for row in self._rows.values() if row.status.live}
        heads: dict[str, int] = {}
        for row in pending:
            if row.order_key is not None:
                heads.setdefault(row.order_key, row.request_id)
        ready = [row for row in pending if self._ready(row, claim) and _is_free(row, blocked, heads)]
        return sorted(ready, key=lambda row: (row.queue_rank, row.request_id))[: claim.capacity]

    def _ready(self, row: RequestRow, claim: Claim) -> bool:
        if row.available_at is not None and row.available_at <= self.now():
            row.available_at = None
        return row.available_at is None and row.queue_rank >= claim.floor_rank

    def _lease_one(self, claim: Claim, row: RequestRow, msgid_number: int) -> ClaimedRequest:
        now = self.now()
        row.move(Status.CLAIMED, now)
        row.epoch += 1
        row.node_id = claim.node_id
        row.lease_until = now + claim.lease_seconds
        return row.claimed(msgid_number, now)

    def _held(self, node_id: str, lease: Lease, *statuses: Status) -> RequestRow | None:
        row = self._rows.get(lease.request_id)
        if row is None or not row.holds(lease) or row.node_id != node_id or row.status not in statuses:
            return None
        return row

    def _may_send(self, node_id: str, intent: Intent) -> bool:
        entry = self._journal.get(intent.msgid)
        mine = entry is not None and entry.request_id == intent.lease.request_id and entry.answer is None
        return mine and self._held(node_id, intent.lease, Status.SENDING) is not None

    def _apply(self, row: RequestRow, completion: Completion) -> None:
        attempt = completion.attempt
        if attempt is not None:
            row.tries += 1
            row.sends += int(row.status is Status.CLAIMED) - int(attempt.outcome.proves_not_executed)
        row.move(completion.status, self.now())
        row.lease_until = None
        row.explain(completion.error_code, completion.error_message)
        if completion.status is Status.PENDING and completion.delay_ms > 0:
            row.available_at = self.now() + completion.delay_ms / 1000
        answered = attempt is not None and attempt.response_data is not None
        if completion.status is Status.COMPLETED or (completion.status is Status.ERROR and answered):
            row.response = attempt

    def _keep(self, node_id: str, lease: Lease, attempt: Attempt) -> None:
        entry = self._journal.setdefault(
            attempt.msgid, _entry(lease, node_id, attempt.msgid, attempt.body_hash)
        )
        if entry.request_id == lease.request_id:
            entry.take(attempt)

    def _take_back(self, row: RequestRow, most_rescues: int) -> None:
        row.rescues += 1
        # a query or an upload may have been sent without an intent: its node can no longer say that it was not
        row.sends += int(row.status is Status.CLAIMED and row.money_class.resendable)
        row.lease_until = None
        if row.status is Status.SENDING and not row.money_class.resendable:
            row.move(Status.UNCERTAIN, self.now())
            row.explain(_UNCERTAIN, "处理节点中断，结果不确定")
        elif row.rescues >= most_rescues:
            row.move(Status.ERROR, self.now())
            row.explain(_FAILED, "处理节点多次中断，已停止重试")
        else:
            row.move(Status.PENDING, self.now())
            row.explain(None, None)

    def _too_old(self, row: RequestRow) -> bool:
        return row.expires_at <= self.now() and self._time_out(row)

    def _time_out(self, row: RequestRow) -> bool:
        if not row.unsent:
            return False
        row.move(Status.TIMEOUT, self.now())
        row.explain(_TIMED_OUT, _TIMED_OUT_ZH)
        return True


class MemoryStore:
    """Implements ``Store`` on a ``MemoryDatabase``.

    Args:
        database: shared with other stores.
    """

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._interrupted = False

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        """Lease requests to the node; see ``Store``."""
        until = time.monotonic() + claim.wait_ms / 1000
        with self._database.changed:
            self._interrupted = False
            while not (requests := self._database.lease(claim)):
                left = until - time.monotonic()
                if left <= 0 or self._interrupted:
                    return []
                self._database.changed.wait(min(left, claim.step_ms / 1000))
            return requests

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        """Commit intents; see ``Store``."""
        with self._database.changed:
            return self._database.intend(node_id, lease_seconds, intents)

    def finish(self, node_id: str, completions: Sequence[Completion]) -> set[int]:
        """Record completions; see ``Store``."""
        with self._database.changed:
            changed = [item for item in completions if self._database.record(node_id, item)]
            self._database.changed.notify_all()
            return {item.lease.request_id for item in changed}

    def release(self, node_id: str, leases: Sequence[Lease]) -> int:
        """Give back requests; see ``Store``."""
        with self._database.changed:
            released = sum(self._database.give_back(node_id, lease) for lease in leases)
            self._database.changed.notify_all()
            return released

    def renew(self, node_id: str, lease_seconds: int, leases: Sequence[Lease]) -> set[int]:
        """Extend leases; see ``Store``."""
        with self._database.changed:
            return {
                lease.request_id for lease in leases if self._database.prolong(node_id, lease_seconds, lease)
            }

    def rescue(self, most_rescues: int) -> list[tuple[int, Status]]:
        """Take back what dead nodes hold; see ``Store``."""
        with self._database.changed:
            rescued = list(self._database.rescue(most_rescues))
            self._database.changed.notify_all()
            return rescued

    def heartbeat(self, beat: Heartbeat) -> int:
        """Say that the node lives; see ``Store``."""
        with self._database.changed:
            self._database.heartbeats[beat.node_id] = beat
            return int(self._database.now() * 1000)

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition; see ``Store``."""
        with self._database.changed:
            self._database.conditions.pop((kind, subject), None)
            if message:
                self._database.conditions[kind, subject] = message

    def interrupt(self) -> None:
        """End the wait another thread is in."""
        with self._database.changed:
            self._interrupted = True
            self._database.changed.notify_all()

    def stop(self) -> None:
        """Nothing to do: memory is never lost."""

    def close(self) -> None:
        """Nothing to do: there is no connection to give back."""


def _entry(lease: Lease, node_id: str, msgid: str, body_hash: str) -> JournalEntry:
    return JournalEntry(lease.request_id, lease.epoch, msgid, node_id, body_hash)


def _is_free(row: RequestRow, blocked: set[str | None], heads: dict[str, int]) -> bool:
    """Tell whether a row is the head of its key, and nothing of that key is under way."""
    if row.order_key is None:
        return True
    return row.order_key not in blocked and heads[row.order_key] == row.request_id
