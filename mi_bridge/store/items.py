"""The rows and JSON items that travel between the bridge and its routines."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.part import EndedPart, JoinedAnswer, Part
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepResult, UncertainRequest
from mi_bridge.store.connection import Row

_NUL = rb"\u0000"
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def claimed(row: Row) -> ClaimedRequest:
    """Read one row of ``sp_mi_claim``."""
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


def uncertain(row: Row) -> UncertainRequest:
    """Read one row of ``sp_mi_claim_uncertain``."""
    return UncertainRequest(
        request_id=row[0],
        resolve_epoch=row[2],
        interface_code=row[3],
        org_code=row[4],
        input_data=row[5],
        money_class=MoneyClass(row[6]),
        status=Status(row[7]),
        resolve_tries=row[8],
        quiet_ms=row[9],
        reversed_by=row[10],
        # without its attempt a request cannot be reversed or found: a person decides, and the others go on
        original_msgid=row[11] or "",
        original_time=datetime.fromtimestamp((row[12] or 0) / 1000, UTC),
        insuplc_admdvs=row[13],
        opter=row[14],
        opter_name=row[15],
        opter_type=row[16],
        msgid_number=row[17],
    )


def lease_item(lease: Lease) -> dict[str, Any]:
    """Return a lease as the database's routines take it."""
    return {"request_id": lease.request_id, "epoch": lease.epoch}


def intent_item(intent: Intent) -> dict[str, Any]:
    """Return an intent as ``sp_mi_begin_send`` takes it."""
    return {**lease_item(intent.lease), "msgid": intent.msgid, "body_hash": intent.body_hash}


def completion_item(completion: Completion) -> dict[str, Any]:
    """Return a completion as ``sp_mi_finish`` takes it."""
    item = {
        **lease_item(completion.lease),
        "status": completion.status.value,
        "delay_ms": completion.delay_ms,
        "quiet_ms": completion.quiet_ms,
        "error_code": completion.error_code,
        "error_message": completion.error_message,
    }
    if completion.check_report:
        item["check_report"] = completion.check_report
    return item | _attempt(completion.attempt)


def step_item(result: StepResult) -> dict[str, Any]:
    """Return a step's result as ``sp_mi_finish_step`` takes it."""
    item = {
        "request_id": result.request_id,
        "resolve_epoch": result.resolve_epoch,
        "status": result.status.value,
        "delay_ms": result.delay_ms,
        "needs_quiet": int(result.needs_quiet),
        "error_code": result.error_code,
        "error_message": result.error_message,
    }
    return item | _attempt(result.attempt)


def step_intent_item(intent: StepIntent) -> dict[str, Any]:
    """Return a step's intent as ``sp_mi_begin_step`` takes it."""
    return dataclasses.asdict(intent)


def part_item(part: Part) -> dict[str, Any]:
    """Return a part as ``sp_mi_divide`` takes it."""
    return {
        "part_no": part.number,
        "first_row": part.first_row,
        "row_count": part.row_count,
        "stop_on_refusal": int(part.stop_on_refusal),
        "input_data": part.input_data,
    }


def ended_part(row: Row) -> EndedPart:
    """Read one row of ``sp_mi_parts``."""
    return EndedPart(
        number=row[1],
        first_row=row[2],
        row_count=row[3],
        status=Status(row[4]),
        outcome=row[5] or "",
        infcode=row[6] or "",
        err_msg=row[7] or "",
        error_message=row[8] or "",
        msgid=row[9] or "",
        answer=row[10] or "",
    )


def answer_item(answer: JoinedAnswer) -> dict[str, Any]:
    """Return the answer of a divided request as ``sp_mi_join`` takes it."""
    return {
        "status": answer.status.value,
        "outcome": answer.outcome,
        "infcode": answer.infcode,
        "err_msg": answer.err_msg,
        "error_code": answer.error_code,
        "error_message": answer.error_message,
        "response_data": answer.response_data,
    }


def _attempt(attempt: Attempt | None) -> dict[str, Any]:
    if attempt is None:
        return {}
    return {
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


def to_json(items: list[dict[str, Any]]) -> str:
    """Return a batch as one JSON array that every database takes."""
    try:
        encoded = msgspec.json.encode(items)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode([_storable(item) for item in items])
    if _NUL in encoded:
        encoded = msgspec.json.encode([_storable(item) for item in items])
    return encoded.decode()


def to_json_object(item: dict[str, Any]) -> str:
    """Return one item as a JSON object that every database takes."""
    return to_json([item])[1:-1]


def _storable(item: dict[str, Any]) -> dict[str, Any]:
    """Replace what no database takes as text: NUL, and halves of surrogate pairs."""
    return {
        key: _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value
        for key, value in item.items()
    }


def request_ids(rows: list[Row]) -> set[int]:
    """Read the first column as request numbers."""
    return {row[0] for row in rows}
