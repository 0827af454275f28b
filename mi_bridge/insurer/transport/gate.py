"""The gate that a message passes immediately before its first byte."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from mi_bridge.errors import NotSent

_FIRST_BYTE = ".send_request_headers.started"


class FirstByteGate:
    """Checks the send's deadline as late as possible, and remembers whether a byte may have left.

    It is an httpx ``trace`` extension: httpx's own transport calls it with the event
    ``….send_request_headers.started`` right before it writes, ours opens it there. A transport that calls it at
    all is *watched*; where a watched transport never reached that event, nothing was sent, whatever exception
    came out of it. From a transport that does not call it nothing is concluded.

    Args:
        not_after: value of ``time.monotonic()`` past which nothing may be sent; None for no limit.
    """

    __slots__ = ("not_after", "opened", "watched")

    def __init__(self, not_after: float | None = None) -> None:
        self.not_after = not_after
        self.watched = False
        self.opened = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:  # noqa: ARG002 - httpx's signature
        """Take one event of the transport.

        Raises:
            NotSent: ``deadline_passed``, on the event before the first byte.
        """
        self.watched = True
        if event.endswith(_FIRST_BYTE):
            self.open()

    def open(self) -> None:
        """Let the first byte pass; our own transport calls it right before it writes.

        Raises:
            NotSent: ``deadline_passed``.
        """
        self.check()
        self.watched = self.opened = True

    def check(self) -> None:
        """Refuse what is late.

        Raises:
            NotSent: ``deadline_passed``.
        """
        if self.not_after is not None and time.monotonic() > self.not_after:
            raise NotSent("deadline_passed", "the deadline passed before the first byte")

    @property
    def proves_nothing_left(self) -> bool:
        """Whether the transport was watched and never came to the first byte."""
        return self.watched and not self.opened
