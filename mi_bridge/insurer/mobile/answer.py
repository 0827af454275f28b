"""What the platform's answer proves. Any bytes give an answer; nothing is raised, and nothing unproved is a refusal."""

from __future__ import annotations

from typing import Any

from mi_bridge.domain import exact_json
from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.answer_text import clean, parsed, readable
from mi_bridge.insurer.mobile.envelope import MobileEnvelope, Opened
from mi_bridge.insurer.verdict import as_text, normal_code

_UNAUTHORISED = 401


def read_answer(
    body: bytes,
    envelope: MobileEnvelope,
    *,
    http_status: int,
    trusts_unsigned_refusals: bool = False,
    duration_ms: int = 0,
) -> Answer:
    """Read an answer.

    Args:
        body: the answer's bytes.
        envelope: opens it.
        http_status: HTTP status code.
        trusts_unsigned_refusals: whether a refusal without a signature is believed.
        duration_ms: milliseconds the call took.
    """
    text = readable(body)
    opened = _opened(text, envelope)
    code = normal_code(opened.fields.get("code"))
    outcome, fault = _judged(opened, code, http_status, trusting=trusts_unsigned_refusals)
    content = parsed(opened.text) if opened.text else parsed(text)
    return Answer(
        outcome=outcome,
        infcode=code,
        err_msg="" if outcome is Outcome.OK else clean(as_text(opened.fields.get("message"))),
        output=content if opened.text else _plain_data(content),
        text=text,
        http_status=http_status,
        fault=fault,
        duration_ms=duration_ms,
    )


def _opened(text: str, envelope: MobileEnvelope) -> Opened:
    if not text.strip():
        return Opened({}, "", "answer_empty")
    try:
        fields = exact_json.read(text)
    except ValueError:
        return Opened({}, "", "answer_unreadable")
    return envelope.open(fields) if isinstance(fields, dict) else Opened({}, "", "answer_unreadable")


def _judged(opened: Opened, code: str | None, http_status: int, *, trusting: bool) -> tuple[Outcome, str]:
    if http_status == _UNAUTHORISED:
        return Outcome.GATEWAY_REFUSED, "gateway_401"
    if not 200 <= http_status < 300:
        return Outcome.UNKNOWN, f"http_{http_status}"
    refused = code is not None and code != "0"
    if opened.fault == "answer_unsigned" and refused and trusting:
        return Outcome.REFUSED, ""
    if opened.fault:
        return Outcome.UNKNOWN, opened.fault
    if code is None:
        return Outcome.UNKNOWN, "answer_without_code"
    return (Outcome.REFUSED if refused else Outcome.OK), ""


def _plain_data(content: Any) -> Any | None:
    return content.get("data") if isinstance(content, dict) else None
