"""PostgreSQL and the double walk side by side through random histories, and never part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Intent, Lease
from mi_bridge.domain.status import TRANSITIONS, Status
from mi_bridge.errors import StoreRejected
from mi_bridge.store.port import Claim, RescuePatience

CODES = ("1101", "3501", "2207", "2208")
RESENDABLE = ("1101", "3501")
NODES = ("n1", "n2")
LEASE_S = 1_000


def refusal_or(work: Callable[[Any], Any], store: Any) -> Any:
    """Return what a verb returned, or the state it was refused with."""
    try:
        return work(store)
    except StoreRejected as refused:
        return refused.sqlstate


class SideBySide(RuleBasedStateMachine):
    """Every verb on both; after every step both hold the same, and the promises hold."""

    leases: Bundle[tuple[str, Lease]] = Bundle("leases")

    def __init__(self, fresh: Callable[[], Any], real: Any, complete: Callable[..., Any]) -> None:
        super().__init__()
        real.forget()
        self.sides = (fresh(), real)
        self.stores = tuple(side.connect() for side in self.sides)
        self.complete = complete
        self.codes: dict[int, str] = {}
        self.keys: dict[int, str] = {}
        self.before: dict[int, Status] = {}
        self.sends = 0

    def on_both(self, work: Callable[[Any], Any]) -> Any:
        mine, theirs = (refusal_or(work, store) for store in self.stores)
        assert mine == theirs
        return mine

    def his(self, work: Callable[[Any], Any]) -> Any:
        mine, theirs = (work(side) for side in self.sides)
        assert mine == theirs
        return mine

    @rule(code=st.sampled_from(CODES), patient=st.integers(1, 6), priority=st.sampled_from([0, 5, 9]))
    def submit(self, code: str, patient: int, priority: int) -> None:
        text = f'{{"psn_no": "{patient}"}}'
        number = self.his(lambda side: side.submit(code, input_data=text, priority=priority))
        self.codes[number] = code
        if code != "1101":
            self.keys[number] = str(patient)

    @rule(target=leases, node=st.sampled_from(NODES), capacity=st.integers(1, 4))
    def claim(self, node: str, capacity: int) -> Any:
        claim = Claim(node, capacity, lease_seconds=LEASE_S)
        claimed = self.on_both(lambda store: [request.lease for request in store.claim(claim)])
        return multiple(*((node, lease) for lease in claimed))

    @rule(held=leases, node=st.sampled_from((None, None, None, *NODES)))
    def begin(self, held: tuple[str, Lease], node: str | None) -> None:
        own, lease = held
        intent = Intent(lease, self.msgid(lease), "a" * 64)
        self.on_both(lambda store: store.begin_send(node or own, LEASE_S, [intent]))

    @rule(
        held=leases,
        status=st.sampled_from([Status.COMPLETED, Status.ERROR, Status.PENDING, Status.UNCERTAIN]),
        outcome=st.one_of(st.none(), st.sampled_from(list(Outcome))),
        delay_ms=st.sampled_from([0, 0, 500_000]),
        epochs_ago=st.sampled_from([0, 0, 0, 1]),
    )
    def finish(
        self, held: tuple[str, Lease], status: Status, outcome: Outcome | None, delay_ms: int, epochs_ago: int
    ) -> None:
        node, lease = held[0], Lease(held[1].request_id, held[1].epoch - epochs_ago)
        done = self.complete(lease, status, outcome, msgid=self.msgid(lease), delay_ms=delay_ms)
        self.on_both(lambda store: store.finish(node, [done]))

    @rule(held=st.lists(leases, max_size=4, unique=True), outcome=st.sampled_from(list(Outcome)))
    def finish_many(self, held: list[tuple[str, Lease]], outcome: Outcome) -> None:
        done = [self.complete(lease, Status.COMPLETED, outcome, msgid=self.msgid(lease)) for _, lease in held]
        self.on_both(lambda store: store.finish("n1", done))

    @rule(held=leases)
    def release(self, held: tuple[str, Lease]) -> None:
        node, lease = held
        self.on_both(lambda store: store.release(node, [lease]))

    @rule(held=leases)
    def renew(self, held: tuple[str, Lease]) -> None:
        node, lease = held
        self.on_both(lambda store: store.renew(node, LEASE_S, [lease]))

    @rule()
    def rescue(self) -> None:
        self.on_both(lambda store: sorted(store.rescue("n1", RescuePatience(3))))

    @rule(place=st.integers(0, 5), verb=st.sampled_from(["cancel", "expire"]))
    def take_back(self, place: int, verb: str) -> None:
        if place < len(self.codes):
            number = sorted(self.codes)[-1 - place]
            self.his(lambda side: getattr(side, verb)(number))

    @rule(seconds=st.sampled_from([100, 501, 1_001]))
    def pass_time(self, seconds: int) -> None:
        self.his(lambda side: side.pass_time(seconds))

    @invariant()
    def both_hold_the_same(self) -> None:
        seen = self.his(lambda side: side.everything())
        statuses = {number: row.status for number, (row, _) in seen.items()}
        for number, (row, attempts) in seen.items():
            self.check_promises(number, row)
            assert len({entry.msgid for entry in attempts}) == len(attempts)
            self.check_way(self.before.get(number, Status.PENDING), row.status)
        live = [
            self.keys[number] for number, status in statuses.items() if status.live and number in self.keys
        ]
        assert len(set(live)) == len(live), "two live requests of one key"
        self.before = statuses

    def check_promises(self, number: int, row: Any) -> None:
        if row.status in (Status.CANCELLED, Status.TIMEOUT):
            assert row.sends == 0, "taken back though it may have been sent"
        if row.status in (Status.PENDING, Status.ERROR) and self.codes[number] not in RESENDABLE:
            assert row.sends == 0, "money may be sent again though it may have been executed"
        assert row.status is not Status.UNCERTAIN or self.codes[number] not in RESENDABLE

    def check_way(self, old: Status, new: Status) -> None:
        """A rescue may give a request back and end it in one step, and a claim may wake, expire or take it."""
        near = TRANSITIONS[old]
        far = {there for step in near for there in TRANSITIONS[step]}
        assert new is old or new in near | far, f"{old} became {new}"

    @staticmethod
    def msgid(lease: Lease) -> str:
        return f"m{lease.request_id}-{lease.epoch}"

    def teardown(self) -> None:
        self.stores[1].close()


def test_postgresql_and_the_double_never_part(
    both: tuple[Callable[[], Any], Any], complete: Callable[..., Any]
) -> None:
    fresh, real = both

    class Here(SideBySide):
        def __init__(self) -> None:
            super().__init__(fresh, real, complete)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=80,
            stateful_step_count=50,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # shrinking would take minutes of database calls
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert real.everything() is not None
