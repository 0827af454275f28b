"""The fault table, measured: what each misfortune on the wire looks like, and what it proves.

Every row is provoked on real sockets, on both event loops and on both ways through the transport, and must stand
in the package's docstring word for word. ``pytest -s tests/unit/insurer/transport/test_fault_table.py`` prints the table.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import bad_insurers
import mi_bridge.insurer.transport as package
from mi_bridge.errors import NotSent, TransportError
from mi_bridge.insurer.transport import Wire, WireAnswer, build_transport


@dataclass
class Scene:
    """What a case sends where, and what there is to count afterwards."""

    url: str
    server: Any = None
    ca_bundle: Path | None = None
    connect_timeout_s: float = 10.0
    limit: int = 8
    not_after_s: float | None = None
    others: int = 0
    """Requests that are under way before the one that counts."""
    kept: bool = False
    """Whether it meets a connection that an earlier request has used."""


@dataclass(frozen=True)
class Case:
    """One row of the table: its name, and what brings it about."""

    name: str
    behaviour: Callable[[Any], None] | None = None
    timeout_s: float = 5.0
    body: bytes = b'{"infno":"1101"}'


CASES = (
    Case("connection refused"),
    Case("connect timeout (backlog full)"),
    Case("name not found"),
    Case("certificate not trusted"),
    Case("certificate of another host"),
    Case("plain HTTP on an https port", bad_insurers.plain_answer),
    Case("every connection in use", bad_insurers.silence),
    Case("not_after passes while waiting for a connection", bad_insurers.served_once),
    Case("reset before acting", bad_insurers.reset_before),
    Case("reset after acting", bad_insurers.reset_after),
    Case("closed without a byte, before acting", bad_insurers.close_before),
    Case("closed without a byte, after acting", bad_insurers.close_after),
    Case("silence after acting", bad_insurers.silence, timeout_s=0.3),
    Case("half a head, then closed", bad_insurers.half_head_then_close),
    Case("half an answer, then silence", bad_insurers.half_then_silence, timeout_s=0.3),
    Case("half an answer, then closed (content-length)", bad_insurers.half_then_close),
    Case("half an answer, then closed (chunked)", bad_insurers.chunk_then_close),
    Case("half an answer, then reset", bad_insurers.half_then_reset),
    Case("dripping answer", bad_insurers.drip, timeout_s=0.4),
    Case("garbage instead of HTTP", bad_insurers.garbage),
    Case("headers of 100 kB", bad_insurers.huge_headers),
    Case("change of protocol (101)", bad_insurers.changes_protocol),
    Case("interim answer, then closed", bad_insurers.interim_then_close),
    Case("compressed answer, not asked for", bad_insurers.compressed),
    Case("endless answer", bad_insurers.endless),
    Case("answer 502", bad_insurers.bad_gateway),
    Case("answer 307", bad_insurers.redirect),
    Case("answer before the whole request was read", bad_insurers.early_answer, body=b"x" * 8_000_000),
    Case("kept connection, closed meanwhile", bad_insurers.answers_and_closes),
    Case("kept connection, another answer out of turn", bad_insurers.answers_twice),
    Case("kept connection, reset under our bytes", bad_insurers.resets_the_second),
)


class Witness(httpx.AsyncBaseTransport):
    """Notes what the transport beneath raised, and what that was made of."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.seen: BaseException | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with self.watching():
            response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=WitnessedStream(self, response.stream)
        )

    async def aclose(self) -> None:
        await self._inner.aclose()

    @contextmanager
    def watching(self) -> Iterator[None]:
        try:
            yield
        except BaseException as exc:
            self.seen = exc
            raise

    def words(self) -> str:
        """Return the library's exception and httpx's, as the table has them: what was beneath, and httpx's."""
        if isinstance(self.seen, asyncio.CancelledError):
            return "none: our deadline | –"
        if self.seen is None or isinstance(self.seen, GeneratorExit):
            return "none | –"
        cause = type(self.seen.__cause__).__name__ if self.seen.__cause__ else "none: ours"
        return f"{cause} | {type(self.seen).__name__}"


class WitnessedStream(httpx.AsyncByteStream):
    def __init__(self, witness: Witness, inner: httpx.AsyncByteStream) -> None:
        self._witness = witness
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._witness.watching():
            async for chunk in self._inner:
                yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


@contextmanager
def set_scene(
    case: Case, raw_server: Callable[..., Any], certificate: Callable[[str], Any]
) -> Iterator[Scene]:
    """Set up what a case needs; most need only a server that misbehaves."""
    with contextlib.ExitStack() as stack:
        if case.name == "connection refused":
            yield Scene(stack.enter_context(bound_port(backlog=None)))
        elif case.name == "connect timeout (backlog full)":
            yield Scene(stack.enter_context(bound_port(backlog=0)), connect_timeout_s=0.3)
        elif case.name == "name not found":
            yield Scene("http://insurer.invalid/fsi/api/1101")
        elif case.name == "certificate not trusted":
            server = raw_server(bad_insurers.silence, certificate("127.0.0.1").tls)
            yield Scene(server.url, server)
        elif case.name == "certificate of another host":
            made = certificate("insurer.invalid")
            server = raw_server(bad_insurers.silence, made.tls)
            yield Scene(server.url, server, ca_bundle=made.path)
        else:
            yield scene_of_server(case, raw_server(case.behaviour))


