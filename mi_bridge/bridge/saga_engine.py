"""Drives sagas: takes up what is due and moves each by one step, in one short transaction.

It runs on the claimer's thread and has no rhythm of its own: the claim's wait inside the database also looks for sagas that are
due, and its empty answer before the time brings the engine here. So a step follows the end of the one before within
milliseconds, and an idle node runs not one statement for sagas.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog

from mi_bridge.domain.saga import Advance, ClaimedSaga, NextStep, SagaDefinition
from mi_bridge.domain.saga_course import Course
from mi_bridge.domain.saga_definition import restore
from mi_bridge.domain.saga_status import SagaStatus
from mi_bridge.errors import BridgeError, StoreUnavailable
from mi_bridge.store.saga_port import SagaStore
from mi_bridge.traffic.saga_answer import answer_parts
from mi_bridge.traffic.saga_library import SagaLibrary

_log: Any = structlog.get_logger()
_CAPACITY = 20
# a hold lasts milliseconds; this is for the holder that died
_LEASE_S = 5
_REREAD_S = 30.0
_NOT_QUEUED = -1003
_NOT_QUEUED_PAUSE_MS = 5000
REFUSED_CONDITION = "SAGA_REFUSED"


class SagaEngine:
    """Moves sagas, on the thread and at the times of whoever calls ``turn``.

    Args:
        store: of that thread.
        node_id: who holds the leases.
        library: the definitions' files; looked at every half minute.
    """

    def __init__(self, store: SagaStore, node_id: str, library: SagaLibrary) -> None:
        self._store = store
        self._node_id = node_id
        self._library = library
        self._definitions: dict[str, SagaDefinition] = {}
        self._read_at = float("-inf")
        self._looked_at = float("-inf")

    def turn(self, every_s: float) -> int:
        """Move what is due; return how many sagas moved.

        Args:
            every_s: look only when the last look is so many seconds ago.

        Raises:
            StoreUnavailable: the database stayed away.
        """
        now = time.monotonic()
        if now - self._read_at >= _REREAD_S:
            self._read_at = now
            self.reload()
        if now - self._looked_at < every_s:
            return 0
        self._looked_at = now
        sagas = self._store.claim_sagas(self._node_id, _CAPACITY, _LEASE_S)
        return sum(self._survive(saga) for saga in sagas)

    def reload(self) -> None:
        """Take over the definitions whose files changed; a refused one stays as it ran before, and an alert says so.

        Raises:
            StoreUnavailable: the database stayed away; the next reload reads the files again.
        """
        try:
            shelf = self._library.look()
            if shelf is None:
                return
            changed = self._store.sync_sagas(tuple(shelf.definitions.values()), shelf.refused)
            _log.info("sagas loaded", sagas=sorted(shelf.definitions), changed=changed)
            for code, fault in shelf.refused.items():
                _log.error("saga refused; what ran before goes on", saga_code=code, error=fault.message)
            self._tell(", ".join(f"{fault.key}: {fault.fault}" for fault in shelf.refused.values()))
        except StoreUnavailable:
            self._library.forget()
            raise
        except BridgeError as fault:
            _log.error("sagas not loaded; what ran before goes on", error=fault.message)

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        self._store.stop()

    def close(self) -> None:
        """Give the connection back; a saga on its way is found by its lease."""
        self._store.close()

    def _tell(self, faults: str) -> None:
        message = f"业务流程定义有误，未载入，原定义继续有效：{faults}" if faults else ""
        self._store.condition(REFUSED_CONDITION, self._node_id, message[:500])

    def _survive(self, saga: ClaimedSaga) -> int:
        try:
            return int(self._move(saga))
        except StoreUnavailable:
            raise
        except BridgeError as error:
            _log.error("saga left to its lease", saga_id=saga.saga_id, error=error.message)
        except Exception:  # noqa: BLE001 - one damaged saga must not stop the others; its lease ends, the next look tries again
            _log.exception("saga left to its lease", saga_id=saga.saga_id)
        return 0

    def _move(self, saga: ClaimedSaga) -> bool:
        course = Course(self._definition(saga), saga, answer_parts)
        advance = course.next()
        if advance is None:
            self._store.release_saga(self._node_id, saga, 0)
            return False
        moved = self._store.advance_saga(self._node_id, saga, advance)
        if moved.error_code == _NOT_QUEUED:
            self._store.release_saga(self._node_id, saga, _NOT_QUEUED_PAUSE_MS)
        elif moved.error_code and advance.step:
            advance = course.refused(advance.step, moved.error_code, moved.error_message)
            moved = self._store.advance_saga(self._node_id, saga, advance)
        _tell(saga, advance, moved=moved.moved)
        return moved.moved

    def _definition(self, saga: ClaimedSaga) -> SagaDefinition:
        key = f"{saga.code}:{saga.digest}"
        if key not in self._definitions:
            self._definitions[key] = restore(saga.code, saga.definition)
        return self._definitions[key]


def _tell(saga: ClaimedSaga, advance: Advance, *, moved: bool) -> None:
    step: NextStep | None = advance.step
    facts: Mapping[str, Any] = {
        "saga_id": saga.saga_id,
        "saga_code": saga.code,
        "status": advance.status.value,
        "step": step.code if step else "",
        "interface_code": step.infno if step else "",
        "direction": step.direction.value if step else "",
        "attempt": step.attempt if step else 0,
        "moved": moved,
    }
    if advance.status is SagaStatus.MANUAL:
        _log.error("saga waits for a person", **facts)
    else:
        _log.info("saga step", **facts)
