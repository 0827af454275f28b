"""2601: asking the platform to undo a message whose outcome nobody knows, and reading what it says of that.

The transaction needs only what was sent: the patient, the original message's number and its code (node ``data``). It is not
idempotent: a second reversal, or one after a cancel, gets a definite refusal, so that the text must be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.profile import AnswerTexts
from mi_bridge.insurer.verdict import says

REVERSAL = "2601"


class Reading(StrEnum):
    """What an answer to 2601 means for the original."""

    DONE = "DONE"
    """Nothing is left standing: reversed now, or reversed or cancelled before."""
    ABSENT = "ABSENT"
    """The platform knows no such original; true for good only after the quiet period."""
    OTHER = "OTHER"
    """A definite refusal for another reason; it proves nothing about the original."""
    UNKNOWN = "UNKNOWN"
    """No answer that can be read."""


def read_reversal(answer: Answer, texts: AnswerTexts) -> Reading:
    """Tell what an answer to 2601 means; anything but a known text is not taken for success."""
    if answer.outcome is Outcome.OK:
        return Reading.DONE
    if answer.outcome is not Outcome.REFUSED:
        return Reading.UNKNOWN
    if says(texts.already_undone, answer.err_msg):
        return Reading.DONE
    if says(texts.no_original, answer.err_msg):
        return Reading.ABSENT
    return Reading.OTHER


def reversal_input(*, psn_no: str, msgid: str, infno: str) -> dict[str, Any]:
    """Return the input of 2601.

    Args:
        psn_no: the patient, as in the original's input.
        msgid: the original's own number (``omsgid``).
        infno: the original's code (``oinfno``).
    """
    return {"data": {"psn_no": psn_no, "omsgid": msgid, "oinfno": infno}}


def with_wire_code(source: Mapping[str, Any], codes: Mapping[str, str]) -> dict[str, Any] | None:
    """Return an input of 2601 whose ``oinfno`` is the code the original travelled under; None where it is that already.

    Args:
        source: HIS's input, bare or in its node.
        codes: the site's wire codes, by the code HIS calls.
    """
    if isinstance(source.get("data"), Mapping):
        inner = with_wire_code(source["data"], codes)
        return None if inner is None else {**source, "data": inner}
    code = codes.get(str(source.get("oinfno", "")))
    return {**source, "oinfno": code} if code else None


def field_of(source: Mapping[str, Any], name: str) -> str:
    """Find a field in an input that is bare, in one node or in several; a list's first row speaks for the list.

    Returns:
        Its text, empty when it is nowhere.
    """
    return next((str(part[name]) for part in _parts(source) if part.get(name)), "")


def _parts(source: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield source
    for value in source.values():
        part = value[0] if isinstance(value, list) and value else value
        if isinstance(part, Mapping):
            yield part
