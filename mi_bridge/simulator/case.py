"""One message and its fate: what is done about it, and how it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from mi_bridge.simulator import connection
from mi_bridge.simulator.deviation import page, written
from mi_bridge.simulator.fault_plan import Fate
from mi_bridge.simulator.faults import Fault
from mi_bridge.simulator.platform import Arrival, Platform, Reply

JSON = "application/json; charset=utf-8"
_FILE = "application/octet-stream"
_CONTENT_TYPES: dict[Fault | None, str] = {
    Fault.HTML_BODY: "text/html; charset=utf-8",
    Fault.GBK: "application/json; charset=GBK",
}
_MAY_NOT_ACT = frozenset({Fault.ZERO_WITH_ERROR, Fault.EMPTY_BODY, Fault.HTML_BODY, Fault.HSAF_ERROR})
_NOT_EXECUTED = frozenset(
    {Fault.RESET_BEFORE, Fault.SILENCE_BEFORE, Fault.ERROR_BEFORE, Fault.UNAUTHORISED, Fault.BUSY}
)
_WITHOUT_THE_FILE = frozenset({Fault.EMPTY_BODY, Fault.HTML_BODY, Fault.HSAF_ERROR, Fault.ZERO_WITH_ERROR})

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
        late = self.fate.value("seconds") if self.fate.fault is Fault.ACT_LATE else 0.0
        return self.fate.delay_s + float(late)

    @property
    def unexecuted(self) -> bool:
        """Whether the platform never sees it."""
        return self.fate.fault in _NOT_EXECUTED

    def execute(self) -> Reply:
        """Do what the message asks, as often as its fate has it."""
        fate = self.fate
        acts = fate.fault not in _MAY_NOT_ACT or fate.value("acts")
        reply = self.platform.execute(self.arrival) if acts else self.platform.refuse(self.arrival, "")
        if fate.fault is Fault.HSAF_ERROR:
            reply = self.platform.fail()
        if fate.fault is Fault.DUPLICATE:
            second = self.platform.execute(self.arrival)
            reply = second if fate.value("answer") == "second" else reply
        self.arrival.record.answers.append(_summary(reply))
        return reply

    async def leave(self) -> web.Response:
        """Answer a message that is never executed."""
        match self.fate.fault:
            case Fault.ERROR_BEFORE:
                return self._page()
            case Fault.UNAUTHORISED:
                return self._plain(self.platform.turn_away("gateway.signature"))
            case Fault.BUSY:
                return self._plain(self.platform.busy(self.arrival))
            case Fault.SILENCE_BEFORE:
                await self.silence(self.fate.value("seconds"))
        return self._reset()

    async def answer(self, reply: Reply) -> web.StreamResponse:
        """Answer a message that was executed."""
        match self.fate.fault:
            case Fault.RESET_AFTER:
                return self._reset()
            case Fault.SILENCE_AFTER:
                await self.silence(self.fate.value("seconds"))
                return self._reset()
            case Fault.ERROR_AFTER:
                return self._page()
            case Fault.HALF_ANSWER:
                return await connection.send_half(self.request, reply.status, await self._content(reply))
            case Fault.DRIPPING:
                return await self._drip(reply)
        if reply.file is None or self.fate.fault in _WITHOUT_THE_FILE:
            return self._plain(reply)
        path = await asyncio.to_thread(reply.file.ready)
        return web.FileResponse(path, headers={"Content-Type": _FILE})

    async def _drip(self, reply: Reply) -> web.StreamResponse:
        return await connection.drip(
            self.request,
            reply.status,
            await self._content(reply),
            chunk_bytes=self.fate.value("chunk_bytes"),
            interval_s=self.fate.value("interval_ms") / 1000,
        )

    def _reset(self) -> web.Response:
        connection.reset(self.request.transport)
        return web.Response()

    def _page(self) -> web.Response:
        status = self.fate.value("status")
        return web.Response(status=status, body=page(status), content_type="text/html")

    def _plain(self, reply: Reply) -> web.Response:
        kind = _CONTENT_TYPES.get(self.fate.fault, JSON)
        return web.Response(status=reply.status, body=self._bytes(reply), headers={"Content-Type": kind})

    async def _content(self, reply: Reply) -> bytes:
        if reply.file is None:
            return self._bytes(reply)
        path = await asyncio.to_thread(reply.file.ready)
        return await asyncio.to_thread(path.read_bytes)

    def _bytes(self, reply: Reply) -> bytes:
        return written(reply, self.fate.fault, self.platform.centre.texts, self.platform.dialect.wrapped)


def _summary(reply: Reply) -> str:
    """What the ledger keeps of an answer: OK, or the words of the refusal."""
    if reply.content.get("infcode") == 0:
        return "OK"
    return str(reply.content.get("err_msg") or reply.content.get("message") or "")
