"""The bridge's sign-ins as the SDK's client uses them: every message with its number, every refused number noticed.

Whoever sends through such a client (requests, inquiries and reversals, the daily jobs and their files) needs to know nothing of
sign-ins but this: an answer NOT_SIGNED_IN was not executed and may be sent again, as a new message.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import SignInUnavailable, StoreError
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall, Sender
from mi_bridge.insurer.sign_in import SIGN_IN, SIGN_OUT, input_field, number_in
from mi_bridge.traffic.sign_in import SignIns

_log: Any = structlog.get_logger()


class SignInSession:
    """Implements the SDK's ``Session``.

    Args:
        sign_ins: knows the numbers.
        org_code: the organisation where a call does not say.
    """

    def __init__(self, sign_ins: SignIns, *, org_code: str) -> None:
        self._sign_ins = sign_ins
        self._org_code = org_code

    def signed(self, call: Call) -> Call:
        """Return a call with the number at hand for it; see ``Session``."""
        if call.sign_no or not self._sign_ins.needed:
            return call
        sender = Sender(call.org_code or self._org_code, call.opter)
        ticket = self._sign_ins.at_hand(sender, call.infno)
        return replace(call, sign_no=ticket.sign_no, sign_epoch=ticket.epoch) if ticket.epoch else call

    async def ready(self, infno: str, sender: Sender) -> None:
        """Have the number at hand that a message needs; where none is to be had the platform will say what it thinks of it."""
        whole = replace(sender, org_code=sender.org_code or self._org_code)
        try:
            await self._sign_ins.ready(whole, infno)
        except (SignInUnavailable, StoreError) as fault:
            _log.warning("sending without a sign-in", infno=infno, error=fault.message)

    async def heed(self, prepared: PreparedCall, answer: Answer) -> Answer:
        """Return an answer as what it means for the sign-in; see ``Session``."""
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
            if prepared.infno == SIGN_OUT:
                await self._sign_ins.ended(operator, input_field(prepared.body, "sign_no"))
            elif number := number_in(answer.output):
                await self._sign_ins.take_over(operator, number)
        except StoreError as fault:
            # the next refusal finds it out
            _log.warning("sign-in of HIS not taken note of", infno=prepared.infno, error=fault.message)
