"""Which of the outcomes an answer is: exactly one, for any answer.

==========================================  =====================================================================
the answer                                  the outcome
==========================================  =====================================================================
infcode 0, no error text, output there      OK
infcode 0, error text or no output          SUSPICIOUS; so is infcode 0 in a wrapper of type "error"
infcode -1                                  REFUSED
  … "is being processed, try later"         BUSY: the platform says it did not execute
  … "timed out", "no answer from below"     UNKNOWN: a layer in between lost its own answer
infcode neither 0 nor -1                    SUSPICIOUS with output (a slip of one specification), REFUSED with a
                                            reason, else UNKNOWN
gateway's ``{"code": 401}``, HTTP 401       GATEWAY_REFUSED
a site's gateway text for "not executed"    GATEWAY_REFUSED
a wrapper without infcode                   UNKNOWN; a query's own plain success or failure counts as such
HTTP 5xx, other statuses                    UNKNOWN, whatever the body says; infcode -1 counts with 4xx
empty, no JSON, no object, no infcode       UNKNOWN
==========================================  =====================================================================
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.catalogue import Kind, Transaction
from mi_bridge.insurer.profile import AnswerTexts

_UNAUTHORISED = 401
# the words that matter stand at the beginning; an error text can be a whole stack trace
_HEAD = 4000
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_ERROR_KEYS = ("err_msg", "message", "msg")


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, and a word for what is wrong with the answer; empty when nothing is."""

    outcome: Outcome
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """An answer taken apart.

    Args:
        outer: the outermost object; empty where the answer is none.
        envelope: where ``infcode`` stands: the outer object, or ``data`` inside a wrapper.
    """

    outer: dict[str, Any]
    envelope: dict[str, Any]

    @classmethod
    def of(cls, value: Any) -> Self:
        """Take a parsed answer apart; whatever is no object is an empty one."""
        outer = value if isinstance(value, dict) else {}
        inner = outer.get("data")
        wrapped = "infcode" not in outer and isinstance(inner, dict) and "infcode" in inner
        return cls(outer, inner if wrapped and isinstance(inner, dict) else outer)

    @property
    def code(self) -> str | None:
        """The result code, None where there is none that can be read."""
        return normal_code(self.envelope.get("infcode"))

    @property
    def error_text(self) -> str:
        """The error text, from whichever key this layer uses."""
        present = next((key for key in _ERROR_KEYS if key in self.envelope), "")
        return as_text(self.envelope.get(present)) if present else ""

    @property
    def output(self) -> Any | None:
        """The output; a wrapper without an envelope hands over its data."""
        value = self.envelope.get("output") if "infcode" in self.envelope else self.outer.get("data")
        return None if value == "" else value

    @property
    def wrapped(self) -> bool:
        """Whether a front layer put its own object around the envelope."""
        return self.outer is not self.envelope

    @property
    def contradicts_itself(self) -> bool:
        """Whether a wrapper speaks of an error around an envelope that speaks of success."""
        return self.wrapped and self.outer.get("type") == "error"

    def word(self, key: str) -> str:
        """Return one field of the envelope as text."""
        return as_text(self.envelope.get(key))


def normal_code(value: object) -> str | None:
    """Return a result code as a plain integer's text: ``0`` for 0, "0" and 0.0; None for what is no integer."""
    if isinstance(value, Decimal):
        value = f"{value:f}".removesuffix(".0") if abs(value.adjusted()) < 10 else ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip() if isinstance(value, str) or abs(value) < 10**9 else ""
    return str(int(text)) if _INTEGER.fullmatch(text) else None


