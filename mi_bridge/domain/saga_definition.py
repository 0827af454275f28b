"""A saga's definition as the database keeps it: JSON, in one canonical form, named by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from mi_bridge.domain.exact_json import read, write
from mi_bridge.domain.saga import Compensation, SagaDefinition, Step


def define(code: str, name: str, steps: tuple[Step, ...]) -> SagaDefinition:
    """Return a definition with its text and digest."""
    text = write({"name": name, "steps": [_written(step) for step in steps]})
    return SagaDefinition(code, name, steps, text, hashlib.sha256(text.encode()).hexdigest())


def restore(code: str, text: str) -> SagaDefinition:
    """Return the definition a text holds, as `define` wrote it.

    Raises:
        ValueError: the text is damaged.
    """
    try:
        stored = read(text)
        return define(code, str(stored["name"]), tuple(map(_step, stored["steps"])))
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"the stored definition of saga {code} is damaged ({fault!r})") from None


def _written(step: Step) -> dict[str, Any]:
    undoing = step.compensation
    return {
        "code": step.code,
        "infno": step.infno,
        "input": step.input,
        "compensation": {"infno": undoing.infno, "input": undoing.input} if undoing else None,
        "reason": step.reason,
    }


def _step(stored: Mapping[str, Any]) -> Step:
    undoing = stored["compensation"]
    compensation = Compensation(undoing["infno"], undoing["input"]) if undoing else None
    return Step(stored["code"], stored["infno"], stored["input"], compensation, stored["reason"])
