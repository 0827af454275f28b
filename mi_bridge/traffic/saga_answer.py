"""What an answer offers to a saga's later steps, its numbers exactly as the platform wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_bridge.domain.exact_json import read
from mi_bridge.insurer.verdict import Message


def answer_parts(text: str) -> Mapping[str, Any]:
    """Return ``output`` and ``inf_refmsgid`` of an answer; nothing of one that cannot be read.

    Args:
        text: the whole answer, with or without a framework's wrapper around it.
    """
    try:
        message = Message.of(read(text))
    except ValueError:
        return {}
    return {"output": message.output, "inf_refmsgid": message.envelope.get("inf_refmsgid")}