def as_text(value: object) -> str:
    """Return a field as text: a string as it is, nothing for null, anything else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return ""


def judge(
    message: Message, text: str, http_status: int, transaction: Transaction, texts: AnswerTexts
) -> Verdict:
    """Return what an answer proves.

    Args:
        message: the answer, taken apart.
        text: the answer, as text.
        http_status: HTTP status code.
        transaction: what was asked.
        texts: what this site's texts mean.
    """
    code = message.code
    if code is not None and _counts(code, http_status):
        return _by_code(code, message, transaction, texts)
    if says(texts.not_executed, text):
        return Verdict(Outcome.GATEWAY_REFUSED, "gateway_refused")
    if http_status == _UNAUTHORISED and code is None:
        return Verdict(Outcome.GATEWAY_REFUSED, "gateway_401")
    if not _fine(http_status):
        return Verdict(Outcome.UNKNOWN, f"http_{http_status}")
    return _without_code(message, text, transaction)


def _fine(http_status: int) -> bool:
    return 200 <= http_status < 300


def _counts(code: str, http_status: int) -> bool:
    # behind a 5xx the answer may be a half-way layer's; a 4xx with infcode -1 says "no" twice
    return _fine(http_status) or (400 <= http_status < 500 and code == "-1")


def _by_code(code: str, message: Message, transaction: Transaction, texts: AnswerTexts) -> Verdict:
    error = message.error_text
    if code == "0":
        return _by_success(error, message, transaction, texts)
    if says(texts.busy, error):
        return Verdict(Outcome.BUSY, "busy")
    if says(texts.uncertain, error):
        return Verdict(Outcome.UNKNOWN, "answer_lost_below")
    if code == "-1":
        return Verdict(Outcome.REFUSED)
    if message.output:
        return Verdict(Outcome.SUSPICIOUS, "strange_infcode")
    return Verdict(Outcome.REFUSED) if error.strip() else Verdict(Outcome.UNKNOWN, "strange_infcode")


def _by_success(error: str, message: Message, transaction: Transaction, texts: AnswerTexts) -> Verdict:
    if error.strip() and not _whole(texts.success, error.strip()):
        return Verdict(Outcome.SUSPICIOUS, "success_with_error")
    if message.contradicts_itself:
        return Verdict(Outcome.SUSPICIOUS, "wrapper_says_error")
    if _lacks_output(message.output, transaction):
        return Verdict(Outcome.SUSPICIOUS, "output_missing")
    return Verdict(Outcome.OK)


def _lacks_output(output: Any | None, transaction: Transaction) -> bool:
    node = transaction.output_node
    if not node or transaction.kind is Kind.SEARCH:
        return False
    if isinstance(output, str):
        return not output  # encrypted output (Jilin) cannot be looked into
    if not isinstance(output, dict):
        return True
    values = [value for name, value in output.items() if name.lower() == node.lower()]
    return not any(value is not None and value not in ({}, [], "") for value in values)


def _without_code(message: Message, text: str, transaction: Transaction) -> Verdict:
    if not text.strip():
        return Verdict(Outcome.UNKNOWN, "answer_empty")
    if not message.outer:
        return Verdict(Outcome.UNKNOWN, "answer_unreadable")
    if _is_gateway(message.outer):
        return Verdict(Outcome.GATEWAY_REFUSED, "gateway_401")
    if transaction.money_class is MoneyClass.QUERY:
        return _by_wrapper(message, transaction)
    return Verdict(Outcome.UNKNOWN, "answer_without_infcode")


def _is_gateway(outer: dict[str, Any]) -> bool:
    # a framework's own wrapper carries a type, and may speak after it acted
    return normal_code(outer.get("code")) == str(_UNAUTHORISED) and not {"type", "data"} & outer.keys()


def _by_wrapper(message: Message, transaction: Transaction) -> Verdict:
    """Judge a query answered by a local service in its own words (1162)."""
    outer = message.outer
    if outer.get("success") is False and "type" not in outer:
        return Verdict(Outcome.REFUSED)
    succeeded = normal_code(outer.get("code")) == "0" and (
        outer.get("type") == "success" or outer.get("success") is True
    )
    if not succeeded:
        return Verdict(Outcome.UNKNOWN, "answer_without_infcode")
    fits = transaction.output_node in ("", "data") or not _lacks_output(message.output, transaction)
    return Verdict(Outcome.OK) if fits else Verdict(Outcome.SUSPICIOUS, "output_missing")


def says(patterns: tuple[str, ...], text: str) -> bool:
    """Tell whether one of a site's patterns is found in a text; only the text's beginning is read."""
    return any(_compiled(pattern).search(text[:_HEAD]) for pattern in patterns)


def _whole(patterns: tuple[str, ...], text: str) -> bool:
    return any(_compiled(pattern).fullmatch(text[:_HEAD]) for pattern in patterns)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
