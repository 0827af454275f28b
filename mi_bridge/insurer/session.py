"""What may stand between the client and the platform's wish for signed-in operators."""

from __future__ import annotations

from typing import Protocol

from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.call import Call, PreparedCall, Sender


class Session(Protocol):
    """Gives messages their sign-in numbers, and learns from what the platform says of them."""

    def signed(self, call: Call) -> Call:
        """Return a call with the number at hand for it; as it is where it brings one or needs none."""
        ...

    async def ready(self, infno: str, sender: Sender) -> None:
        """Have the number at hand that a message of this sender needs; raises nothing."""
        ...

    async def heed(self, prepared: PreparedCall, answer: Answer) -> Answer:
        """Return an answer as what it means for the sign-in: a refusal of a number that was renewed is NOT_SIGNED_IN."""
        ...
