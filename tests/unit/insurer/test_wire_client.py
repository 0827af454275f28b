from __future__ import annotations

import time

import httpx
import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.errors import NotSent, OutcomeUnknown
from mi_bridge.insurer.transport import Wire
from mi_bridge.insurer.wire_client import WireClient, unanswered


class Closable(httpx.AsyncBaseTransport):
    closed = False

    async def aclose(self) -> None:
        self.closed = True


@pytest.mark.parametrize("owned", [True, False])
async def test_only_an_own_transport_is_closed(owned: bool) -> None:
    transport = Closable()
    async with WireClient(Wire(transport), owned=owned):
        assert not transport.closed
    assert transport.closed is owned


def test_what_never_left_is_told_from_what_may_have_acted() -> None:
    began = time.monotonic()
    unsent = unanswered(NotSent("connect_refused"), began)
    assert (unsent.outcome, unsent.fault) == (Outcome.NOT_SENT, "connect_refused")
    assert unsent.err_msg == "报文没有送达医保平台（connect_refused）。"
    unknown = unanswered(OutcomeUnknown("read_timeout"), began, platform="移动支付平台")
    assert (unknown.outcome, unknown.fault) == (Outcome.UNKNOWN, "read_timeout")
    assert unknown.err_msg == "报文已发出，但没有得到完整的应答，结果未知（read_timeout）。"
