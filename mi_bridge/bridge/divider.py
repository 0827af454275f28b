"""Makes parts of a claimed request that is too large for one call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import structlog

from mi_bridge.domain.part import Part
from mi_bridge.domain.request import ClaimedRequest, Lease

_log: Any = structlog.get_logger()
# 100 kB take 40 ms to cut at their rows, and the loop must not stand still so long
_LARGE_INPUT_CHARS = 20_000


class Divider(Protocol):
    """Decides whether a request goes as it is."""

    async def divide(self, request: ClaimedRequest, check_report: str | None) -> bool:
        """Make a request's parts where it is too large; tell whether nothing is to be sent of it itself."""
        ...


class Undivided:
    """Sends everything as it is."""

    async def divide(self, request: ClaimedRequest, check_report: str | None) -> bool:  # noqa: ARG002 - the port's signature
        """Do nothing."""
        return False


class StoredDivider:
    """Divides in the database.

    Args:
        plan: returns a request's parts, none when it fits into one call.
        make: writes them; returns how many there are, 0 when the request is no longer this node's, -1 when it must go as it is.
    """

    def __init__(
        self,
        plan: Callable[[ClaimedRequest], Sequence[Part]],
        make: Callable[[Lease, Sequence[Part], str | None], Awaitable[int]],
    ) -> None:
        self._plan = plan
        self._make = make

    async def divide(self, request: ClaimedRequest, check_report: str | None) -> bool:
        """Make a request's parts where it is too large.

        Args:
            request: as claimed.
            check_report: what the check of the whole message found, for HIS.

        Raises:
            MalformedInput: one row alone is too large for a call; nothing was sent.
            StoreError: the parts could not be written; nothing was sent.
        """
        if request.sends:
            # it may have reached the insurer whole: whatever it does now it does whole
            return False
        parts = await self._planned(request)
        if not parts:
            return False
        made = await self._make(request.lease, parts, check_report)
        if made > 0:
            _log.info(
                "request divided",
                request_id=request.request_id,
                interface_code=request.interface_code,
                parts=made,
                rows=parts[-1].first_row + parts[-1].row_count - 1,
            )
        return made >= 0

    async def _planned(self, request: ClaimedRequest) -> Sequence[Part]:
        if len(request.input_data) < _LARGE_INPUT_CHARS:
            return self._plan(request)
        return await asyncio.to_thread(self._plan, request)
