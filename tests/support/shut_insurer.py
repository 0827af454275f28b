"""An insurer nobody reaches: every message is proved not to have left."""

from __future__ import annotations

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall
from mi_bridge.insurer.catalogue import Catalogue


class ShutInsurer:
    """Takes the SDK's place; remembers what it was asked to prepare and until when it might send."""

    blocking = False

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer or Answer(Outcome.NOT_SENT, fault="connect_refused")
        self.calls: list[Call] = []
        self.deadlines: list[float | None] = []

    def prepare(self, call: Call) -> PreparedCall:
        self.calls.append(call)
        return PreparedCall(
            infno=call.infno,
            msgid=call.msgid,
            url="http://127.0.0.1/",
            headers=(),
            body=b"{}",
            body_sha256="a" * 64,
            transaction=Catalogue.load().get(call.infno),
        )

    def divide(self, call: Call) -> tuple[Part, ...]:
        return ()

    async def send(
        self, prepared: PreparedCall, *, timeout_s: float | None = None, not_after: float | None = None
    ) -> Answer:
        self.deadlines.append(not_after)
        return self.answer
