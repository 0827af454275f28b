"""What the world knows of requests too large for one call: how a node divides and joins them, and what must be true of them."""

from __future__ import annotations

from typing import Any

from mi_bridge.domain.part import Part
from mi_bridge.domain.request import ClaimedRequest
from mi_bridge.domain.status import Status
from mi_bridge.insurer.msgid import number_msgid
from mi_bridge.traffic.joining import join_answers
from watched import ORG


class LargeRequests:
    """A part of the world."""

    his: Any
    insurer: Any
    store: Any
    pause: Any
    seen: dict[int, Status]
    owner: dict[str, int]
    answered: dict[int, str]
    complaints: list[str]
    _demand: Any

    def __init__(self) -> None:
        self.large: set[int] = set()
        self.parts: dict[int, list[int]] = {}

    async def divide(self, node: str, request: ClaimedRequest) -> bool:
        """Make two parts of a large request, as a node does; the process may die before."""
        if request.request_id not in self.large or request.sends:
            return False
        await self.pause("divide", number_msgid(ORG, request.msgid_number))
        parts = [Part(place, place, 1, request.input_data) for place in (1, 2)]
        made = self.store.divide(node, request.lease, parts)
        new = sorted(self.his(lambda side: side.everything()).keys() - self.seen.keys())
        if new and self.parts.setdefault(request.request_id, new) != new:
            self.complaints.append(f"request {request.request_id} was divided twice")
        self.seen.update(dict.fromkeys(new, Status.PENDING))
        return bool(made >= 0)

    def join(self, number: int) -> None:
        """Make one answer of a large request's parts, if the last has ended."""
        ended = self.store.divided(number)
        if ended is None:
            return
        if not self.store.join(ended.lease, join_answers(ended.parts)):
            self.complaints.append(f"the store refused the answer of request {number}")

    def check_whole(self, number: int, status: Status) -> None:
        parts = self.parts[number]
        self._demand(
            not any(owner == number and self.insurer.stands(msgid) for msgid, owner in self.owner.items()),
            f"request {number} went out whole and in parts",
        )
        if not status.terminal:
            return
        self._demand(
            all(self.seen[part].terminal for part in parts), f"request {number} ended before its parts"
        )
        if number not in self.answered:
            self.answered[number] = self.his(lambda side: side.result(number)[1])
        fine = all(self.answered.get(part) == "SUCCESS" for part in parts)
        self._demand(
            (self.answered[number] == "SUCCESS") == fine,
            f"P3: request {number} is {status}, its parts are not",
        )


class SteppedDivider:
    """Divides what the world calls large."""

    def __init__(self, world: Any, node: str) -> None:
        self._world, self._node = world, node

    async def divide(self, request: ClaimedRequest, check_report: str | None) -> bool:
        return bool(await self._world.divide(self._node, request))
