"""What every client over a wire is: open until it is closed, and silent about no fault on the way."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import NotSent, TransportError
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.transport import Wire


class WireClient:
    """A client that sends over a wire; an asynchronous context manager.

    Args:
        wire: how its messages travel.
        owned: whether the wire's transport is this client's to close.
    """

    def __init__(self, wire: Wire, *, owned: bool) -> None:
        self._wire = wire
        self._owned = owned

    async def aclose(self) -> None:
        """Close the connections, unless the transport came from outside."""
        if self._owned:
            await self._wire.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def unanswered(fault: TransportError, started: float, *, platform: str = "医保平台") -> Answer:
    """Return what a fault on the way proves.

    Args:
        fault: what happened.
        started: value of `time.monotonic` before the send.
        platform: the receiver's name, as HIS reads it.
    """
    unsent = isinstance(fault, NotSent)
    text = f"报文没有送达{platform}" if unsent else "报文已发出，但没有得到完整的应答，结果未知"
    return Answer(
        Outcome.NOT_SENT if unsent else Outcome.UNKNOWN,
        err_msg=f"{text}（{fault}）。",
        fault=fault.fault,
        duration_ms=round((time.monotonic() - started) * 1000),
    )
