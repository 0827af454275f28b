"""The messages that make an uncertain request certain: inquiries and reversals, and what their answers prove."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt
from mi_bridge.domain.resolution import Proof
from mi_bridge.domain.uncertain import UncertainRequest
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.answer_text import parsed
from mi_bridge.insurer.call import Call, Sender
from mi_bridge.insurer.inquiry import Inquiry, load_inquiries
from mi_bridge.insurer.msgid import number_msgid
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.reversal import REVERSAL, Reading, field_of, read_reversal, reversal_input
from mi_bridge.traffic.insurer_port import Insurer
from mi_bridge.traffic.route import Message, attempt_of

_PROOFS = {
    Reading.DONE: Proof.UNDONE,
    Reading.ABSENT: Proof.NO_ORIGINAL,
    Reading.OTHER: Proof.OTHER,
    Reading.UNKNOWN: Proof.NOTHING,
}


class Undoing:
    """Makes and sends the messages of a resolution.

    Args:
        insurer: the SDK's client.
        profile: the site's texts and clock.
        org_code: the organisation of requests that name none.
        get_ready: is told the transaction and the sender before a message is made; None where nothing need be ready.
    """

    def __init__(
        self,
        insurer: Insurer,
        profile: Profile,
        *,
        org_code: str,
        get_ready: Callable[[str, Sender], Awaitable[None]] | None = None,
    ) -> None:
        self._insurer = insurer
        self._profile = profile
        self._org_code = org_code
        self._get_ready = get_ready
        self._timezone = ZoneInfo(profile.timezone)
        self._inquiries = load_inquiries()

    @property
    def blocking(self) -> bool:
        """Whether making a message waits for a device."""
        return self._insurer.blocking

    def adopt(self, profile: Profile) -> None:
        """Read answers from now on as another profile has it."""
        self._profile = profile

    async def ready(self, request: UncertainRequest) -> None:
        """Have at hand what the messages of a resolution need before they are made: the operator's sign-in."""
        if self._get_ready is not None:
            sender = Sender(
                request.org_code or self._org_code, request.opter, request.opter_name, request.opter_type
            )
            await self._get_ready(REVERSAL, sender)

    def inquiry(self, request: UncertainRequest) -> Message | None:
        """Return the inquiry that can decide, or None where there is none."""
        if not request.original_msgid:
            return None
        rule = self._rule(request)
        source = rule.input(_input(request), request.original_time, self._timezone) if rule else None
        if rule is None or source is None:
            return None
        return self._message(request, rule.inquiry, source, offset=0)

    def reversal(self, request: UncertainRequest) -> Message | None:
        """Return 2601 for the original, or None when the original has no number or names no patient."""
        psn_no = field_of(_input(request), "psn_no")
        if not psn_no or not request.original_msgid:
            return None
        source = reversal_input(psn_no=psn_no, msgid=request.original_msgid, infno=request.interface_code)
        return self._message(request, REVERSAL, source, offset=1)

    async def inquire(
        self, request: UncertainRequest, message: Message, *, not_after: float
    ) -> tuple[Attempt, Proof]:
        """Send an inquiry; return its evidence and what it proves."""
        answer = await self._insurer.send(message.prepared, not_after=not_after)
        return attempt_of(message, answer), self._seen(request, answer)

    async def reverse(self, message: Message, *, not_after: float) -> tuple[Attempt, Proof]:
        """Send a reversal; return its evidence and what it proves."""
        answer: Answer = await self._insurer.send(message.prepared, not_after=not_after)
        return attempt_of(message, answer), _PROOFS[read_reversal(answer, self._profile.texts)]

    def _seen(self, request: UncertainRequest, answer: Answer) -> Proof:
        rule = self._rule(request)
        if rule is None or answer.outcome is not Outcome.OK:
            return Proof.NOTHING
        return Proof.EFFECT if rule.found(_input(request), answer) else Proof.NO_EFFECT_SEEN

    def _rule(self, request: UncertainRequest) -> Inquiry | None:
        return self._inquiries.get(request.interface_code)

    def _message(
        self, request: UncertainRequest, infno: str, source: dict[str, Any], *, offset: int
    ) -> Message:
        org_code = request.org_code or self._org_code
        layout = self._profile.msgid
        call = Call(
            infno=infno,
            input=source,
            msgid=number_msgid(org_code, request.msgid_number + offset * layout.step, layout),
            org_code=org_code,
            insuplc_admdvs=request.insuplc_admdvs,
            opter=request.opter,
            opter_name=request.opter_name,
            opter_type=request.opter_type,
            checked=False,
        )
        return Message(self._insurer.prepare(call))


def _input(request: UncertainRequest) -> dict[str, Any]:
    """Return the lost request's input; empty where it cannot be read, so that nothing is recognised by it."""
    value = parsed(request.input_data)
    return value if isinstance(value, dict) else {}
