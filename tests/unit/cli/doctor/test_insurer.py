from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.doctor.insurer import insurer
from mi_bridge.cli.doctor.patient import Level, Patient

Make = Callable[..., Patient]


@contextmanager
def _server(
    *, off_s: float | None = 0.0, garbage: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if garbage:
                self.wfile.write(b"no http at all\r\n\r\n")
                return
            self.send_response_only(404)
            if off_s is not None:
                self.send_header("Date", formatdate(time.time() + off_s, usegmt=True))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]  # a refused handshake is the test's wish
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def _self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _findings(patient: Patient) -> list[tuple[Level, str, str]]:
    return [(one.level, one.message, one.remedy) for one in insurer(patient)]


def test_any_answer_is_a_way_that_is_open(patient: Make) -> None:
    with _server() as port:
        found = _findings(patient(insurer__base_url=f"http://127.0.0.1:{port}"))
    assert [level for level, *_ in found] == [Level.OK, Level.OK]
    assert "HTTP 404" in found[0][1]


def test_a_gateway_without_a_clock_is_not_judged_by_it(patient: Make) -> None:
    with _server(off_s=None) as port:
        found = _findings(patient(insurer__base_url=f"http://127.0.0.1:{port}"))
    assert len(found) == 1


@pytest.mark.parametrize("off_s", [-60, 60])
def test_clocks_apart_are_told(patient: Make, off_s: float) -> None:
    with _server(off_s=off_s) as port:
        found = _findings(patient(insurer__base_url=f"http://127.0.0.1:{port}"))
    assert found[1][0] is Level.WARN
    assert "NTP" in found[1][2]


@pytest.mark.parametrize(("off_s", "level"), [(-60, Level.OK), (0, Level.WARN)])
def test_it_is_the_databases_clock_that_messages_go_by(patient: Make, off_s: float, level: Level) -> None:
    with _server(off_s=off_s) as port:
        ill = patient(insurer__base_url=f"http://127.0.0.1:{port}")
        ill.clock_off_s = 60.0
        found = _findings(ill)
    assert found[1][0] is level
    assert found[1][1].startswith("the database's clock")


def test_nobody_listening(patient: Make) -> None:
    found = _findings(patient(insurer__base_url="http://127.0.0.1:9"))
    assert (found[0][0], len(found)) == (Level.FAIL, 1)
    assert "firewall" in found[0][2]


def test_every_further_address_is_tried(patient: Make) -> None:
    with _server(off_s=None) as port:
        found = _findings(
            patient(
                insurer__base_url=f"http://127.0.0.1:{port}",
                insurer__base_urls__settlement_list="http://127.0.0.1:9",
            )
        )
    assert [level for level, *_ in found] == [Level.OK, Level.FAIL]
    assert "insurer.base_urls.settlement_list" in found[1][2]


def test_something_else_listening(patient: Make) -> None:
    with _server(garbage=True) as port:
        found = _findings(patient(insurer__base_url=f"http://127.0.0.1:{port}"))
    assert found[0][0] is Level.WARN
    assert "no proper answer" in found[0][1]


def test_a_certificate_nobody_vouches_for(patient: Make, tmp_path: Path) -> None:
    certificate, key = _self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with _server(tls=tls) as port:
        url = f"https://127.0.0.1:{port}"
        strange = _findings(patient(insurer__base_url=url))
        known = _findings(patient(insurer__base_url=url, insurer__ca_bundle=certificate))
    assert strange[0][0] is Level.FAIL
    assert "ca_bundle" in strange[0][2]
    assert known[0][0] is Level.OK


def test_a_bundle_that_is_none(patient: Make, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("nothing", encoding="utf-8")
    found = _findings(patient(insurer__ca_bundle=bundle))
    assert (found[0][0], "ca_bundle" in found[0][1]) == (Level.FAIL, True)


def test_without_settings_there_is_nothing_to_reach() -> None:
    assert [one.level for one in insurer(Patient(SettingsChoice()))] == [Level.SKIP]
