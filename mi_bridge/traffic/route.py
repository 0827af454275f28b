"""The way of a claimed request to the insurer: its organisation, its message number, its envelope, its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.check.finding import Findings
from mi_bridge.insurer.msgid import number_msgid
from mi_bridge.traffic.breaker import Breaker

UNREACHABLE = frozenset({"connect_refused", "connect_timeout", "connect_failed", "dns_failed", "tls_failed"})
"""Faults that say the insurer's door is shut. The other proofs of not being sent (our deadline, our own limit) say nothing of it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request ready to leave.

    Args:
        prepared: the exact bytes and where they go.
    """

    prepared: PreparedCall = field(repr=False)

    @property
    def msgid(self) -> str:
        """The message's own number."""
        return self.prepared.msgid

    @property
    def body_hash(self) -> str:
        """SHA-256 of the exact bytes, hexadecimal."""
        return self.prepared.body_sha256

    @property
    def findings(self) -> Findings | None:
        """What its check found doubtful."""
        return self.prepared.findings


class Insurer(Protocol):
    """The part of the SDK's client that a route needs."""

    def prepare(self, call: Call) -> PreparedCall:
        """Make a message's bytes."""
        ...

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        """Send them."""
        ...


class Route:
    """Translates between the bridge and the SDK.

    Args:
        insurer: the SDK's client.
        org_code: the organisation of requests that name none.
        breaker: learns from every attempt.
    """

    def __init__(self, insurer: Insurer, *, org_code: str, breaker: Breaker) -> None:
        self._insurer = insurer
        self._org_code = org_code
        self.breaker = breaker

    def prepare(self, request: ClaimedRequest) -> Message:
        """Make a request's message.

        Raises:
            RequestRefused: its input cannot be sent; the message tells HIS why, in Chinese.
        """
        org_code = request.org_code or self._org_code
        call = Call(
            infno=request.interface_code,
            input=request.input_data,
            msgid=number_msgid(org_code, request.msgid_number),
            org_code=org_code,
            insuplc_admdvs=request.insuplc_admdvs,
            opter=request.opter,
            opter_name=request.opter_name,
            opter_type=request.opter_type,
        )
        return Message(self._insurer.prepare(call))

    async def send(self, message: Message, *, not_after: float) -> Attempt:
        """Send a message once.

        Args:
            message: from ``prepare``.
            not_after: ``time.monotonic()`` past which its first byte must not leave.
        """
        answer = await self._insurer.send(message.prepared, not_after=not_after)
        if answer.outcome is not Outcome.NOT_SENT or answer.fault in UNREACHABLE:
            self.breaker.record(answer.outcome)
        return attempt_of(message, answer)


def attempt_of(message: Message, answer: Answer) -> Attempt:
    """Return an answer as the evidence that is kept of it."""
    return Attempt(
        msgid=message.msgid,
        body_hash=message.body_hash,
        outcome=answer.outcome,
        infcode=answer.infcode,
        err_msg=answer.err_msg,
        fault=answer.fault,
        http_status=answer.http_status,
        duration_ms=answer.duration_ms,
        inf_refmsgid=answer.inf_refmsgid or "",
        serial_no=answer.serial_no or "",
        response_data=answer.text or None,
    )
