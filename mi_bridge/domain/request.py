"""A request on its way through the bridge: leased, written down as an intent, and finished."""

from __future__ import annotations

from dataclasses import dataclass, field

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.status import Status


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one request: void as soon as the row carries another epoch.

    Args:
        request_id: the row.
        epoch: the row's epoch when it was claimed, from 1.
    """

    request_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class ClaimedRequest:
    """A request this node holds a lease on.

    Args:
        lease: the row and epoch that fence every write.
        interface_code: the transaction number (infno).
        input_data: the JSON text as HIS wrote it.
        money_class: as it was when HIS submitted it.
        max_retry_count: resends allowed where resending is allowed at all.
        tries: failed sends so far.
        sends: sends so far that may have reached the insurer.
        msgid_number: seconds since 1970 times 10,000 plus a sequence of four digits; nobody else gets it.
        queue_rank: place in the queue, in milliseconds.
        queued_ms: time from submit to claim, in milliseconds, on the database's clock.
    """

    lease: Lease
    interface_code: str
    input_data: str = field(repr=False)
    money_class: MoneyClass
    max_retry_count: int = 3
    tries: int = 0
    sends: int = 0
    org_code: str = ""
    insuplc_admdvs: str = ""
    opter: str = field(default="", repr=False)
    opter_name: str = field(default="", repr=False)
    opter_type: str = ""
    msgid_number: int = 0
    queue_rank: int = 0
    queued_ms: int = 0

    @property
    def request_id(self) -> int:
        """The row's number, as HIS knows it."""
        return self.lease.request_id


@dataclass(frozen=True, slots=True)
class Intent:
    """A message that is about to leave: on disk before its first byte.

    Args:
        lease: the row and epoch.
        msgid: the sender's message id (30 characters at most).
        body_hash: SHA-256 of the exact bytes, 64 hexadecimal digits.
    """

    lease: Lease
    msgid: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one send came to, as evidence.

    Args:
        msgid: the sender's message id.
        body_hash: SHA-256 of the bytes sent, 64 hexadecimal digits.
        outcome: what it means.
        fault: the transport's word for what failed, empty when an answer came.
        http_status: of the answer, if any.
        duration_ms: from the first byte to the last, in milliseconds.
        response_data: the answer as text, if any.
    """

    msgid: str
    body_hash: str
    outcome: Outcome
    infcode: str | None = None
    err_msg: str = field(default="", repr=False)
    fault: str = ""
    http_status: int | None = None
    duration_ms: int = 0
    inf_refmsgid: str = ""
    serial_no: str = ""
    response_data: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Completion:
    """What is to become of a request after an attempt, or without one.

    Args:
        lease: the row and epoch.
        status: COMPLETED, ERROR, PENDING (send again after the delay) or UNCERTAIN.
        attempt: the send behind it; None when nothing was tried.
        delay_ms: how long a PENDING request waits, or an UNCERTAIN one until its resolution begins.
        quiet_ms: after so long an UNCERTAIN request's message can no longer take effect.
        error_code: as HIS reads it, None where there is none.
        error_message: in Chinese, at most 500 characters.
        check_report: what the check of its message found, whole; None where it found nothing.
    """

    lease: Lease
    status: Status
    attempt: Attempt | None = None
    delay_ms: int = 0
    quiet_ms: int = 0
    error_code: int | None = None
    error_message: str | None = field(default=None, repr=False)
    check_report: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a node says of itself.

    Args:
        in_flight: requests it works on now.
        completed: requests it finished since it started.
    """

    node_id: str
    host_name: str
    process_id: int
    version: str
    status: str
    in_flight: int = 0
    completed: int = 0
