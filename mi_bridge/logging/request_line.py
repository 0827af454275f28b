"""The one line that every request leaves behind."""

from __future__ import annotations

from typing import Any

import structlog

_log: Any = structlog.get_logger()


def request_line(
    *,
    request_id: int,
    interface_code: str,
    msgid: str,
    org_code: str,
    outcome: str,
    status: str,
    infcode: str | None,
    attempts: int,
    ms_queue: float,
    ms_insurer: float,
    ms_total: float,
    fault: str = "",
) -> None:
    """Log what became of a request, without any of its content.

    Args:
        request_id: HIS's number of it.
        interface_code: the transaction, for example ``2207``.
        msgid: of the last attempt; empty when nothing was sent.
        org_code: the organisation it was sent for.
        outcome: what the last attempt came to (``domain.outcome``).
        status: where the request stands now (``domain.status``).
        infcode: the platform's own code, if it answered.
        attempts: sends so far.
        ms_queue: from the submit to the claim, milliseconds.
        ms_insurer: the last send, milliseconds.
        ms_total: from the submit to the end, milliseconds.
        fault: the transport's word for what went wrong; empty when nothing did.
    """
    _log.info(
        "request",
        request_id=request_id,
        interface_code=interface_code,
        msgid=msgid,
        org_code=org_code,
        outcome=outcome,
        status=status,
        infcode=infcode,
        attempts=attempts,
        ms_queue=round(ms_queue, 1),
        ms_insurer=round(ms_insurer, 1),
        ms_total=round(ms_total, 1),
        fault=fault,
    )
