"""Sagas as the bridge sees them in the database: a few verbs, as for requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mi_bridge.domain.saga import Advance, ClaimedSaga, SagaDefinition


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of an advance.

    Args:
        moved: whether the saga is where the advance put it.
        error_code: why the step's request was not taken; 0 when that is not the reason.
        error_message: the same in Chinese.
    """

    moved: bool
    error_code: int = 0
    error_message: str = ""


class SagaStore(Protocol):
    """One connection's worth of sagas, used by one thread; every method may raise ``StoreError`` and may be repeated."""

    def sync_sagas(self, definitions: Sequence[SagaDefinition], kept: Iterable[str]) -> int:
        """Make these the definitions of new sagas, all at once; the kept codes stay as they are, all others take no more."""
        ...

    def claim_sagas(self, node_id: str, capacity: int, lease_seconds: int) -> list[ClaimedSaga]:
        """Lease sagas that are due."""
        ...

    def advance_saga(self, node_id: str, saga: ClaimedSaga, advance: Advance) -> Moved:
        """Submit the next step and record it, in one transaction, if the saga is still the node's."""
        ...

    def release_saga(self, node_id: str, saga: ClaimedSaga, delay_ms: int) -> None:
        """Give a saga back unchanged, to be taken up after the delay, or with 0 when its step has moved."""
        ...

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition for the alerts, or its end with an empty message."""
        ...

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...
