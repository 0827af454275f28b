from __future__ import annotations

import socket

import pytest

from mi_bridge.errors import StoreUnavailable
from mi_bridge.store import free_port as module
from mi_bridge.store.free_port import free_port

HOST = "127.0.0.1"


def test_the_preferred_port_is_taken_when_it_is_free() -> None:
    port = free_port(HOST)
    assert free_port(HOST, preferred=port) == port


def test_a_port_somebody_listens_on_is_not_taken() -> None:
    with socket.create_server((HOST, 0)) as server:
        taken = server.getsockname()[1]
        assert free_port(HOST, preferred=taken) != taken


def test_ports_of_outgoing_connections_are_left_alone() -> None:
    assert all(port < 32_768 for port in (free_port(HOST) for _ in range(20)))


def test_having_no_port_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DRAWS", 0)
    with pytest.raises(StoreUnavailable, match=r"No free TCP port on 127\.0\.0\.1"):
        free_port(HOST)
