from __future__ import annotations

import time

import pytest

from mi_bridge.errors import NotSent
from mi_bridge.insurer.transport.gate import FirstByteGate


async def test_it_opens_on_the_event_before_the_first_byte_of_any_transport() -> None:
    for event in ("http11.send_request_headers.started", "http2.send_request_headers.started"):
        gate = FirstByteGate()
        await gate(event, {})
        assert gate.opened
        assert not gate.proves_nothing_left


async def test_other_events_leave_it_closed_and_prove_that_nothing_left() -> None:
    gate = FirstByteGate()
    await gate("connection.connect_tcp.started", {})
    assert gate.proves_nothing_left


def test_a_gate_nobody_called_proves_nothing() -> None:
    assert not FirstByteGate().proves_nothing_left


async def test_what_is_late_does_not_pass() -> None:
    gate = FirstByteGate(not_after=time.monotonic() - 0.001)
    with pytest.raises(NotSent, match="deadline_passed"):
        await gate("http11.send_request_headers.started", {})
    assert gate.proves_nothing_left


async def test_what_is_in_time_passes() -> None:
    gate = FirstByteGate(not_after=time.monotonic() + 60)
    await gate("http11.send_request_headers.started", {})
    assert gate.opened
