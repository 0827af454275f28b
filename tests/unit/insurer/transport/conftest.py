"""A server of raw sockets that misbehaves as told, on loopback and in threads of its own."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


class RawConnection:
    """One accepted connection, for a behaviour to use or abuse."""

    def __init__(self, server: RawServer, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self.buffer = b""

    def read_head(self) -> bytes:
        while b"\r\n\r\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the client has gone")
            self.buffer += data
        return self.buffer.partition(b"\r\n\r\n")[0]

    def read_request(self) -> bytes:
        """Read one request and act on it, as far as this server acts on anything."""
        head = self.read_head()
        match = LENGTH.search(head)
        size = len(head) + 4 + (int(match[1]) if match else 0)
        while len(self.buffer) < size:
            self.buffer += self.sock.recv(65536)
        message, self.buffer = self.buffer[:size], self.buffer[size:]
        self.server.requests.append(message)
        return message

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, body: bytes = b'{"infcode":0}', *, status: str = "200 OK", extra: bytes = b"") -> None:
        length = str(len(body)).encode()
        self.send(
            b"HTTP/1.1 "
            + status.encode()
            + b"\r\nContent-Length: "
            + length
            + b"\r\n"
            + extra
            + b"\r\n"
            + body
        )

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def hang(self) -> None:
        """Stay open and silent until the test is over."""
        self.server.stopping.wait()


class RawServer:
    """Accepts on loopback and hands every connection to a behaviour."""

    def __init__(self, behaviour: Callable[[RawConnection], None], tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour
        self.tls = tls
        self.stopping = threading.Event()
        self.requests: list[bytes] = []
        self.connections = 0
        self.threads: list[threading.Thread] = []
        self.socks: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/fsi/api/1101"
        self._start(self._accept)

    def close(self) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in self.socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)

    def _start(self, target: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(20)
        with contextlib.suppress(OSError), contextlib.closing(self._greet(sock)) as greeted:
            self.socks.append(greeted)
            self.behaviour(RawConnection(self, greeted))

    def _greet(self, sock: socket.socket) -> socket.socket:
        try:
            return self.tls.wrap_socket(sock, server_side=True) if self.tls else sock
        except OSError:
            sock.close()
            raise


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and its server's context."""

    path: Path
    tls: ssl.SSLContext


@pytest.fixture
def raw_server() -> Iterator[Callable[..., RawServer]]:
    """Return what starts a server with a behaviour."""
    servers: list[RawServer] = []

    def start(behaviour: Callable[[RawConnection], None], tls: ssl.SSLContext | None = None) -> RawServer:
        servers.append(RawServer(behaviour, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Certificate]:
    """Return what makes a self-signed certificate for an IP address or a host name."""

    def make(name: str) -> Certificate:
        folder = tmp_path_factory.mktemp("tls")
        key = ec.generate_private_key(ec.SECP256R1())
        path = folder / "certificate.pem"
        path.write_bytes(_self_signed(name, key).public_bytes(serialization.Encoding.PEM))
        (folder / "key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(path, folder / "key.pem")
        return Certificate(path, tls)

    return make


def _self_signed(name: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "insurer for tests")])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    )
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1))
    builder = builder.not_valid_after(now + dt.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
