"""Several stores that are asked the same and must answer the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from mi_bridge.domain.part import DividedRequest, JoinedAnswer, Part
from mi_bridge.domain.request import ClaimedRequest, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepResult, UncertainRequest
from mi_bridge.errors import StoreRejected
from mi_bridge.store.port import Claim, RescuePatience

_FIRST_NUMBER = 1_790_000_000 * 10_000


def same(answers: Sequence[Any]) -> Any:
    """Return what all say; they must agree."""
    first, *others = answers
    for other in others:
        assert other == first, f"the stores part: {first} and {other}"
    return first


class Unison:
    """The bridge's verbs on every store at once; message numbers are its own, so that they are the same on all.

    Args:
        stores: one for each side.
    """

    def __init__(self, stores: Sequence[Any]) -> None:
        self._stores = stores
        self._number = _FIRST_NUMBER
        self.last: Callable[[], Any] = lambda: None
        """The last write, to be made once more, as after a lost connection."""

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        taken = [store.claim(claim) for store in self._stores]
        same([[_sketch(request) for request in requests] for requests in taken])
        return [self._numbered(request) for request in taken[0]]

    def claim_uncertain(self, node_id: str, capacity: int, lease_seconds: int) -> list[UncertainRequest]:
        taken = [
            sorted(store.claim_uncertain(node_id, capacity, lease_seconds), key=lambda one: one.request_id)
            for store in self._stores
        ]
        same([[_outline(request) for request in requests] for requests in taken])
        return [self._numbered(request) for request in taken[0]]

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        return self._write(lambda store: store.begin_send(node_id, lease_seconds, intents))

    def finish(self, node_id: str, completions: Sequence[Completion]) -> set[int]:
        return self._write(lambda store: store.finish(node_id, completions))

    def divide(self, node_id: str, lease: Lease, parts: Sequence[Part]) -> int:
        return int(same([store.divide(node_id, lease, parts) for store in self._stores]))

    def divided(self, request_id: int) -> DividedRequest | None:
        ended = [store.divided(request_id) for store in self._stores]
        # a person's answer is spelled as each database spells JSON
        same(
            [
                one and [(part.number, part.status, part.outcome, part.msgid) for part in one.parts]
                for one in ended
            ]
        )
        found: DividedRequest | None = ended[0]
        return found

    def join(self, lease: Lease, answer: JoinedAnswer) -> bool:
        return bool(same([store.join(lease, answer) for store in self._stores]))

    def begin_step(self, node_id: str, intents: Sequence[StepIntent]) -> set[int]:
        return self._write(lambda store: store.begin_step(node_id, intents))

    def finish_step(self, node_id: str, results: Sequence[StepResult]) -> set[int]:
        return self._write(lambda store: store.finish_step(node_id, results))

    def release(self, node_id: str, leases: Sequence[Lease]) -> int:
        return int(same([store.release(node_id, leases) for store in self._stores]))

    def renew(self, node_id: str, lease_seconds: int, leases: Sequence[Lease]) -> set[int]:
        held: set[int] = same([store.renew(node_id, lease_seconds, leases) for store in self._stores])
        return held

    def rescue(self, node_id: str, patience: RescuePatience) -> list[tuple[int, Status]]:
        rescued: list[tuple[int, Status]] = same(
            [sorted(store.rescue(node_id, patience)) for store in self._stores]
        )
        return rescued

    def _write(self, work: Callable[[Any], Any]) -> set[int]:
        self.last = lambda: same([_answer(work, store) for store in self._stores])
        answer = self.last()
        if isinstance(answer, StoreRejected):
            raise answer
        written: set[int] = answer
        return written

    def _numbered(self, request: Any) -> Any:
        self._number += 2
        return dataclasses.replace(request, msgid_number=self._number)


class _Rejected(StoreRejected):
    """Equal to every other of the same kind."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rejected) and other.sqlstate == self.sqlstate

    def __hash__(self) -> int:
        return hash(self.sqlstate)


def _answer(work: Callable[[Any], Any], store: Any) -> Any:
    try:
        return work(store)
    except StoreRejected as error:
        return _Rejected(error.message, sqlstate=error.sqlstate)


def _sketch(request: ClaimedRequest) -> Any:
    return request.lease, request.interface_code, request.money_class, request.tries, request.sends


def _outline(request: UncertainRequest) -> Any:
    return (
        request.request_id,
        request.resolve_epoch,
        request.status,
        request.original_msgid,
        request.resolve_tries,
        request.quiet_ms > 0,
        request.reversed_by,
    )
