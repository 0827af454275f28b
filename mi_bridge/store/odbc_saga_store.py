"""Sagas over ODBC: each verb is one call of one routine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import PARTIAL
from mi_bridge.domain.saga import Advance, ClaimedSaga, SagaDefinition, StepRecord
from mi_bridge.domain.saga_status import Decision, Direction, SagaStatus
from mi_bridge.domain.status import Status
from mi_bridge.store import items
from mi_bridge.store.connection import DatabaseConnection, Row
from mi_bridge.store.saga_port import Moved


class OdbcSagaStore:
    """Implements ``SagaStore`` on a ``DatabaseConnection``.

    Args:
        connection: used by one thread at a time; closed by ``close``.
    """

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    def sync_sagas(self, definitions: Sequence[SagaDefinition], kept: Iterable[str]) -> int:
        """Make these the definitions of new sagas; see ``SagaStore``."""
        listed: list[dict[str, Any]] = [
            {
                "saga_code": one.code,
                "saga_name": one.name,
                "definition_hash": one.digest,
                "definition": one.text,
            }
            for one in definitions
        ]
        listed += [{"saga_code": code} for code in kept]
        return int(self._connection.call("sp_mi_saga_sync", items.to_json(listed))[0][0])

    def claim_sagas(self, node_id: str, capacity: int, lease_seconds: int) -> list[ClaimedSaga]:
        """Lease sagas that are due; see ``SagaStore``."""
        rows = self._connection.call("sp_mi_saga_claim", node_id, capacity, lease_seconds)
        return [_saga(row) for row in rows]

    def advance_saga(self, node_id: str, saga: ClaimedSaga, advance: Advance) -> Moved:
        """Submit the next step and record it; see ``SagaStore``."""
        text = items.to_json([_advance_item(advance)])[1:-1]
        row = self._connection.call("sp_mi_saga_advance", node_id, saga.saga_id, saga.epoch, text)[0]
        return Moved(bool(row[0]), row[1], row[2] or "")

    def release_saga(self, node_id: str, saga: ClaimedSaga, delay_ms: int) -> None:
        """Give a saga back unchanged; see ``SagaStore``."""
        self._connection.call("sp_mi_saga_release", node_id, saga.saga_id, saga.epoch, delay_ms)

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition; see ``SagaStore``."""
        self._connection.call("sp_mi_condition", kind, subject, message)

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        self._connection.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _saga(row: Row) -> ClaimedSaga:
    return ClaimedSaga(
        saga_id=row[0],
        epoch=row[1],
        code=row[2],
        digest=row[3],
        definition=row[4],
        status=SagaStatus(row[5]),
        direction=Direction(row[6]),
        input_data=row[7],
        error_message=row[9] or "",
        records=tuple(map(_record, json.loads(row[10]))),
    )


def _record(item: dict[str, Any]) -> StepRecord:
    status = Status(item["status"]) if item.get("status") else None
    return StepRecord(
        order=item["step_order"],
        code=item["step_code"],
        direction=Direction(item["direction"]),
        attempt=item["attempt"],
        infno=item["interface_code"],
        request_id=item.get("request_id"),
        status=status,
        succeeded=status is Status.COMPLETED and item.get("outcome") == Outcome.OK,
        partial=item.get("outcome") == PARTIAL,
        message=item.get("err_msg") or item.get("error_message") or "",
        answer=item.get("response_data") or "",
        decision=Decision(item["decision"]) if item.get("decision") else None,
    )


def _advance_item(advance: Advance) -> dict[str, Any]:
    item: dict[str, Any] = {
        "status": advance.status.value,
        "keep": int(advance.keep),
        "error_code": advance.error_code,
        "error_message": advance.error_message,
    }
    step = advance.step
    if step is None:
        return item
    return item | {
        "step_order": step.order,
        "step_code": step.code,
        "direction": step.direction.value,
        "attempt": step.attempt,
        "interface_code": step.infno,
        "input_data": step.input_data,
    }
