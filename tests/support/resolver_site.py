"""A hospital with one bridge in memory, at the simulator, whose answers can be made to get lost."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import visits
from mi_bridge.bridge.delivery import Delivery
from mi_bridge.bridge.resolver import Resolver
from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.interface import Interface
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import Intent
from mi_bridge.domain.resolution import Resolution
from mi_bridge.domain.status import Status
from mi_bridge.domain.verdict import Judge
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.simulator.faults import Fault, FaultRule
from mi_bridge.simulator.ledger import State
from mi_bridge.store.memory import MemoryDatabase, MemoryStore
from mi_bridge.store.memory_submit import Submission
from mi_bridge.store.port import Claim
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.route import Route
from mi_bridge.traffic.undoing import Undoing

ORG = "H99010100001"
PSN = visits.citizen(1)
QUIET_S = 100.0
MONEY = MoneyClass.MONEY
INTERFACES = (
    Interface("2201", "门诊挂号", "门诊", MONEY, ordered=True, enabled=True),
    Interface("2207", "门诊结算", "门诊", MONEY, ordered=True, enabled=True, reversed_by="2601"),
    Interface(
        "2208", "门诊结算撤销", "门诊", MoneyClass.NEVER, ordered=True, enabled=True, reversed_by="2601"
    ),
    Interface("2401", "入院办理", "住院", MONEY, ordered=True, enabled=True, reversed_by="2601"),
)


class Journal:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def put(self, item: Intent) -> bool:
        return bool(self._store.begin_send("worker", 30, [item]))


class Site:
    """A hospital with one bridge, at a platform that can be made to misbehave."""

    def __init__(self, client: InsurerClient, simulator: Any) -> None:
        self.client, self.simulator = client, simulator
        self.late_s = 0.0
        self.memory = MemoryDatabase(INTERFACES, clock=lambda: time.time() + self.late_s)
        self.store = self.memory.connect()
        self.route = Route(client, org_code=ORG, breaker=Breaker())
        self.undoing = Undoing(client, client.profile, org_code=ORG)
        self.resolver = self.resolver_on(self.memory.connect())

    def resolver_on(self, store: MemoryStore, undoing: Undoing | None = None) -> Resolver:
        resolution = Resolution(backoff=Backoff(0.0, 0.0))
        return Resolver(store, "resolver", undoing or self.undoing, resolution, lease_s=60)

    def order(self, fault: Fault, infno: str, times: int = 1) -> None:
        self.simulator.faults.add((FaultRule(fault=fault, infno=(infno,), times=times),))

    async def say(self, infno: str, content: dict[str, Any]) -> Any:
        answer = await self.client.call(infno, content)
        assert answer.infcode == "0", answer.err_msg
        return answer.output

    async def bill(self, total: str = "100.00") -> dict[str, Any]:
        """A visit ready to be settled."""
        registered = await self.say("2201", visits.registration(PSN, "T1"))
        mdtrt_id = registered["data"]["mdtrt_id"]
        await self.say("2204", visits.fees(PSN, mdtrt_id, total))
        return visits.bill(PSN, mdtrt_id, total)

    async def lose(self, code: str, content: dict[str, Any], fault: Fault) -> int:
        """Send a request whose answer is lost."""
        self.order(fault, code)
        number = self.memory.submit(Submission(code, json.dumps(content)))
        (request,) = self.store.claim(Claim("worker", 1))
        judge = Judge(quiet_s=QUIET_S, grace_s=0)
        delivery = Delivery(self.route, Journal(self.store), judge, lease_s=30)
        completion = await delivery.deliver(request, time.monotonic())
        assert completion is not None
        assert self.store.finish("worker", [completion]) == {number}
        assert self.status(number) is Status.UNCERTAIN
        return number

    async def turn(self, resolver: Resolver | None = None) -> int:
        resolver = resolver or self.resolver
        taken = await resolver.turn()
        await asyncio.gather(*resolver._steps)
        return taken

    def status(self, number: int) -> Status:
        return self.memory.row(number).status

    def kinds(self, number: int) -> list[tuple[str, str]]:
        entries = self.memory.attempts(number)
        return [(entry.kind, entry.answer.outcome.value if entry.answer else "") for entry in entries]

    def states(self, number: int) -> list[State]:
        """Where the effects of a request's messages stand, by the platform's own account."""
        ledger = self.simulator.ledger
        found = [
            ledger.caused_by(ORG, entry.msgid)
            for entry in self.memory.attempts(number)
            if entry.kind == "original"
        ]
        return [ledger.state(effect.number) for effects in found for effect in effects]
