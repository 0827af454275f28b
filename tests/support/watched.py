"""The product's own parts, where they touch the world: they stand still there, and are watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from mi_bridge.bridge.resolver import Resolver
from mi_bridge.domain.request import Intent
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepResult, UncertainRequest
from mi_bridge.insurer.msgid import number_msgid
from unison import Unison

ORG = "H99010100001"
LEASE_S = 600
"""Minutes, as every limit of the world: on PostgreSQL real time passes as well, and none may end by that alone."""
UNRESOLVED = (Status.UNCERTAIN, Status.REVERSING)


class SteppedResolver(Resolver):
    """Stands still before each call of the database in a step, and hides no defect."""

    world: Any

    async def _off_loop(self, work: Callable[[], Any]) -> Any:
        if asyncio.current_task() in self._steps:
            await self.world.pause("step", "")
        return work()

    async def _survive(self, request: UncertainRequest, not_after: float) -> None:
        await self._resolve(request, not_after)


class WatchedStore(Unison):
    """Notes whose messages are whose, and complains of a decision the database had to refuse."""

    world: Any

    def claim_uncertain(self, node_id: str, capacity: int, lease_seconds: int) -> list[UncertainRequest]:
        requests = super().claim_uncertain(node_id, capacity, lease_seconds)
        for request in requests:
            for offset in (0, 1):
                msgid = number_msgid(ORG, request.msgid_number + offset)
                self.world.owner[msgid] = request.request_id
        return requests

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        epochs = {intent.lease: self.world.see(intent.lease.request_id).epoch for intent in intents}
        granted = super().begin_send(node_id, lease_seconds, intents)
        self.world.complain_of(
            granted & {lease.request_id for lease, epoch in epochs.items() if lease.epoch != epoch}
        )
        return granted

    def begin_step(self, node_id: str, intents: Sequence[StepIntent]) -> set[int]:
        epochs = {intent: self.world.see(intent.request_id).resolve_epoch for intent in intents}
        granted = super().begin_step(node_id, intents)
        self.world.complain_of(
            granted & {one.request_id for one, epoch in epochs.items() if one.resolve_epoch != epoch}
        )
        return granted

    def finish_step(self, node_id: str, results: Sequence[StepResult]) -> set[int]:
        before = {result.request_id: self.world.see(result.request_id) for result in results}
        changed = super().finish_step(node_id, results)
        for result in results:
            row = before[result.request_id]
            mine = row.resolve_epoch == result.resolve_epoch and row.status in UNRESOLVED
            if mine and result.request_id not in changed:
                self.world.complaints.append(
                    f"the store refused {result.status} of {row.status}, its own step"
                )
        return changed


class Journal:
    """One node's way to write intents."""

    def __init__(self, world: Any, node: str) -> None:
        self._world, self._node = world, node

    async def put(self, item: Intent) -> bool:
        await self._world.pause("intend", item.msgid)
        return item.lease.request_id in self._world.store.begin_send(self._node, LEASE_S, [item])