def scene_of_server(case: Case, server: Any) -> Scene:
    if case.behaviour is bad_insurers.plain_answer:
        return Scene(server.url.replace("http:", "https:"), server)
    if case.name == "every connection in use":
        return Scene(server.url, server, limit=1, others=1, connect_timeout_s=0.3)
    if case.name.startswith("not_after"):
        return Scene(server.url, server, limit=1, others=1, not_after_s=0.2)
    return Scene(server.url, server, kept=case.name.startswith("kept"))


@contextmanager
def bound_port(backlog: int | None) -> Iterator[str]:
    """Yield the URL of a port that refuses (None) or whose queue of connections is full."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        if backlog is not None:
            listener.listen(backlog)
            for _ in range(backlog + 4):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/fsi/api/1101"


async def provoke(
    case: Case, scene: Scene, transport: httpx.AsyncBaseTransport, words: Callable[[], str]
) -> str:
    """Send one request into the scene and return what comes of it."""
    wire = Wire(transport, max_answer_bytes=1_000_000)
    if scene.kept:
        await send(wire, scene, case, timeout_s=5)
        await asyncio.sleep(0.1)
    before = [asyncio.create_task(send(wire, scene, case, timeout_s=5)) for _ in range(scene.others)]
    await asyncio.sleep(0.1 if before else 0)
    not_after = None if scene.not_after_s is None else time.monotonic() + scene.not_after_s
    result = await send(wire, scene, case, timeout_s=case.timeout_s, not_after=not_after)
    row = f"{words()}{verdict(result)} | {acted(scene)} |"
    for task in before:
        task.cancel()
    await asyncio.gather(*before, return_exceptions=True)
    await wire.aclose()
    return row


def transport_for(scene: Scene) -> httpx.AsyncBaseTransport:
    return build_transport(
        ca_bundle=scene.ca_bundle,
        limit=scene.limit,
        keepalive_s=15,
        connect_timeout_s=scene.connect_timeout_s,
    )


async def row_of(case: Case, scene: Scene) -> str:
    """Return the case's row, over the port."""
    witness = Witness(transport_for(scene))
    return await provoke(case, scene, witness, lambda: f"| {case.name} | {witness.words()} | ")


async def end_of_row(case: Case, scene: Scene) -> str:
    """Return the end of the case's row, over Wire's short way to our transport."""
    return await provoke(case, scene, transport_for(scene), lambda: "")


async def send(
    wire: Wire, scene: Scene, case: Case, *, timeout_s: float, not_after: float | None = None
) -> WireAnswer | TransportError:
    try:
        return await wire.post(
            scene.url,
            [("content-type", "application/json")],
            case.body,
            timeout_s=timeout_s,
            not_after=not_after,
        )
    except TransportError as exc:
        return exc


def verdict(result: WireAnswer | TransportError) -> str:
    if isinstance(result, WireAnswer):
        return f"an answer, HTTP {result.http_status} | no"
    return f"`{result.fault}` | {'**yes**' if isinstance(result, NotSent) else 'no'}"


def acted(scene: Scene) -> str:
    count = len(scene.server.requests) - scene.others - scene.kept if scene.server else 0
    return {0: "no", 1: "yes"}[count]


def loops() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    if sys.platform == "win32":
        return {"asyncio": asyncio.new_event_loop}
    import uvloop

    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.mark.parametrize("loop", loops())
@pytest.mark.parametrize("way", [row_of, end_of_row])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_row_of_the_table_is_as_documented(
    case: Case,
    way: Callable[..., Any],
    loop: str,
    raw_server: Callable[..., Any],
    certificate: Callable[[str], Any],
) -> None:
    if sys.platform == "win32" and case.name.startswith("connect timeout"):
        pytest.skip("Windows refuses what does not fit in the queue")
    with (
        set_scene(case, raw_server, certificate) as scene,
        asyncio.Runner(loop_factory=loops()[loop]) as runner,
    ):
        row = runner.run(way(case, scene))
    print(row)  # noqa: T201 - pytest -s prints the table
    assert any(
        line.startswith(f"| {case.name} |") and line.endswith(row)
        for line in (package.__doc__ or "").splitlines()
    )


def test_documented_table_has_no_other_rows() -> None:
    lines = [
        line for line in (package.__doc__ or "").splitlines() if line.startswith("| ") and " | `" in line
    ]
    assert {line.split(" | ")[0][2:] for line in lines} <= {case.name for case in CASES}
