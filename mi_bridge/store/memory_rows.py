"""What the in-memory database keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import Attempt, ClaimedRequest, Lease
from mi_bridge.domain.status import Status, may_pass


@dataclass(slots=True)
class RequestRow:
    """One row of ``medical_insurance_requests``; times are seconds on the database's clock.

    Args:
        queue_rank: place in the queue, in milliseconds.
        order_key: requests of one key run one at a time; None where order does not matter.
        sends: sends that may have reached the insurer.
        tries: sends recorded so far.
        response: the answer HIS reads, once there is one.
        quiet_until: from then on the absence of an original is believed.
        resolve_at: when the next step of its resolution is due.
        resolve_epoch: fences the resolvers' writes.
        resolve_tries: reversals that may have arrived.
        parent_id: the request this is a part of, 0 for none.
        part: which part it is.
    """

    request_id: int
    interface_code: str
    input_data: str = field(repr=False)
    money_class: MoneyClass
    queue_rank: int
    order_key: str | None = field(repr=False)
    created_at: float
    updated_at: float
    expires_at: float
    max_retry_count: int
    org_code: str = ""
    business_key: str = field(default="", repr=False)
    insuplc_admdvs: str = ""
    opter: str = field(default="", repr=False)
    opter_name: str = field(default="", repr=False)
    opter_type: str = ""
    status: Status = Status.PENDING
    available_at: float | None = None
    epoch: int = 0
    sends: int = 0
    tries: int = 0
    rescues: int = 0
    node_id: str = ""
    lease_until: float | None = None
    error_code: int | None = None
    error_message: str | None = field(default=None, repr=False)
    check_report: str | None = field(default=None, repr=False)
    response: Attempt | None = field(default=None, repr=False)
    quiet_until: float = 0.0
    resolve_at: float = 0.0
    resolve_epoch: int = 0
    resolve_tries: int = 0
    parent_id: int = 0
    part: Part | None = None

    @property
    def unsent(self) -> bool:
        """Whether it waits and surely never reached the insurer: only then HIS may take it back."""
        return self.status is Status.PENDING and self.sends == 0

    @property
    def succeeded(self) -> bool:
        """Whether the platform said yes."""
        fine = self.response is not None and self.response.outcome is Outcome.OK
        return self.status is Status.COMPLETED and fine

    def holds(self, lease: Lease) -> bool:
        """Whether a lease is of this row's present epoch."""
        return self.epoch == lease.epoch

    def move(self, target: Status, now: float) -> None:
        """Change the status.

        Raises:
            ValueError: no such way exists; a fault in the double itself.
        """
        if not may_pass(self.status, target):
            raise ValueError(f"Request {self.request_id} may not go from {self.status} to {target}.")
        self.status = target
        self.updated_at = now

    def explain(self, code: int | None, message: str | None) -> None:
        """Set what HIS reads about a failure."""
        self.error_code = code
        self.error_message = message[:500] if message else message

    def claimed(self, msgid_number: int, now: float) -> ClaimedRequest:
        """Return the row as its new holder sees it."""
        return ClaimedRequest(
            lease=Lease(self.request_id, self.epoch),
            interface_code=self.interface_code,
            input_data=self.input_data,
            money_class=self.money_class,
            max_retry_count=self.max_retry_count,
            tries=self.tries,
            sends=self.sends,
            org_code=self.org_code,
            insuplc_admdvs=self.insuplc_admdvs,
            opter=self.opter,
            opter_name=self.opter_name,
            opter_type=self.opter_type,
            msgid_number=msgid_number,
            queue_rank=self.queue_rank,
            queued_ms=int((now - self.created_at) * 1000),
        )


@dataclass(slots=True)
class JournalEntry:
    """One row of ``medical_insurance_attempts``.

    Args:
        created_at: when it was written, in seconds on the database's clock.
        kind: original, inquiry or reversal.
        answer: what the send came to, None while it is on its way.
    """

    request_id: int
    epoch: int
    msgid: str
    node_id: str
    body_hash: str
    created_at: float
    kind: str = "original"
    answer: Attempt | None = None

    def take(self, answer: Attempt) -> None:
        """Record an answer; a yes or no of the platform outweighs an earlier not knowing."""
        if self.answer is None or (answer.outcome.definitive and not self.answer.outcome.definitive):
            self.answer = answer


@dataclass(frozen=True, slots=True)
class MemoryResult:
    """One line of ``v_medical_insurance_result``, in the view's words.

    Args:
        status: PENDING, PROCESSING, COMPLETED, ERROR, TIMEOUT, CANCELLED or REVERSED.
        result_status: SUCCESS, BUSINESS_ERROR, SYSTEM_ERROR, PROCESSING, TIMEOUT, CANCELLED, REVERSED or UNCERTAIN.
        attempts: sends recorded so far.
    """

    request_id: int
    interface_code: str
    status: str
    result_status: str
    attempts: int
    response_data: str | None = field(default=None, repr=False)
    infcode: str | None = None
    err_msg: str | None = field(default=None, repr=False)
    error_code: int | None = None


def result_of(row: RequestRow, *, in_doubt: bool = False) -> MemoryResult:
    """Return a row as HIS reads it.

    Args:
        row: of a request.
        in_doubt: whether the outcome of one of its parts is not known.
    """
    response = row.response
    return MemoryResult(
        request_id=row.request_id,
        interface_code=row.interface_code,
        status=_public_status(row.status),
        result_status=_result_status(row, in_doubt=in_doubt),
        attempts=row.tries,
        response_data=response.response_data if response else None,
        infcode=response.infcode if response else None,
        err_msg=response.err_msg if response else row.error_message,
        error_code=row.error_code,
    )


def _public_status(status: Status) -> str:
    return "PROCESSING" if status.live else status.value


def _result_status(row: RequestRow, *, in_doubt: bool) -> str:
    if row.status is Status.COMPLETED:
        return "SUCCESS" if row.succeeded else "BUSINESS_ERROR"
    if row.status is Status.ERROR:
        return "SYSTEM_ERROR"
    if row.status.terminal:
        return row.status.value
    if in_doubt or row.status in (Status.UNCERTAIN, Status.REVERSING, Status.MANUAL):
        return "UNCERTAIN"
    return "PROCESSING"
