"""The way of a claimed request to the insurer: its organisation, its message number, its envelope, its answer."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import Attempt, ClaimedRequest
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall, Sender
from mi_bridge.insurer.check.finding import Findings
from mi_bridge.insurer.msgid import number_msgid
from mi_bridge.insurer.msgid_layout import MsgidLayout
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.insurer_port import UNREACHABLE, Insurer
from mi_bridge.traffic.sign_in import NO_TICKET, SignIns, Ticket


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


class Route:
    """Translates between the bridge and the SDK.

    Args:
        insurer: the SDK's client.
        org_code: the organisation of requests that name none.
        breaker: learns from every attempt.
        sign_ins: has the operators' sign-in numbers; None where the insurer asks for none.
        layout: how the site writes message numbers.
    """

    slow_codes = frozenset({"9101"})
    """Transactions whose `prepare` may read a file."""
    _sign_ins: SignIns | None = None

    def __init__(
        self,
        insurer: Insurer,
        *,
        org_code: str,
        breaker: Breaker,
        sign_ins: SignIns | None = None,
        layout: MsgidLayout = MsgidLayout.SEQUENCE,
    ) -> None:
        self._insurer = insurer
        self._org_code = org_code
        self._layout = layout
        self._sign_ins = sign_ins
        self.breaker = breaker

    @property
    def blocking(self) -> bool:
        """Whether `prepare` waits for a device; a new profile may change it."""
        return self._insurer.blocking

    def sign_in(self, request: ClaimedRequest) -> Awaitable[None] | None:
        """Return what to wait for before a request is prepared; None when nothing is missing.

        A resend asks the database anew: another node may have replaced the number this one knows.

        Raises:
            SignInUnavailable: when awaited: no number is to be had now; the request waits for one.
        """
        if self._sign_ins is None or not self._sign_ins.needed:
            return None
        sender = self._sender(request)
        if not request.tries and self._sign_ins.settled(sender, request.interface_code):
            return None
        return self._sign_ins.ready(sender, request.interface_code, fresh=request.tries > 0)

    def prepare(self, request: ClaimedRequest) -> Message:
        """Make a request's message.

        Raises:
            RequestRefused: its input cannot be sent; the message tells HIS why, in Chinese.
            ValueError: a node of another site changed the step of message numbers; nothing is sent under this one.
        """
        return Message(self._insurer.prepare(self._call(request)))

    def divide(self, request: ClaimedRequest) -> tuple[Part, ...]:
        """Return the parts of a request that is too large for one call at this site, none when it goes as it is.

        Raises:
            RequestRefused: one row, or rows that must stay together, are too large for one call.
        """
        return self._insurer.divide(self._call(request))

    def _call(self, request: ClaimedRequest) -> Call:
        org_code = request.org_code or self._org_code
        ticket = self._ticket(request)
        return Call(
            infno=request.interface_code,
            input=request.input_data,
            msgid=number_msgid(org_code, request.msgid_number, self._layout),
            org_code=org_code,
            insuplc_admdvs=request.insuplc_admdvs,
            opter=request.opter,
            opter_name=request.opter_name,
            opter_type=request.opter_type,
            # here already: a call that brings its number need not be copied to get one
            sign_no=ticket.sign_no,
            sign_epoch=ticket.epoch,
        )

    def _ticket(self, request: ClaimedRequest) -> Ticket:
        if self._sign_ins is None or not self._sign_ins.needed:
            return NO_TICKET
        return self._sign_ins.at_hand(self._sender(request), request.interface_code)

    def _sender(self, request: ClaimedRequest) -> Sender:
        return Sender(
            request.org_code or self._org_code, request.opter, request.opter_name, request.opter_type
        )

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
