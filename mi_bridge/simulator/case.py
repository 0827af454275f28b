"""One message and its fate: what is done about it, and how it is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from mi_bridge.simulator import connection
from mi_bridge.simulator.deviation import page, written
from mi_bridge.simulator.fault_plan import Fate
from mi_bridge.simulator.faults import Fault, FaultRule
from mi_bridge.simulator.platform import Arrival, Platform, Reply

JSON = {"Content-Type": "application/json; charset=utf-8"}
_CONTENT_TYPES = {Fault.HTML_BODY: "text/html; charset=utf-8", Fault.GBK: "application/json; charset=GBK"}
_MAY_NOT_ACT = frozenset({Fault.ZERO_WITH_ERROR, Fault.EMPTY_BODY, Fault.HTML_BODY, Fault.HSAF_ERROR})

Silence = Callable[[float], Awaitable[None]]
"""Waits so many seconds, or until the simulator stops."""


@dataclass(frozen=True, slots=True)
class Case:
    """A message on a platform, and what is to become of it.

    Args:
        platform: which works on it; a reset does not change that.
        arrival: the message.
        request: the way back.
        fate: the delay and the fault it meets.
        silence: how to keep silent.
    """

    platform: Platform = field(repr=False)
    arrival: Arrival
    request: web.Request = field(repr=False)
    fate: Fate
    silence: Silence = field(repr=False)

    @property
    def delay_s(self) -> float:
        """How long the platform takes before it acts, in seconds."""
        rule = self.fate.rule
        late = rule.value("seconds") if rule and rule.fault is Fault.ACT_LATE else 0.0
        return self.fate.delay_s + float(late)

    def execute(self) -> Reply:
        """Do what the message asks, as often as its fate has it."""
        rule = self.fate.rule
        reply = self._execute(rule) if rule else self.platform.execute(self.arrival)
        self.arrival.record.answers.append(_summary(reply))
        return reply

    def _execute(self, rule: FaultRule) -> Reply:
        acts = rule.fault not in _MAY_NOT_ACT or rule.value("acts")
        reply = self.platform.execute(self.arrival) if acts else self.platform.refuse(self.arrival, "")
        if rule.fault is Fault.HSAF_ERROR:
            return self.platform.fail()
        if rule.fault is not Fault.DUPLICATE:
            return reply
        second = self.platform.execute(self.arrival)
        return second if rule.value("answer") == "second" else reply

    async def leave(self, rule: FaultRule) -> web.StreamResponse | None:
        """Answer a message that is never executed; None when its fault is not of that kind."""
        match rule.fault:
            case Fault.RESET_BEFORE:
                return self._reset()
            case Fault.SILENCE_BEFORE:
                return await self._silent(rule)
            case Fault.ERROR_BEFORE:
                return _page(rule)
            case Fault.UNAUTHORISED:
                return self._plain(self.platform.turn_away("gateway.signature"))
            case Fault.BUSY:
                return self._plain(self.platform.busy(self.arrival))
        return None

    async def answer(self, reply: Reply) -> web.StreamResponse:
        """Answer a message that was executed."""
        rule = self.fate.rule
        if rule is None:
            return self._plain(reply)
        match rule.fault:
            case Fault.RESET_AFTER:
                return self._reset()
            case Fault.SILENCE_AFTER:
                return await self._silent(rule)
            case Fault.ERROR_AFTER:
                return _page(rule)
            case Fault.HALF_ANSWER:
                return await connection.send_half(self.request, reply.status, self._bytes(reply))
            case Fault.DRIPPING:
                return await self._drip(reply, rule)
        return self._plain(reply)

    async def _drip(self, reply: Reply, rule: FaultRule) -> web.StreamResponse:
        return await connection.drip(
            self.request,
            reply.status,
            self._bytes(reply),
            chunk_bytes=rule.value("chunk_bytes"),
            interval_s=rule.value("interval_ms") / 1000,
        )

    async def _silent(self, rule: FaultRule) -> web.Response:
        await self.silence(rule.value("seconds"))
        return self._reset()

    def _reset(self) -> web.Response:
        connection.reset(self.request.transport)
        return web.Response()

    def _plain(self, reply: Reply) -> web.Response:
        fault = self.fate.rule.fault if self.fate.rule else Fault.LATENCY
        kind = _CONTENT_TYPES.get(fault)
        headers = {"Content-Type": kind} if kind else JSON
        return web.Response(status=reply.status, body=self._bytes(reply), headers=headers)

    def _bytes(self, reply: Reply) -> bytes:
        fault = self.fate.rule.fault if self.fate.rule else None
        return written(reply, fault, self.platform.centre.texts)


def _page(rule: FaultRule) -> web.Response:
    status = rule.value("status")
    return web.Response(status=status, body=page(status), content_type="text/html")


def _summary(reply: Reply) -> str:
    """What the ledger keeps of an answer: OK, or the words of the refusal."""
    if reply.content.get("infcode") == 0:
        return "OK"
    return str(reply.content.get("err_msg") or reply.content.get("message") or "")
