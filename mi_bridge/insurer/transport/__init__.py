"""The way to the insurer: one message out, one answer back."""

from __future__ import annotations

from mi_bridge.insurer.transport.factory import build_transport
from mi_bridge.insurer.transport.wire import Wire, WireAnswer

__all__ = ["Wire", "WireAnswer", "build_transport"]
