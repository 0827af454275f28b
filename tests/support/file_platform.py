"""A platform that takes and gives files without keeping them in memory, on loopback and in a thread of its own."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_KEPT = 2 * 1024 * 1024
_CHUNK = 256 * 1024


@dataclass
class Taken:
    """A request as it came: its headers, the first bytes of its body, and length and hash of all of it."""

    path: str
    headers: dict[str, str]
    body: bytes
    length: int
    sha256: str


@dataclass
class FilePlatform:
    """Answers every POST with what it is told, and remembers what it got."""

    url: str = ""
    status: int = 200
    content_type: str = "application/octet-stream"
    content: Callable[[], Iterable[bytes]] = lambda: (b"PK\x03\x04",)
    length: int = 4
    taken: list[Taken] = field(default_factory=list)

    def answer(self, body: bytes, content_type: str, status: int = 200) -> None:
        self.content, self.length = lambda: (body,), len(body)
        self.content_type, self.status = content_type, status

    def stream(self, chunk: bytes, times: int) -> None:
        self.content, self.length = lambda: (chunk for _ in range(times)), len(chunk) * times


@contextmanager
def file_platform() -> Iterator[FilePlatform]:
    """Run one within a block of code."""
    platform = FilePlatform()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            platform.taken.append(self._take())
            self.send_response(platform.status)
            self.send_header("Content-Type", platform.content_type)
            self.send_header("Content-Length", str(platform.length))
            self.end_headers()
            for chunk in platform.content():
                self.wfile.write(chunk)

        def _take(self) -> Taken:
            left = int(self.headers["Content-Length"])
            digest, kept = hashlib.sha256(), b""
            taken = Taken(self.path, {k.lower(): v for k, v in self.headers.items()}, b"", left, "")
            while left and (data := self.rfile.read(min(left, _CHUNK))):
                digest.update(data)
                kept += data[: _KEPT - len(kept)]
                left -= len(data)
            taken.body, taken.sha256 = kept, digest.hexdigest()
            return taken

        def log_message(self, *_: object) -> None:
            """Not on the test's output."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that hang up are what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
