"""The store over ODBC: each verb is one call of one routine, each batch one JSON array."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import ClaimedRequest, Completion, Heartbeat, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.store.connection import DatabaseConnection, Row
from mi_bridge.store.port import Claim

_NUL = rb"\u0000"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class OdbcStore:
    """Implements ``Store`` on a ``DatabaseConnection``.

    Args:
        connection: used by one thread at a time; closed by ``close``.
    """

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    def claim(self, claim: Claim) -> list[ClaimedRequest]:
        """Lease requests to the node; see ``Store``."""
        rows = self._connection.wait(
            "sp_mi_claim",
            claim.node_id,
            claim.capacity,
            claim.lease_seconds,
            claim.wait_ms,
            claim.step_ms,
            claim.floor_rank,
        )
        return sorted(map(_claimed, rows), key=lambda request: (request.queue_rank, request.request_id))

    def begin_send(self, node_id: str, lease_seconds: int, intents: Sequence[Intent]) -> set[int]:
        """Commit intents; see ``Store``."""
        items = _json([_intent(intent) for intent in intents])
        return _ids(self._connection.call("sp_mi_begin_send", node_id, lease_seconds, items))

    def finish(self, node_id: str, completions: Sequence[Completion]) -> set[int]:
        """Record completions; see ``Store``."""
        items = _json([_completion(completion) for completion in completions])
        return _ids(self._connection.call("sp_mi_finish", node_id, items))

    def release(self, node_id: str, leases: Sequence[Lease]) -> int:
        """Give back requests; see ``Store``."""
        rows = self._connection.call("sp_mi_release", node_id, _json([_lease(lease) for lease in leases]))
        return int(rows[0][0]) if rows else 0

    def renew(self, node_id: str, lease_seconds: int, leases: Sequence[Lease]) -> set[int]:
        """Extend leases; see ``Store``."""
        items = _json([_lease(lease) for lease in leases])
        return _ids(self._connection.call("sp_mi_renew", node_id, lease_seconds, items))

    def rescue(self, most_rescues: int) -> list[tuple[int, Status]]:
        """Take back what dead nodes hold; see ``Store``."""
        return [(row[0], Status(row[1])) for row in self._connection.call("sp_mi_rescue", most_rescues)]

    def heartbeat(self, beat: Heartbeat) -> int:
        """Say that the node lives; see ``Store``."""
        rows = self._connection.call(
            "sp_mi_heartbeat",
            beat.node_id,
            beat.host_name,
            beat.process_id,
            beat.version,
            beat.status,
            beat.in_flight,
            beat.completed,
        )
        return int(rows[0][0]) if rows else 0

    def condition(self, kind: str, subject: str, message: str) -> None:
        """Report a lasting condition; see ``Store``."""
        self._connection.call("sp_mi_condition", kind, subject, message)

    def interrupt(self) -> None:
        """End the wait another thread is in."""
        self._connection.interrupt()

    def stop(self) -> None:
        """Wait no longer for a lost database."""
        self._connection.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _claimed(row: Row) -> ClaimedRequest:
    return ClaimedRequest(
        lease=Lease(row[0], row[1]),
        interface_code=row[2],
        org_code=row[3],
        input_data=row[4],
        money_class=MoneyClass(row[5]),
        max_retry_count=row[6],
        tries=row[7],
        sends=row[8],
        insuplc_admdvs=row[9],
        opter=row[10],
        opter_name=row[11],
        opter_type=row[12],
        msgid_number=row[13],
        queue_rank=row[14],
        queued_ms=row[15],
    )


def _lease(lease: Lease) -> dict[str, Any]:
    return {"request_id": lease.request_id, "epoch": lease.epoch}


def _intent(intent: Intent) -> dict[str, Any]:
    return {**_lease(intent.lease), "msgid": intent.msgid, "body_hash": intent.body_hash}


def _completion(completion: Completion) -> dict[str, Any]:
    item = {
        **_lease(completion.lease),
        "status": completion.status.value,
        "delay_ms": completion.delay_ms,
        "error_code": completion.error_code,
        "error_message": completion.error_message,
    }
    attempt = completion.attempt
    if attempt is None:
        return item
    return item | {
        "msgid": attempt.msgid,
        "body_hash": attempt.body_hash,
        "outcome": attempt.outcome.value,
        "infcode": attempt.infcode,
        "err_msg": attempt.err_msg,
        "fault": attempt.fault,
        "http_status": attempt.http_status,
        "duration_ms": attempt.duration_ms,
        "inf_refmsgid": attempt.inf_refmsgid,
        "serial_no": attempt.serial_no,
        "response_data": attempt.response_data,
    }


def _json(items: list[dict[str, Any]]) -> str:
    try:
        encoded = msgspec.json.encode(items)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode([_storable(item) for item in items])
    if _NUL in encoded:
        encoded = msgspec.json.encode([_storable(item) for item in items])
    return encoded.decode()


def _storable(item: dict[str, Any]) -> dict[str, Any]:
    """Replace what no database takes as text: NUL, and halves of surrogate pairs."""
    return {
        key: _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value
        for key, value in item.items()
    }


def _ids(rows: list[Row]) -> set[int]:
    return {row[0] for row in rows}
