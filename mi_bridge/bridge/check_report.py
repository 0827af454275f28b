"""What the check of a message found, as HIS and the log read it."""

from __future__ import annotations

import dataclasses
from typing import Any

import structlog

from mi_bridge.domain.request import ClaimedRequest, Completion
from mi_bridge.domain.status import Status
from mi_bridge.errors import RequestRefused
from mi_bridge.insurer.check.finding import Findings

_log: Any = structlog.get_logger()
_LONGEST_REPORT = 4000
_LONGEST_MESSAGE = 500
_REST = "…（全文见 v_medical_insurance_result 的 check_report）"
_PATHS_LOGGED = 20


def refusal(request: ClaimedRequest, refused: RequestRefused) -> Completion:
    """Return what becomes of a request whose message was refused; a long reason stands whole in the report.

    Args:
        request: as claimed.
        refused: why, in Chinese.
    """
    message, report = refused.message, None
    if len(message) > _LONGEST_MESSAGE:
        report = message[:_LONGEST_REPORT]
        message = message[: _LONGEST_MESSAGE - len(_REST)] + _REST
    return Completion(
        request.lease, Status.ERROR, error_code=refused.code, error_message=message, check_report=report
    )


def with_findings(request: ClaimedRequest, completion: Completion, findings: Findings | None) -> Completion:
    """Return a completion that tells HIS what was doubtful about its message; the log gets the places, never a value.

    Args:
        request: as claimed.
        completion: what became of it.
        findings: of its check; None where nothing was doubtful.
    """
    if findings is None:
        return completion
    _log.warning(
        "message is doubtful",
        request_id=request.request_id,
        interface_code=request.interface_code,
        places=findings.warned_count,
        paths=[finding.path for finding in findings.warned[:_PATHS_LOGGED]],
    )
    return dataclasses.replace(completion, check_report=report_of(findings))


def report_of(findings: Findings | None) -> str | None:
    """Return what was doubtful about a message as HIS reads it, None where nothing was."""
    return findings.warning()[:_LONGEST_REPORT] if findings else None
