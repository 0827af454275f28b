"""A hospital, its nodes, a lying insurer and time: the bridge's own decisions, moved one step at a time.

What decides is the product: Delivery, Judge, Route, Resolver, Undoing, Resolution and the store. What the world adds is
the places where a process stands still (before a write, before the first byte, before it records), and the truth.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hospitals import ADMISSION, REGISTRATION
from large_requests import LargeRequests, SteppedDivider
from lying_insurer import Fate, LyingInsurer
from mi_bridge.bridge.delivery import Delivery
from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.request import ClaimedRequest, Completion
from mi_bridge.domain.resolution import Resolution
from mi_bridge.domain.status import TRANSITIONS, Status
from mi_bridge.domain.verdict import Judge
from mi_bridge.insurer.msgid import number_msgid
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.port import Claim, RescuePatience
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.route import Route
from mi_bridge.traffic.undoing import Undoing
from unison import same
from watched import LEASE_S, ORG, Journal, SteppedResolver, WatchedStore

STEP_S, GRACE_S, QUIET_S, WAIT_S = 1800, 40, 2000, 20
"""The quiet period is longer than a lease and the platform's time together."""
SOON, LATER, LONG_AFTER = GRACE_S + 74, LEASE_S + 40, QUIET_S + 60
MOST_TRIES = 3
NODES = ("n1", "n2")
_PROFILE = load_profile("demo")


class BrokenPromise(AssertionError):
    """What must never be seen was seen."""


@dataclass
class Pause:
    """A process that stands still; its kind tells what it does next: intend, leave, record or step."""

    kind: str
    msgid: str
    gate: asyncio.Future[None]


