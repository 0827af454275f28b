"""A route whose answers a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import Attempt, ClaimedRequest
from mi_bridge.errors import MalformedInput
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.route import Message, Route


class PlainMessage(Message):
    """A message that is only its number."""

    msgid = ""
    body_hash = "h" * 64
    findings = None

    def __init__(self, request: ClaimedRequest) -> None:
        object.__setattr__(self, "request", request)
        object.__setattr__(self, "msgid", f"m{request.msgid_number}")

    request: ClaimedRequest


class ScriptedRoute(Route):
    """Answers as told; holds answers back while the gate is shut."""

    blocking = False

    def __init__(self) -> None:
        self.breaker = Breaker(failures=1000)
        self.outcomes: Callable[[ClaimedRequest], Outcome] = lambda _: Outcome.OK
        self.parts: Callable[[ClaimedRequest], tuple[Part, ...]] = lambda _: ()
        self.gate = asyncio.Event()
        self.gate.set()
        self.sent: list[int] = []
        self.poison: set[int] = set()
        self.refuse: set[int] = set()
        self.on_wire = asyncio.Event()

    def prepare(self, request: ClaimedRequest) -> Message:
        if request.request_id in self.poison:
            raise ZeroDivisionError("a defect of ours")
        if request.request_id in self.refuse:
            raise MalformedInput("input.data：应为对象")
        return PlainMessage(request)

    def divide(self, request: ClaimedRequest) -> tuple[Part, ...]:
        return self.parts(request)

    async def send(self, message: Message, *, not_after: float) -> Attempt:
        assert isinstance(message, PlainMessage)
        self.sent.append(message.request.request_id)
        self.on_wire.set()
        await self.gate.wait()
        outcome = self.outcomes(message.request)
        return Attempt(message.msgid, message.body_hash, outcome, infcode="0", response_data="{}")
