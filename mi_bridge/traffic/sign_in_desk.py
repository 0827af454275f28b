"""Sends 9001 and 9002, and says what came of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import RequestRefused
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, Sender
from mi_bridge.insurer.fields import BY_NAME
from mi_bridge.insurer.msgid import number_msgid
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.sign_in import SIGN_IN, SIGN_OUT, number_in, sign_in_input, sign_out_input
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.insurer_port import UNREACHABLE, Insurer

_UNSENT_RETRY_S = 1.0
_LOST_RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Signed:
    """What came of a 9001.

    Args:
        sign_no: the number; empty when there is none.
        fault: why there is none, in Chinese.
        retry_s: when to try again, in seconds.
        alarming: whether people should know; a platform that cannot be reached is the breaker's matter.
    """

    sign_no: str = field(default="", repr=False)
    fault: str = ""
    retry_s: float = 0.0
    alarming: bool = False


class SignInDesk:
    """Signs operators in and out at one site.

    Args:
        insurer: the SDK's client itself: a sign-in needs none.
        profile: the site's way of doing it.
        breaker: learns from what could not be sent; None where nobody minds.
        password: the operators', where the site asks for one.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        insurer: Insurer,
        profile: Profile,
        *,
        breaker: Breaker | None = None,
        password: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._insurer = insurer
        self._profile = profile
        self._breaker = breaker
        self._password = password
        self._clock = clock

    def adopt(self, profile: Profile) -> None:
        """Do it from now on as another profile has it."""
        self._profile = profile

    async def sign_in(self, sender: Sender, msgid_number: int, *, not_after: float) -> Signed:
        """Send 9001 once.

        Args:
            sender: who signs in.
            msgid_number: from the database.
            not_after: ``time.monotonic()`` past which its first byte must not leave.
        """
        source = sign_in_input(self._profile, sender, self._clock(), password=self._password)
        try:
            answer = await self._send(SIGN_IN, source, sender, msgid_number, not_after)
        except RequestRefused as refused:
            return Signed(
                fault=f"无法组成签到报文（{refused.message}）",
                retry_s=self._profile.sign_in.pause_s,
                alarming=True,
            )
        return self._read(answer)

    async def sign_out(self, sender: Sender, sign_no: str, msgid_number: int, *, not_after: float) -> Answer:
        """Send 9002 once.

        Args:
            sender: who signs out.
            sign_no: the number to end.
            msgid_number: from the database.
            not_after: ``time.monotonic()`` past which its first byte must not leave.

        Raises:
            RequestRefused: the message cannot be made; nothing was sent.
        """
        source = sign_out_input(
            self._profile, sender, self._clock(), sign_no=sign_no, password=self._password
        )
        return await self._send(SIGN_OUT, source, sender, msgid_number, not_after, sign_no)

    async def _send(
        self,
        infno: str,
        source: dict[str, str],
        sender: Sender,
        msgid_number: int,
        not_after: float,
        sign_no: str = "",
    ) -> Answer:
        call = Call(
            infno,
            source,
            msgid=number_msgid(sender.org_code, msgid_number, self._profile.msgid),
            org_code=sender.org_code,
            opter=sender.opter,
            opter_name=sender.opter_name,
            opter_type=sender.opter_type,
            sign_no=sign_no,
        )
        prepare = self._insurer.prepare
        prepared = await asyncio.to_thread(prepare, call) if self._insurer.blocking else prepare(call)
        answer = await self._insurer.send(
            prepared, timeout_s=self._profile.sign_in.timeout_s, not_after=not_after
        )
        if self._breaker and (answer.outcome is not Outcome.NOT_SENT or answer.fault in UNREACHABLE):
            self._breaker.record(answer.outcome)
        return answer

    def _read(self, answer: Answer) -> Signed:
        number = number_in(answer.output) if answer.infcode == "0" else ""
        if number and len(number) <= BY_NAME["sign_no"].max_length:
            return Signed(number)
        if answer.outcome is Outcome.NOT_SENT:
            return Signed(fault="未能连接医保平台，没有签到", retry_s=_UNSENT_RETRY_S)
        if answer.outcome is Outcome.REFUSED:
            return Signed(fault=answer.err_msg[:400], retry_s=self._profile.sign_in.pause_s, alarming=True)
        if answer.infcode == "0":
            return Signed(
                fault="医保平台的签到应答中没有可用的签到编号",
                retry_s=self._profile.sign_in.pause_s,
                alarming=True,
            )
        return Signed(
            fault=f"签到没有得到有效应答（{answer.outcome.value}）", retry_s=_LOST_RETRY_S, alarming=True
        )
