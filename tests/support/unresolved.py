"""Brings requests of a hospital into the states a resolution passes through."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from hospitals import MONEY
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import Part
from mi_bridge.domain.request import Attempt, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepKind, StepResult, UncertainRequest
from mi_bridge.store.port import Claim

WORKER, RESOLVER = "worker", "resolver"
QUIET_S = 100
LEASE_S = 90
_numbers = itertools.count(1)


@dataclass
class Case:
    """One request, who sent it, and the resolver's hold on it, if any."""

    hospital: Any
    store: Any
    number: int
    lease: Lease
    held: UncertainRequest | None = None

    @property
    def status(self) -> Status:
        return Status(self.hospital.see(self.number).status)

    @property
    def hold(self) -> UncertainRequest:
        assert self.held is not None
        return self.held

    def original(self) -> str:
        return f"m{self.number}-{self.lease.epoch}"

    def late(self, outcome: Outcome, status: Status = Status.COMPLETED) -> bool:
        """The worker's answer comes now."""
        done = Completion(self.lease, status, attempt(self.original(), outcome))
        return self.number in self.store.finish(WORKER, [done])

    def lease_step(self, node: str = RESOLVER, lease_s: int = LEASE_S) -> UncertainRequest:
        """A resolver takes the request; it must be due."""
        held = [one for one in self.store.claim_uncertain(node, 20, lease_s) if one.request_id == self.number]
        assert len(held) == 1
        self.held = held[0]
        return self.hold

    def begin(self, kind: str = StepKind.REVERSAL, msgid: str = "", node: str = RESOLVER) -> str:
        """The intent of a step; returns its msgid, empty when it was refused."""
        msgid = msgid or f"s{next(_numbers)}"
        intent = StepIntent(self.number, self.hold.resolve_epoch, kind, msgid, "b" * 64)
        return msgid if self.store.begin_step(node, [intent]) == {self.number} else ""

    def finish(
        self,
        status: Status,
        msgid: str = "",
        outcome: Outcome = Outcome.UNKNOWN,
        *,
        node: str = RESOLVER,
        epoch: int | None = None,
        **fields: Any,
    ) -> bool:
        """What a step proved; tells whether the row changed."""
        answer = fields.pop("answer", {})
        tried = attempt(msgid, outcome, **answer) if msgid else None
        of_epoch = self.hold.resolve_epoch if epoch is None else epoch
        result = StepResult(self.number, of_epoch, status, tried, **fields)
        return bool(self.store.finish_step(node, [result]) == {self.number})

    def to_manual(self, *, reversed_before: bool = True) -> None:
        """Resolve to no end."""
        self.lease_step()
        msgid = self.begin() if reversed_before else ""
        assert self.finish(Status.MANUAL, msgid, error_code=-1009, error_message="无定论")


def attempt(msgid: str, outcome: Outcome, **fields: Any) -> Attempt:
    return Attempt(msgid, "b" * 64, outcome, **fields)


def sending(hospital: Any, code: str = MONEY, store: Any = None, **fields: Any) -> Case:
    """A request on the wire."""
    store = store or hospital.connect()
    number = hospital.submit(code, **fields)
    (request,) = store.claim(Claim(WORKER, 1))
    case = Case(hospital, store, number, request.lease)
    assert store.begin_send(WORKER, 30, [Intent(request.lease, case.original(), "a" * 64)]) == {number}
    return case


def uncertain(hospital: Any, code: str = MONEY, **fields: Any) -> Case:
    """A request whose answer was lost; its resolution is due, its quiet period has just begun."""
    case = sending(hospital, code, **fields)
    lost = Completion(
        case.lease, Status.UNCERTAIN, attempt(case.original(), Outcome.UNKNOWN), quiet_ms=QUIET_S * 1000
    )
    assert case.store.finish(WORKER, [lost]) == {case.number}
    return case


def bring(hospital: Any, status: Status) -> Case:
    """A request in any state there is."""
    if status in (Status.UNCERTAIN, Status.REVERSING, Status.MANUAL, Status.REVERSED):
        return _unresolved(hospital, status)
    case = sending(hospital)
    if status is Status.SENDING:
        return case
    if status is Status.COMPLETED:
        assert case.late(Outcome.OK)
        return case
    assert case.late(Outcome.NOT_SENT, Status.ERROR if status is Status.ERROR else Status.PENDING)
    if status in (Status.CLAIMED, Status.DIVIDED):
        (again,) = case.store.claim(Claim(WORKER, 1))
        case.lease = again.lease
    if status is Status.DIVIDED:
        assert case.store.divide(WORKER, case.lease, [Part(1, 1, 1, "{}")]) == 1
    if status is Status.CANCELLED:
        assert hospital.cancel(case.number)
    if status is Status.TIMEOUT:
        assert hospital.expire(case.number)
    return case


def _unresolved(hospital: Any, status: Status) -> Case:
    case = uncertain(hospital)
    if status is Status.MANUAL:
        case.to_manual()
        return case
    case.lease_step()
    if status is not Status.UNCERTAIN:
        msgid = case.begin()
        assert msgid
        if status is Status.REVERSED:
            assert case.finish(Status.REVERSED, msgid, Outcome.OK)
    return case
