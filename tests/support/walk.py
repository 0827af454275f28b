"""A random walk through the world: whatever can happen next may happen next."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hospitals import ADMISSION, MONEY, NEVER, REGISTRATION
from lying_insurer import Fate
from mi_bridge.domain.status import Status
from request_world import LATER, LONG_AFTER, NODES, SOON, BrokenPromise, World

CODES = (MONEY, MONEY, ADMISSION, REGISTRATION, NEVER)
MOST_UNFINISHED = 3
Action = tuple[Any, ...]


@dataclass
class Explored:
    """How far the walks went."""

    steps: int = 0
    states: set[Any] = field(default_factory=set)
    statuses: set[Status] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def figures(self) -> str:
        return f"{self.steps} steps, {len(self.states)} states of a request seen\n"


class Walk(RuleBasedStateMachine):
    """One walk through the world."""

    def __init__(self, sides: tuple[Any, ...], explored: Explored) -> None:
        super().__init__()
        self.world = World(sides, watch=self.look)
        self.explored = explored

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        # an even choice among what is possible goes deeper than the values hypothesis likes to repeat
        self.chance = random.Random(seed)  # noqa: S311 - a walk, not a secret

    @rule()
    def act(self) -> None:
        """Take one of the steps that are possible now; the likelier ones stand there more often."""
        verb, *arguments = self.chance.choice(list(self.possible()))
        note(f"{verb} {arguments}")
        with self._noting():
            getattr(self, verb)(*arguments)

    def possible(self) -> Iterator[Action]:
        world = self.world
        statuses = set(world.seen.values())
        yield from self.possible_of_his(statuses)
        yield from (("go_on", place) for place in range(len(world.pauses)) for _ in range(9))
        wires = range(len(world.insurer.under_way))
        yield from (("arrive", place, fate) for place in wires for fate in Fate)
        yield from (("give_up", place) for place in range(len(world.insurer.awaited)) for _ in range(2))
        if statuses & {Status.UNCERTAIN, Status.REVERSING}:
            yield from (("resolve", node) for node in NODES for _ in range(3))
        if Status.MANUAL in statuses:
            yield from (("decide", retry) for retry in (False, True) for _ in range(3))
        if any(not status.terminal for status in statuses):
            yield from (("pass_time", span) for span in (SOON, LATER, LONG_AFTER))
            yield from (("rescue", node) for node in NODES)
            yield from (("lose", node, dies) for node in sorted(world.busy) for dies in (False, True))
            yield from (("crash", place) for place in range(len(world.tasks)))
            yield ("write_once_more",)

    def possible_of_his(self, statuses: set[Status]) -> Iterator[Action]:
        unfinished = [number for number, status in self.world.seen.items() if not status.terminal]
        if len(unfinished) < MOST_UNFINISHED:
            patient = self.chance.choice("1234")
            yield from (("submit", code, patient) for code in CODES)
            yield from (("submit", code, "5", "A") for code in (MONEY, ADMISSION))
            yield ("submit_large", MONEY, patient)
        if statuses & {Status.PENDING, Status.DIVIDED}:
            yield from (("claim", node) for node in NODES for _ in range(2))
            yield ("take_back", self.chance.choice(["cancel", "expire"]), self.chance.choice(unfinished))

    def submit(self, code: str, patient: str, key: str = "") -> None:
        self.world.submit(code, patient, key)

    def submit_large(self, code: str, patient: str) -> None:
        self.world.submit(code, patient, large=True)

    def claim(self, node: str) -> None:
        self.world.claim(node, 2)

    def go_on(self, place: int) -> None:
        self.world.resume(place)

    def arrive(self, place: int, fate: Fate) -> None:
        self.world.arrive(fate, place)

    def give_up(self, place: int) -> None:
        self.world.give_up(place)

    def resolve(self, node: str) -> None:
        self.world.resolve(node)

    def rescue(self, node: str) -> None:
        self.world.rescue(node)

    def pass_time(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    def crash(self, place: int) -> None:
        self.world.crash(place)

    def lose(self, node: str, dies: bool) -> None:
        if dies:
            self.world.kill(node)
            return
        self.world.cut(node)
        self.world.rescue("n3")
        self.world.attend(node)

    def write_once_more(self) -> None:
        self.world.store.last()

    def take_back(self, verb: str, number: int) -> None:
        self.world.his(lambda side: getattr(side, verb)(number))

    def decide(self, retry: bool) -> None:
        for number, status in self.world.seen.items():
            if status is Status.MANUAL:
                self.world.decide(number, retry=retry)

    @invariant()
    def the_promises_hold(self) -> None:
        with self._noting():
            self.world.check()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Note a broken promise: a second walk, in other time, may break none, and hypothesis then speaks of that alone."""
        try:
            yield
        except BrokenPromise as broken:
            self.explored.broken.append(str(broken))
            raise

    def look(self) -> None:
        """Count what was seen."""
        world = self.world
        self.explored.steps += 1
        self.explored.statuses |= set(world.seen.values())
        for number, status in world.seen.items():
            ours = {msgid for msgid, owner in world.owner.items() if owner == number}
            under_way = tuple(sorted(world.kind(w.msgid) for w in world.insurer.under_way if w.msgid in ours))
            standing = sorted(world.insurer.standing[m] for m in ours & world.insurer.standing.keys())
            waiting = sorted(
                pause.kind + world.kind(pause.msgid) for pause in world.pauses if pause.msgid in ours
            )
            self.explored.states.add((status, under_way, tuple(standing), tuple(waiting)))

    def teardown(self) -> None:
        try:
            with self._noting():
                self.world.drain()
        finally:
            self.world.close()


def explore(begin: Callable[[Explored], Walk], *, walks: int, length: int, same_each_time: bool) -> Explored:
    explored = Explored()
    run_state_machine_as_test(
        lambda: begin(explored),  # type: ignore[arg-type]  # whatever makes a machine will do
        settings=settings(
            max_examples=walks,
            stateful_step_count=length,
            deadline=None,
            database=None,
            derandomize=same_each_time,
            phases=[Phase.generate],  # shrinking would take minutes of database calls
            suppress_health_check=list(HealthCheck),
        ),
    )
    sys.stdout.write(explored.figures())
    return explored
