"""Turns an event into a line: stamped, its exception taken apart, redacted, then JSON or a line for eyes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

import msgspec
import structlog
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

from mi_bridge.logging.redaction import redact_mapping

Event = MutableMapping[str, Any]
Processor = Callable[[Any, str, Event], Any]

_LEVELS = {"warn": "warning", "exception": "error", "fatal": "critical"}
_encoder = msgspec.json.Encoder()


class Stamp:
    """Puts time, level and node in front of an event.

    Args:
        node: this node's name.
    """

    def __init__(self, node: str) -> None:
        self._node = node

    def __call__(self, _logger: Any, method: str, event: Event) -> Event:
        """Return a new event that begins with them, in the order in which people look for them."""
        now = datetime.now().astimezone().isoformat(timespec="milliseconds")
        return {
            "timestamp": now,
            "level": _LEVELS.get(method, method),
            "node": self._node,
            "event": event.pop("event", ""),
            **event,
        }


def redacted(_logger: Any, _method: str, event: Event) -> Event:
    """Mask what must not leave (a structlog processor)."""
    return redact_mapping(event)


def as_json(_logger: Any, _method: str, event: Event) -> bytes:
    """Return the event as one line of JSON, UTF-8. Expects redacted values, which are plain JSON data."""
    try:
        return _encoder.encode(event) + b"\n"
    except UnicodeEncodeError:  # a lone surrogate, which HIS can send: escaped, it is still a line
        return json.dumps(event).encode() + b"\n"


class ForEyes:
    """Renders an event for a person.

    Args:
        colors: whether the reader is a terminal.
    """

    def __init__(self, *, colors: bool) -> None:
        self._renderer = structlog.dev.ConsoleRenderer(colors=colors)

    def __call__(self, logger: Any, method: str, event: Event) -> bytes:
        """Return one line, or several for an exception."""
        text = self._renderer(logger, method, event)
        return text.encode(errors="backslashreplace") + b"\n"


def chain(layout: str, node: str, *, colors: bool = False) -> list[Processor]:
    """Return the processors for a layout.

    Args:
        layout: ``json`` or ``console``.
        node: this node's name.
        colors: for ``console``: whether the reader is a terminal.
    """
    if layout == "json":
        taken_apart = ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=20))
        return [structlog.contextvars.merge_contextvars, taken_apart, redacted, Stamp(node), as_json]
    as_text = structlog.processors.format_exc_info
    return [structlog.contextvars.merge_contextvars, as_text, redacted, Stamp(node), ForEyes(colors=colors)]


def run(processors: list[Processor], method: str, event: Mapping[str, Any]) -> bytes:
    """Pass an event through a chain, as structlog does."""
    result: Any = dict(event)
    for process in processors:
        result = process(None, method, result)
    return bytes(result)
