from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.transport import Wire, build_transport
from mi_bridge.insurer.transport.factory import tls_context


async def test_a_private_authority_is_trusted_and_its_host_verified(
    raw_server: Callable[..., Any], certificate: Callable[[str], Any]
) -> None:
    def answers(conn: Any) -> None:
        while True:
            conn.read_request()
            conn.answer(b"over TLS")

    made = certificate("127.0.0.1")
    server = raw_server(answers, made.tls)
    wire = Wire(build_transport(ca_bundle=made.path, limit=2, keepalive_s=5, connect_timeout_s=5))
    bodies = [(await wire.post(server.url, [], b"{}", timeout_s=5)).body for _ in range(3)]
    await wire.aclose()
    assert bodies == [b"over TLS"] * 3
    assert server.connections == 1


def test_certificate_and_host_name_are_always_verified(certificate: Callable[[str], Any]) -> None:
    for bundle in (None, certificate("127.0.0.1").path):
        context = tls_context(bundle)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_with_a_bundle_only_its_authorities_are_trusted(certificate: Callable[[str], Any]) -> None:
    assert len(tls_context(certificate("127.0.0.1").path).get_ca_certs()) == 1


@pytest.mark.parametrize("content", [None, "no certificate in here"])
def test_a_bundle_that_cannot_be_used_is_named(content: str | None, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(ConfigurationError, match=r"ca_bundle.*ca\.pem") as caught:
        build_transport(ca_bundle=bundle)
    assert "PEM" in caught.value.remedy