class World(LargeRequests):
    """Everything there is.

    Args:
        sides: hospitals that are to agree, at least one.
        watch: called after every check.
    """

    def __init__(self, sides: Sequence[Any], watch: Callable[[], None] = lambda: None) -> None:
        self.sides = sides
        super().__init__()
        self._watch = watch
        self.clock = 0.0
        self.loop = asyncio.new_event_loop()
        self.store = WatchedStore([side.connect() for side in sides])
        self.store.world = self
        self.insurer = LyingInsurer(lambda: self.clock, self.pause)
        self.route = Route(self.insurer, org_code=ORG, breaker=Breaker(failures=10**9))
        undoing = Undoing(self.insurer, _PROFILE, org_code=ORG)
        resolution = Resolution(MOST_TRIES, Backoff(WAIT_S, WAIT_S))
        self.judge = Judge(Backoff(WAIT_S, WAIT_S), quiet_s=QUIET_S, grace_s=GRACE_S)
        self.resolvers = {
            node: SteppedResolver(
                self.store,
                node,
                undoing,
                resolution,
                lease_s=STEP_S,
                clock=lambda: self.clock,
            )
            for node in NODES
        }
        for resolver in self.resolvers.values():
            resolver.world = self
        self.pauses: list[Pause] = []
        self.tasks: dict[asyncio.Task[Any], str] = {}
        self.owner: dict[str, int] = {}
        self.keys: dict[str, int] = {}
        self.seen: dict[int, Status] = {}
        self.answered: dict[int, str] = {}
        self.complaints: list[str] = []
        for node in NODES:
            self.attend(node)

    # HIS

    def his(self, work: Callable[[Any], Any]) -> Any:
        return same([work(side) for side in self.sides])

    def submit(self, code: str, patient: str = "1", key: str = "", *, large: bool = False) -> int:
        mark = key or f"{len(self.seen) + 1}"
        # a part has its whole's rank: a real queue must not give the next request the same millisecond
        time.sleep(0.002)
        text = f'{{"data": {{"psn_no": "{patient}"}}}}'
        if code == REGISTRATION:
            text = f'{{"data": {{"psn_no": "{patient}", "ipt_otp_no": "O{mark}"}}}}'
        if code == ADMISSION:
            text = f'{{"mdtrtinfo": {{"psn_no": "{patient}", "ipt_no": "Z{mark}"}}}}'
        fields = {"business_key": key} if key else {}
        number = int(
            self.his(lambda side: side.submit(code, input_data=text, timeout=72_000, retry_count=2, **fields))
        )
        if key and self.keys.setdefault(f"{code} {key}", number) != number:
            self.complaints.append(f"business key {key} gave {number} after {self.keys[f'{code} {key}']}")
        self.seen.setdefault(number, Status.PENDING)
        if large:
            self.large.add(number)
        return number

    def decide(self, number: int, *, retry: bool) -> int:
        """A person looks at the platform, when nothing is under way any more, and says what stands there."""
        if retry:
            return int(self.his(lambda side: side.resolve(number, "RETRY", "张", "再试")))
        leaving = any(pause.kind == "leave" and self.of(pause) == number for pause in self.pauses)
        if leaving or any(self.owner.get(wire.msgid) == number for wire in self.insurer.under_way):
            return -1
        stands = any(self.insurer.stands(msgid) for msgid, owner in self.owner.items() if owner == number)
        word = "EFFECTIVE" if stands else "NOT_EFFECTIVE"
        return int(self.his(lambda side: side.resolve(number, word, "张", "电话核对", "S1")))

    # nodes

    def attend(self, node: str) -> None:
        for side in self.sides:
            side.connect(attend=node)

    def cut(self, node: str) -> None:
        """A node lives on, but its connections are lost and made anew: others may take it for dead."""
        self.his(lambda side: side.lose_connections(node))

    def kill(self, node: str, *, again: bool = True) -> None:
        """A process dies with all it was doing; what is on the wire goes on. A new one of its name may start."""
        for task in [task for task, owner in self.tasks.items() if owner == node]:
            self._end(task)
        self.cut(node)
        if again:
            self.attend(node)

    def crash(self, place: int) -> None:
        """One task dies, as by a defect; its lease ends."""
        running = list(self.tasks)
        if running:
            self._end(running[place % len(running)])

    def claim(self, node: str, capacity: int = 5) -> list[int]:
        requests = self.store.claim(Claim(node, capacity, lease_seconds=LEASE_S))
        for request in requests:
            self.owner[number_msgid(ORG, request.msgid_number)] = request.request_id
            self._start(node, self.loop.create_task(self._work(node, request)))
        self.settle()
        return [request.request_id for request in requests]

    def rescue(self, node: str) -> list[tuple[int, Status]]:
        rescued: list[tuple[int, Status]] = self.store.rescue(node, RescuePatience(3, QUIET_S, GRACE_S))
        for number, status in rescued:
            if status is Status.DIVIDED:
                self.join(number)
        return rescued

    def resolve(self, node: str) -> int:
        resolver = self.resolvers[node]
        taken = self.loop.run_until_complete(resolver.turn())
        for task in resolver._steps - self.tasks.keys():
            self._start(node, task)
        self.settle()
        return taken

    # one step at a time

    async def pause(self, kind: str, msgid: str) -> None:
        pause = Pause(kind, msgid, self.loop.create_future())
        self.pauses.append(pause)
        try:
            await pause.gate
        finally:
            self.pauses.remove(pause)

    def resume(self, place: int = 0, kind: str = "") -> None:
        """Let one process that stands still go on to its next standstill."""
        standing = [pause for pause in self.pauses if kind in ("", pause.kind)]
        if standing:
            standing[place % len(standing)].gate.set_result(None)
            self.settle()

    def arrive(self, fate: Fate, place: int = 0) -> None:
        """Let the platform have one message."""
        wires = self.insurer.under_way
        if wires:
            self.insurer.work(wires[place % len(wires)], fate)
            self.settle()

    def give_up(self, place: int = 0) -> None:
        """Let one sender's deadline pass."""
        wires = self.insurer.awaited
        if wires:
            self.insurer.give_up(wires[place % len(wires)])
            self.settle()

    def pass_time(self, seconds: float) -> None:
        self.clock += seconds
        self.his(lambda side: side.pass_time(seconds))
        self.insurer.forget_old()

    @property
    def busy(self) -> set[str]:
        """Nodes at work."""
        return set(self.tasks.values())

    def kind(self, msgid: str) -> str:
        """Tell what a message is, by its transaction."""
        call = self.insurer.calls.get(msgid)
        return call.infno if call else ""

    def see(self, number: int) -> Any:
        return self.his(lambda side: side.see(number))

    def settle(self) -> None:
        self.loop.run_until_complete(_breathe())

    def of(self, pause: Pause) -> int:
        return self.owner.get(pause.msgid, 0)

    def run_dry(self) -> None:
        """Let everything under way come to its end, honestly."""
        while self.pauses or self.insurer.awaited:
            self.resume()
            while self.insurer.under_way:
                self.arrive(Fate.HONEST)
            self.give_up()

    def drain(self) -> None:
        """From wherever it is, the world comes to rest without a person, but for what only a person can tell.

        Raises:
            BrokenPromise: a request hangs, or a promise broke on the way.
        """
        for turn in range(80):
            for node in NODES:
                self.claim(node)
                self.run_dry()
                self.resolve(node)
                self.run_dry()
            self.check()
            restless = [number for number, status in self.seen.items() if not status.terminal]
            if not restless:
                return
            for number in restless:
                if self.seen[number] is Status.MANUAL:
                    self.decide(number, retry=False)
            self.pass_time(LATER if turn % 2 else LONG_AFTER)
            self.rescue(NODES[turn % 2])
        raise BrokenPromise(f"no end for {restless}: {[self.seen[number] for number in restless]}")

    def close(self) -> None:
        for task in list(self.tasks):
            self._end(task)
        self.loop.close()
        for side in self.sides:
            side.disconnect()

    # what must never be seen

    def check(self) -> None:
        """Compare what is written with what is true.

        Raises:
            BrokenPromise: they differ, or something happened that must not.
        """
        everything = self.his(lambda side: side.everything())
        self._demand(set(everything) == set(self.seen), "P1: a request vanished")
        # the parts before their whole
        for number, (row, evidence) in sorted(everything.items(), key=lambda item: item[0] in self.parts):
            self._check_way(number, row.status)
            self._check_truth(number, row.status)
            self._check_evidence(number, {entry.msgid for entry in evidence})
            self.seen[number] = row.status
        self._demand(not self.complaints, "; ".join(self.complaints))
        self._watch()

    def complain_of(self, unfenced: set[int]) -> None:
        """Note writes that an older epoch must not have made."""
        self.complaints += [f"an older epoch wrote to request {number}" for number in unfenced]

    def _check_way(self, number: int, status: Status) -> None:
        before = self.seen[number]
        near = TRANSITIONS[before] | {before}
        # a claim may wake and expire, a rescue may end what it takes back
        far = {there for step in near for there in TRANSITIONS[step]} if not before.terminal else near
        self._demand(status in near | far, f"request {number} went from {before} to {status}")

    def _check_truth(self, number: int, status: Status) -> None:
        if number in self.parts:
            self.check_whole(number, status)
            return
        standing = [m for m, owner in self.owner.items() if owner == number and self.insurer.stands(m)]
        self._demand(len(standing) < 2, f"P2: request {number} stands twice")
        if not status.terminal:
            return
        if status is Status.COMPLETED and number not in self.answered:
            self.answered[number] = self.his(lambda side: side.result(number)[1])
        succeeded = self.answered.get(number) == "SUCCESS"
        self._demand(
            len(standing) == int(succeeded), f"P3: request {number} is {status}, standing {standing}"
        )

    def _check_evidence(self, number: int, written: set[str]) -> None:
        left = {wire.msgid for wire in self.insurer.wires if self.owner.get(wire.msgid) == number}
        self._demand(left <= written, f"a message of request {number} left before its intent was written")

    def _demand(self, kept: bool, broken: str) -> None:
        if not kept:
            raise BrokenPromise(broken)

    # the bridge's own code, at work

    async def _work(self, node: str, request: ClaimedRequest) -> None:
        delivery = Delivery(
            self.route,
            Journal(self, node),
            self.judge,
            lease_s=LEASE_S,
            clock=lambda: self.clock,
            divider=SteppedDivider(self, node),
        )
        completion = await delivery.deliver(request, self.clock)
        if completion is None:
            return
        await self.pause("record", completion.attempt.msgid if completion.attempt else "")
        self._record(node, completion)

    def _record(self, node: str, completion: Completion) -> None:
        lease = completion.lease
        before = self.see(lease.request_id)
        mine = before.epoch == lease.epoch and before.status in (Status.CLAIMED, Status.SENDING)
        changed = self.store.finish(node, [completion])
        if mine and not changed:
            self.complaints.append(f"the store refused {completion.status} of {before.status}, its own epoch")
        if before.epoch != lease.epoch:
            self.complain_of(changed)
        for whole in changed & self.parts.keys():
            self.join(whole)

    def _start(self, node: str, task: asyncio.Task[Any]) -> None:
        self.tasks[task] = node
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self.complaints.append(repr(task.exception()))

    def _end(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        self.settle()


async def _breathe() -> None:
    for _ in range(8):
        await asyncio.sleep(0)
