"""Random histories of large requests: PostgreSQL and the double never part, and what HIS is told of the whole is true of the parts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import PARTIAL, DividedRequest, JoinedAnswer, Part
from mi_bridge.domain.request import ClaimedRequest, Intent, Lease
from mi_bridge.domain.status import TRANSITIONS, Status
from mi_bridge.store.port import Claim, RescuePatience
from mi_bridge.traffic.joining import join_answers

MONEY, UPLOAD = "2207", "3501"
LEASE_S = 50
FATES = (*[Outcome.OK] * 8, *[Outcome.REFUSED] * 3, Outcome.UNKNOWN, Outcome.NOT_SENT, None)
STEPS, WALKS = 60, 5
UNTRUE = (
    JoinedAnswer(Status.COMPLETED, "OK", response_data="{}"),
    JoinedAnswer(Status.COMPLETED, "REFUSED", response_data="{}"),
    JoinedAnswer(Status.COMPLETED, PARTIAL, response_data="{}"),
    *(JoinedAnswer(one) for one in (Status.ERROR, Status.TIMEOUT, Status.CANCELLED, Status.REVERSED)),
)


class LargeRequests:
    """Requests of four patients, divided as they are claimed; every verb on both sides."""

    def __init__(self, fresh: Callable[[], Any], real: Any, complete: Callable[..., Any], seed: int) -> None:
        real.forget()
        self.chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
        self.complete = complete
        self.sides = (fresh(), real)
        self.stores = tuple(side.connect() for side in self.sides)
        self.patients: dict[int, int] = {}
        self.wholes: dict[int, list[int]] = {}
        self.before: dict[int, Status] = {}
        self.outcomes: dict[int, Outcome] = {}
        self.told: Counter[str] = Counter()

    def on_both(self, work: Callable[[Any], Any]) -> Any:
        mine, theirs = (work(store) for store in self.stores)
        assert mine == theirs
        return mine

    def his(self, work: Callable[[Any], Any]) -> Any:
        mine, theirs = (work(side) for side in self.sides)
        assert mine == theirs
        return mine

    def submit(self) -> None:
        patient, code = self.chance.randint(1, 4), self.chance.choice((MONEY, UPLOAD))
        priority = self.chance.choice((0, 9))
        text = f'{{"psn_no": "{patient}"}}'
        number = self.his(lambda side: side.submit(code, input_data=text, priority=priority, timeout=300))
        self.patients[number] = patient

    def work(self) -> None:
        """Claim what is free, round by round; divide what is whole, send what is a part, or leave it to its lease."""
        for _ in range(self.chance.randint(1, 3)):
            for request in self.claimed():
                self.check_place(request)
                outcome = self.chance.choice(FATES)
                if request.request_id in self.parts and outcome is not None:
                    self.send(request, outcome)
                elif outcome is not None:
                    self.divide(request.lease)
            self.check()

    def check_place(self, request: ClaimedRequest) -> None:
        """Nothing of a patient is taken while a request of the patient is in parts, but its own parts."""
        divided = {one for one, status in self.before.items() if status is Status.DIVIDED}
        patients = {self.patients[one]: one for one in divided}
        whole = patients.get(self.patients[request.request_id])
        assert whole is None or request.request_id in self.wholes[whole]

    def claimed(self) -> list[ClaimedRequest]:
        taken = [store.claim(Claim("n1", 9, lease_seconds=LEASE_S)) for store in self.stores]
        mine, theirs = (
            [(one.lease, one.interface_code, one.input_data, one.sends) for one in side] for side in taken
        )
        assert mine == theirs
        requests: list[ClaimedRequest] = taken[0]
        return requests

    @property
    def parts(self) -> set[int]:
        return {part for parts in self.wholes.values() for part in parts}

    def divide(self, lease: Lease) -> None:
        count, stop, twice = self.chance.randint(1, 3), self.chance.random() < 0.3, self.chance.random() < 0.5
        parts = [Part(n, n, 1, f'{{"n": {n}}}', stop) for n in range(1, count + 1)]
        sent_before = self.his(lambda side: side.see(lease.request_id)).sends > 0
        for _ in range(1 + twice):
            made = self.on_both(lambda store: store.divide("n1", lease, parts))
            assert made == (-1 if sent_before else count)
        stale = Lease(lease.request_id, lease.epoch - 1)
        assert self.on_both(lambda store: store.divide("n1", stale, parts)) == 0
        new = self.his(lambda side: side.everything()).keys() - self.patients.keys()
        assert len(new) == (0 if sent_before else count)
        for number in new:
            self.patients[number] = self.patients[lease.request_id]
            self.wholes.setdefault(lease.request_id, []).append(number)

    def send(self, request: ClaimedRequest, outcome: Outcome) -> None:
        lease, msgid = request.lease, f"m{request.request_id}-{request.lease.epoch}"
        self.on_both(lambda store: store.begin_send("n1", LEASE_S, [Intent(lease, msgid, "a" * 64)]))
        done = self.completion(request, msgid, outcome)
        self.on_both(lambda store: store.finish("n1", [done]))
        self.outcomes[request.request_id] = outcome

    def completion(self, request: ClaimedRequest, msgid: str, outcome: Outcome) -> Any:
        status = Status.COMPLETED if outcome.definitive else Status.UNCERTAIN
        if outcome is Outcome.NOT_SENT or (status is Status.UNCERTAIN and request.interface_code == UPLOAD):
            status = Status.PENDING
        answer = {"response_data": '{"infcode":0,"output":{"result":[1.50]}}', "infcode": "0"}
        return self.complete(request.lease, status, outcome, msgid=msgid, answer=answer)

    def join(self) -> None:
        """Join what has ended; an answer that is not what the parts say is taken only where it is true."""
        for whole in [number for number, status in self.before.items() if status is Status.DIVIDED]:
            ended = self.ended(whole)
            untrue = self.chance.choice((*[None] * 7, *UNTRUE))
            lease = ended.lease if ended else Lease(whole, 1)
            answer = untrue or (join_answers(ended.parts) if ended else UNTRUE[0])
            joined, again = (self.join_one(lease, answer) for _ in range(2))
            assert joined or untrue or not ended, "the true answer was not taken"
            assert not joined or ended
            assert not (joined and again)
            self.before = {number: row.status for number, (row, _) in self.sides[0].everything().items()}

    def ended(self, whole: int) -> DividedRequest | None:
        found: DividedRequest | None = self.on_both(lambda store: store.divided(whole))
        return found

    def join_one(self, lease: Lease, answer: JoinedAnswer) -> bool:
        return bool(self.on_both(lambda store: store.join(lease, answer)))

    def take_back(self) -> None:
        wholes = [number for number in self.patients if number not in self.parts][-3:]
        in_parts = [number for number, status in self.before.items() if status is Status.DIVIDED]
        verb = self.chance.choice(("cancel", "expire"))
        if wholes:
            number = self.chance.choice([*wholes, *in_parts * 2])
            self.his(lambda side: getattr(side, verb)(number))

    def rescue(self) -> None:
        self.on_both(lambda store: sorted(store.rescue("n1", RescuePatience(3))))

    def pass_time(self) -> None:
        seconds = self.chance.choice((1, 10, 51, 51, 301))
        self.his(lambda side: side.pass_time(seconds))

    def check(self) -> None:
        rows = {number: row for number, (row, _) in self.his(lambda side: side.everything()).items()}
        for number, row in rows.items():
            self.check_way(self.before.get(number, Status.PENDING), row.status)
        for whole, parts in self.wholes.items():
            ended = [rows[part].status for part in parts]
            assert sum(status.live for status in ended) <= 1, "two parts of one request under way"
            assert rows[whole].sends == 0
            if rows[whole].status.terminal:
                self.check_end(whole, parts, ended)
        live = [
            self.patients[number]
            for number, row in rows.items()
            if row.status.live and number not in self.parts
        ]
        assert len(set(live)) == len(live), "two live requests of one patient"
        self.before = {number: row.status for number, row in rows.items()}

    def check_end(self, whole: int, parts: list[int], ended: list[Status]) -> None:
        assert all(status.terminal for status in ended), "ended before its parts"
        result = self.his(lambda side: side.result(whole))
        fine = [
            self.outcomes.get(part) is Outcome.OK and status is Status.COMPLETED
            for part, status in zip(parts, ended, strict=True)
        ]
        assert (result[1] == "SUCCESS") == all(fine)
        if any(fine):
            assert result[0] == "COMPLETED"
        self.told[result[1]] += 1

    def check_way(self, old: Status, new: Status) -> None:
        near = TRANSITIONS[old]
        far = {there for step in near for there in TRANSITIONS[step]}
        assert new is old or new in near | far | {last for step in far for last in TRANSITIONS[step]}

    def walk(self) -> None:
        steps = (self.submit, self.work, self.work, self.join, self.take_back, self.rescue, self.pass_time)
        weights = (4, 5, 5, 4, 4, 2, 2)
        for step in self.chance.choices(steps, weights, k=STEPS):
            step()
            self.check()


def test_no_history_of_parts_tells_an_untruth(
    both: tuple[Callable[[], Any], Any], complete: Callable[..., Any]
) -> None:
    fresh, real = both
    told: Counter[str] = Counter()
    for seed in range(WALKS):
        history = LargeRequests(fresh, real, complete, seed)
        try:
            history.walk()
        except AssertionError as fault:
            pytest.fail(f"seed {seed}: {fault}")
        finally:
            real.disconnect()
        told += history.told
    assert told.keys() >= {"SUCCESS", "BUSINESS_ERROR", "CANCELLED"}, told
