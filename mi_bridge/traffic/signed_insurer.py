"""The insurer as signed-in operators see it: every message with its number, every refused number noticed.

Whoever sends through it (requests, inquiries and reversals, the daily jobs) needs to know nothing of sign-ins but this: an answer
NOT_SIGNED_IN was not executed and may be sent again, as a new message.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import SignInUnavailable, StoreError
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall, Sender
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.sign_in import SIGN_IN, SIGN_OUT, input_field, number_in
from mi_bridge.traffic.insurer_port import Insurer
from mi_bridge.traffic.sign_in import SignIns

_log: Any = structlog.get_logger()


class SignedInsurer:
    """Implements ``Insurer`` on another one.

    Args:
        insurer: sends.
        sign_ins: knows the numbers.
        profile: names the operator where a call does not.
        org_code: the organisation where a call does not say.
    """

    def __init__(self, insurer: Insurer, sign_ins: SignIns, profile: Profile, *, org_code: str) -> None:
        self._insurer = insurer
        self._sign_ins = sign_ins
        self._profile = profile
        self._org_code = org_code

    @property
    def blocking(self) -> bool:
        """Whether making a message waits for a device."""
        return self._insurer.blocking

    def sender(
        self, org_code: str = "", opter: str = "", opter_name: str = "", opter_type: str = ""
    ) -> Sender:
        """Return who a message is from that says so much."""
        return Sender(
            org_code or self._org_code, opter or self._profile.operator.code, opter_name, opter_type
        )

    async def ready(self, infno: str, sender: Sender | None = None) -> None:
        """Have the number at hand that a message needs; where none is to be had the platform will say what it thinks of it.

        Args:
            infno: the transaction.
            sender: whose message; the site's own operator when None.
        """
        try:
            await self._sign_ins.ready(sender or self.sender(), infno)
        except (SignInUnavailable, StoreError) as fault:
            _log.warning("sending without a sign-in", infno=infno, error=fault.message)

    def prepare(self, call: Call) -> PreparedCall:
        """Make a message's bytes, with the number at hand; one that the call brings is left as it is.

        Raises:
            RequestRefused: the message cannot be made.
        """
        if call.sign_no:
            return self._insurer.prepare(call)
        ticket = self._sign_ins.at_hand(self.sender(call.org_code, call.opter), call.infno)
        if not ticket.epoch:
            return self._insurer.prepare(call)
        return self._insurer.prepare(replace(call, sign_no=ticket.sign_no, sign_epoch=ticket.epoch))

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        """Send a message once. A definite refusal that asks for a sign-in becomes NOT_SIGNED_IN where a newer one was had."""
        answer = await self._insurer.send(prepared, timeout_s=timeout_s, not_after=not_after)
        sender = prepared.sender
        if sender is None or not self._sign_ins.needed:
            return answer
        if answer.outcome is Outcome.REFUSED and self._sign_ins.asks(prepared.infno, answer.err_msg):
            again = await self._sign_ins.renewed(sender)
            return replace(answer, outcome=Outcome.NOT_SIGNED_IN, fault="not_signed_in") if again else answer
        if answer.outcome is Outcome.OK:
            self._sign_ins.worked(sender)
            await self._overhear(prepared, sender, answer)
        return answer

    async def _overhear(self, prepared: PreparedCall, sender: Sender, answer: Answer) -> None:
        """Take note of HIS's own 9001 and 9002."""
        if prepared.infno not in (SIGN_IN, SIGN_OUT):
            return
        operator = replace(sender, opter=input_field(prepared.body, "opter_no") or sender.opter)
        try:
            if prepared.infno == SIGN_IN:
                await self._adopt(operator, number_in(answer.output))
            else:
                await self._sign_ins.ended(operator, input_field(prepared.body, "sign_no"))
        except StoreError as fault:
            # the next refusal finds it out
            _log.warning("sign-in of HIS not taken note of", infno=prepared.infno, error=fault.message)

    async def _adopt(self, operator: Sender, sign_no: str) -> None:
        if sign_no:
            await self._sign_ins.adopt(operator, sign_no)
