"""The store without a database: the same guards in memory, for tests and for trying things out.

``MemoryDatabase`` plays the database, with HIS's verbs as methods; each ``connect()`` gives a ``MemoryStore`` for one
thread, as a connection would be. The contract tests run on this and on the real databases alike.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from mi_bridge.domain.interface import Interface
from mi_bridge.domain.part import DividedRequest, JoinedAnswer, Part
from mi_bridge.domain.request import ClaimedRequest, Completion, Heartbeat, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepResult, UncertainRequest
from mi_bridge.errors import RequestRefused, UnknownInterface
from mi_bridge.store.memory_parts import MemoryParts
from mi_bridge.store.memory_rescue import MemoryRescue
from mi_bridge.store.memory_resolution import MemoryResolution
from mi_bridge.store.memory_rows import JournalEntry, MemoryResult, RequestRow, result_of
from mi_bridge.store.memory_sending import MemorySending
from mi_bridge.store.memory_submit import Submission, order_key
from mi_bridge.store.memory_tables import FAILED, MemoryTables
from mi_bridge.store.port import Claim, RescuePatience

_PRIORITY_MS = 60_000
_KEY_REUSED = -1008


class MemoryDatabase:
    """Requests, attempts and answers, shared by any number of stores and threads.

    Args:
        interfaces: what HIS may call.
        clock: seconds since 1970; leases, backoffs and expiry are counted on it.
    """

    def __init__(self, interfaces: Iterable[Interface], clock: Callable[[], float] = time.time) -> None:
        self.tables = MemoryTables(interfaces, clock)
        self.sending = MemorySending(self.tables)
        self.parts = MemoryParts(self.tables)
        self.resolution = MemoryResolution(self.tables)
        self.nodes = MemoryRescue(self.tables)
        self.changed = threading.Condition()
        self.conditions: dict[tuple[str, str], str] = {}

    @property
    def heartbeats(self) -> dict[str, Heartbeat]:
        """What each node said of itself last."""
        return self.tables.heartbeats

    def connect(self, attend: str = "") -> MemoryStore:
        """Return a store for one thread; with a node's name it keeps that node alive until it is closed."""
        return MemoryStore(self, attend)

    def now(self) -> float:
        """Return the database's clock, in seconds since 1970."""
        return self.tables.now()

    def submit(self, submission: Submission) -> int:
        """Queue a request as ``sp_medical_insurance_call`` does; return its number.

        Raises:
            MalformedInput: a parameter or the input cannot be taken.
            UnknownInterface: no such interface, or it is switched off.
            RequestRefused: the business key was used for other content.
        """
        interface = self.tables.interfaces.get(submission.interface_code)
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
            row = self._row(request_id)
            if row.unsent:
                row.move(Status.CANCELLED, self.now())
                row.explain(FAILED, "请求已取消，未发送")
            if row.status is Status.DIVIDED:
                return self.parts.take_back(request_id)
            return row.status is Status.CANCELLED

    def expire(self, request_id: int) -> bool:
        """End a request nobody claimed and nobody sent; tell whether it was this call that did."""
        with self.changed:
            return self.tables.time_out(self._row(request_id))

    def result(self, request_id: int) -> MemoryResult:
        """Return a request as HIS reads it."""
        with self.changed:
            row = self._row(request_id)
            return result_of(row, in_doubt=self.parts.in_doubt(row))

    def row(self, request_id: int) -> RequestRow:
        """Return a copy of a request's row."""
        with self.changed:
            return dataclasses.replace(self._row(request_id))

    def attempts(self, request_id: int) -> list[JournalEntry]:
        """Return copies of a request's attempts, oldest first."""
        with self.changed:
            return [dataclasses.replace(entry) for entry in self.tables.attempts_of(request_id)]

    def resolve(self, request_id: int, decision: str, operator: str, reason: str, setl_id: str = "") -> int:
        """Let a named person decide on a MANUAL request, as ``sp_medical_insurance_resolve`` does.

        Args:
            request_id: the request.
            decision: EFFECTIVE, NOT_EFFECTIVE or RETRY.
            operator: who decides.
            reason: on what grounds.
            setl_id: the insurer's number of the settlement, where one took effect.

        Returns:
            0, or a code of the HIS contract: nothing was decided.
        """
        with self.changed:
            return self.resolution.decide(request_id, decision, operator, reason, setl_id)

    def sync_msgid_step(self, step: int) -> int:
        """Have message numbers a step apart from now on; return 1 when that is news, else 0."""
        with self.changed:
            changed = step != self.tables.msgid_step
            self.tables.msgid_step = step
            return int(changed)

    def take_msgids(self, count: int) -> int:
        """Return the first of so many message numbers, never given twice and never going back."""
        with self.changed:
            return self.tables.take_msgids(count)

    def _row(self, request_id: int) -> RequestRow:
        return self.tables.rows[request_id]

    def _earlier(self, submission: Submission) -> RequestRow | None:
        if not submission.business_key:
            return None
        key = (submission.org_code, submission.interface_code, submission.business_key)
        earlier = self.tables.business.get(key)
        if earlier is not None and earlier.input_data != submission.input_data:
            refusal = RequestRefused(f"业务键已用于内容不同的请求 {earlier.request_id}：请更换业务键")
            refusal.code = _KEY_REUSED
            raise refusal
        return earlier

    def _new_row(self, submission: Submission, interface: Interface, key: str | None) -> RequestRow:
        now = self.now()
        row = RequestRow(
            request_id=next(self.tables.ids),
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
        self.tables.rows[row.request_id] = row
        if row.business_key:
            self.tables.business[row.org_code, row.interface_code, row.business_key] = row
        return row


class MemoryStore:
    """Implements ``Store`` on a ``MemoryDatabase``.

    Args:
        database: shared with other stores.
        attend: the node that lives as long as this store does; empty for none.
    """

    def __init__(self, database: MemoryDatabase, attend: str = "") -> None:
        self._database = database
        self._attend = attend
        self._interrupted = False
        if attend:
            with database.changed:
                database.nodes.attend(attend)

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        """Lease requests to the node; see ``Store``."""
        until = time.monotonic() + claim.wait_ms / 1000
        with self._database.changed:
            self._interrupted = False
            while not (requests := self._database.sending.lease(claim)):
                left = until - time.monotonic()
                if left <= 0 or self._interrupted:
                    return []
                self._database.changed.wait(min(left, claim.step_ms / 1000))
            return requests

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        """Commit intents; see ``Store``."""
        with self._database.changed:
            return self._database.sending.intend(node_id, lease_seconds, intents)

    def finish(self, node_id: str, completions: Sequence[Completion]) -> set[int]:
        """Record completions; see ``Store``."""
        with self._database.changed:
            changed = [item for item in completions if self._database.sending.record(node_id, item)]
            self._database.changed.notify_all()
            numbers = {item.lease.request_id for item in changed}
            return numbers | {whole for one in numbers if (whole := self._database.sending.joinable(one))}

    def divide(
        self, node_id: str, lease: Lease, parts: Sequence[Part], check_report: str | None = None
    ) -> int:
        """Make the parts of a claimed request; see ``Store``."""
        with self._database.changed:
            made = self._database.parts.divide(node_id, lease, parts, check_report)
            self._database.changed.notify_all()
            return made

    def divided(self, request_id: int) -> DividedRequest | None:
        """Return a divided request whose last part has ended; see ``Store``."""
        with self._database.changed:
            return self._database.parts.divided(request_id)

    def join(self, lease: Lease, answer: JoinedAnswer) -> bool:
        """End a divided request; see ``Store``."""
        with self._database.changed:
            joined = self._database.parts.join(lease, answer)
            self._database.changed.notify_all()
            return joined

    def release(self, node_id: str, leases: Sequence[Lease]) -> int:
        """Give back requests; see ``Store``."""
        with self._database.changed:
            released = sum(self._database.sending.give_back(node_id, lease) for lease in leases)
            self._database.changed.notify_all()
            return released

    def renew(self, node_id: str, lease_seconds: int, leases: Sequence[Lease]) -> set[int]:
        """Extend leases; see ``Store``."""
        with self._database.changed:
            prolong = self._database.sending.prolong
            return {lease.request_id for lease in leases if prolong(node_id, lease_seconds, lease)}

    def rescue(self, node_id: str, patience: RescuePatience) -> list[tuple[int, Status]]:
        """Take back what dead nodes hold; see ``Store``."""
        with self._database.changed:
            rescued = list(self._database.nodes.rescue(node_id, patience))
            self._database.changed.notify_all()
            return rescued

    def claim_uncertain(self, node_id: str, capacity: int, lease_seconds: int) -> list[UncertainRequest]:
        """Lease uncertain requests whose resolution is due; see ``Store``."""
        with self._database.changed:
            return self._database.resolution.lease(node_id, capacity, lease_seconds)

    def begin_step(self, node_id: str, intents: Sequence[StepIntent]) -> set[int]:
        """Commit the intents of inquiries and reversals; see ``Store``."""
        with self._database.changed:
            return self._database.resolution.intend(node_id, intents)

    def finish_step(self, node_id: str, results: Sequence[StepResult]) -> set[int]:
        """Record what steps proved; see ``Store``."""
        with self._database.changed:
            changed = self._database.resolution.record(node_id, results)
            self._database.changed.notify_all()
            return changed

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        """Take or keep a job's term; see ``Store``."""
        with self._database.changed:
            return self._database.nodes.lead(job, node_id, seconds)

    def housekeep(self) -> int:
        """Forget what nobody needs any more; see ``Store``."""
        with self._database.changed:
            return self._database.nodes.housekeep()

    def heartbeat(self, beat: Heartbeat) -> int:
        """Say that the node lives; see ``Store``."""
        with self._database.changed:
            self._database.nodes.beat(beat)
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
        """Attend the node no longer."""
        attended, self._attend = self._attend, ""
        if attended:
            with self._database.changed:
                self._database.nodes.leave(attended)
