"""A store that dies at every statement once, before and after it, as a power cut would have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mi_bridge.domain.saga import Advance, ClaimedSaga, SagaDefinition
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.store.saga_port import Moved


class PowerCut(BaseException):
    """The process is gone: nothing of it may run on, not even an ``except Exception``."""


class Cuts:
    """The points passed so far; each one is cut once."""

    def __init__(self) -> None:
        self.survived: list[str] = []

    def passed(self, point: str) -> None:
        """Pass a point; the first time, the process is gone."""
        if point not in self.survived:
            self.survived.append(point)
            raise PowerCut(point)


class FrailSagaStore(OdbcSagaStore):
    """The real store, with a power cut at every point.

    Args:
        store: the real one, whose connection is used.
        cuts: shared by every engine of a test.
    """

    def __init__(self, store: OdbcSagaStore, cuts: Cuts) -> None:
        super().__init__(store._connection)
        self._cuts = cuts

    def sync_sagas(self, definitions: Sequence[SagaDefinition], kept: Iterable[str]) -> int:
        return super().sync_sagas(definitions, list(kept))

    def claim_sagas(self, node_id: str, capacity: int, lease_seconds: int) -> list[ClaimedSaga]:
        sagas = super().claim_sagas(node_id, capacity, lease_seconds)
        for saga in sagas:
            self._cuts.passed(f"{_state(saga)} claimed")
        return sagas

    def advance_saga(self, node_id: str, saga: ClaimedSaga, advance: Advance) -> Moved:
        state = f"{_state(saga)} to {advance.status.value}"
        self._cuts.passed(f"{state} before")
        moved = super().advance_saga(node_id, saga, advance)
        self._cuts.passed(f"{state} after")
        return moved


def _state(saga: ClaimedSaga) -> str:
    return f"{saga.status.value} with {len(saga.records)} steps"
