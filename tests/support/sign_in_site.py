"""Nodes that sign in at one database in memory, on one clock, with a desk that does as told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from mi_bridge.domain.sign_in import SignInReply, SignInResult, SignInRow, SignInWish
from mi_bridge.errors import StoreUnavailable
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.store.memory import MemoryDatabase
from mi_bridge.store.memory_sign_ins import MemorySignIns, MemorySignInStore
from mi_bridge.traffic.sign_in import SignIns, Ticket
from mi_bridge.traffic.sign_in_desk import Signed, SignInDesk

MORNING = 1_790_040_000.0  # 09:20 in China


class FakeDesk(SignInDesk):
    """Signs in as told; holds back while its gate is shut."""

    def __init__(self) -> None:
        self.answers: list[Signed] = []
        self.sent: list[Sender] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = asyncio.Event()

    async def sign_in(self, sender: Sender, msgid_number: int, *, not_after: float) -> Signed:
        self.sent.append(sender)
        self.started.set()
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else Signed(f"number-{len(self.sent)}")


@dataclass
class CountingStore:
    """Counts the statements of one node."""

    inner: MemorySignInStore
    calls: list[str] = field(default_factory=list)
    broken: bool = False

    def take_sign_in(self, node_id: str, wish: SignInWish) -> SignInReply:
        self._count("take")
        return self.inner.take_sign_in(node_id, wish)

    def finish_sign_in(self, node_id: str, result: SignInResult) -> bool:
        self._count("finish")
        return self.inner.finish_sign_in(node_id, result)

    def prove_sign_in(self, org_code: str, opter: str, epoch: int) -> bool:
        self._count("prove")
        return self.inner.prove_sign_in(org_code, opter, epoch)

    def adopt_sign_in(
        self, node_id: str, org_code: str, opter: str, sign_no: str, valid_seconds: int
    ) -> bool:
        self._count("adopt")
        return self.inner.adopt_sign_in(node_id, org_code, opter, sign_no, valid_seconds)

    def end_sign_in(self, org_code: str, opter: str, sign_no: str) -> bool:
        self._count("end")
        return self.inner.end_sign_in(org_code, opter, sign_no)

    def sign_ins(self) -> list[SignInRow]:
        return self.inner.sign_ins()

    def take_msgid(self) -> int:
        return self.inner.take_msgid()

    def lead(self, job: str, node_id: str, seconds: int) -> bool:
        return self.inner.lead(job, node_id, seconds)

    def condition(self, kind: str, subject: str, message: str) -> None:
        self._count("condition")
        self.inner.condition(kind, subject, message)

    def stop(self) -> None:
        self.inner.stop()

    def close(self) -> None:
        self.inner.close()

    def _count(self, name: str) -> None:
        self.calls.append(name)
        if self.broken:
            raise StoreUnavailable("gone")


class SignInSite:
    """Some nodes at one database, on one clock."""

    def __init__(self) -> None:
        self.time = MORNING
        self.database = MemoryDatabase((), clock=lambda: self.time)
        self.shared = MemorySignIns(self.database)
        self.desk = FakeDesk()
        self.nodes: list[SignIns] = []
        self.stores: list[CountingStore] = []

    def node(self, policy: str = "daily", **sign_in: Any) -> SignIns:
        name = f"n{len(self.nodes) + 1}"
        store = CountingStore(self.shared.connect(name))
        made = SignIns(store, self.desk, site_profile(policy, **sign_in), name, clock=lambda: self.time)
        self.nodes.append(made)
        self.stores.append(store)
        return made

    @property
    def alerts(self) -> list[str]:
        return [kind for kind, _ in self.database.conditions]


def site_profile(policy: str, **sign_in: Any) -> Profile:
    profile = load_profile("demo")
    values = {"policy": policy, "patience_s": 2.0, "pause_s": 10.0, **sign_in}
    return profile.model_copy(update={"sign_in": profile.sign_in.model_copy(update=values)})


def used(sender: Sender, ticket: Ticket) -> Sender:
    """The sender of a message that carried a ticket."""
    return Sender(sender.org_code, sender.opter, sign_epoch=ticket.epoch)
