"""Compares what can carry a message to the insurer, in one run on this machine.

    python scripts/bench_parts/transports.py            prints a table, about three minutes
    python scripts/bench_parts/transports.py --json     one JSON object instead

Each cell is a median of three: requests/s and CPU microseconds of the client per request, POST of 1 kB, against
the stub insurer in a process of its own. The rounds go through all transports in turn, so that a busy moment
of the machine hits all of them alike. Needs httpx-aiohttp, for comparison only.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport as HttpxAiohttpTransport

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from mi_bridge.insurer.transport import Wire, build_transport  # noqa: E402 - from the checkout, installed or not
from scripts.bench_parts.direct_transport import DirectTransport  # noqa: E402 - the same

ROUNDS = 3
BODY = b'{"infno":"1101","input":{"data":{"psn_no":"99010100000000000001"}}}'.ljust(1000)
HEADERS = (("content-type", "application/json; charset=utf-8"),)
LOADS = ((0, 1), (0, 64), (0, 200), (50, 1), (50, 64), (50, 200), (50, 400))
LIMIT = 400

Send = Callable[[], Awaitable[None]]
Cell = tuple[str, int, int]


def _httpx() -> httpx.AsyncBaseTransport:
    limits = httpx.Limits(max_connections=LIMIT, max_keepalive_connections=LIMIT)
    return httpx.AsyncHTTPTransport(trust_env=False, limits=limits)


def _httpx_aiohttp() -> httpx.AsyncBaseTransport:
    transport: httpx.AsyncBaseTransport = HttpxAiohttpTransport(
        verify=ssl.create_default_context(), trust_env=False, limits=httpx.Limits(max_connections=LIMIT)
    )
    return transport


class _Aiohttp(httpx.AsyncBaseTransport):
    """aiohttp's own client, so that it can be closed like the others."""

    def __init__(self) -> None:
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=LIMIT))

    async def aclose(self) -> None:
        await self.session.close()


def _called(transport: _Aiohttp, url: str) -> Send:
    async def send() -> None:
        async with transport.session.post(url, data=BODY, headers=dict(HEADERS)) as response:
            await response.read()

    return send


def _ours() -> httpx.AsyncBaseTransport:
    return build_transport(limit=LIMIT)


def _direct(transport: httpx.AsyncBaseTransport, url: str) -> Send:
    target = httpx.URL(url)
    lines = [(b"host", target.netloc), (b"content-length", str(len(BODY)).encode())]
    lines += [(name.encode(), value.encode()) for name, value in HEADERS]

    async def send() -> None:
        request = httpx.Request("POST", target, headers=lines, stream=httpx.ByteStream(BODY))
        response = await transport.handle_async_request(request)
        await response.aread()
        await response.aclose()

    return send


def _client(transport: httpx.AsyncBaseTransport, url: str) -> Send:
    client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=30)

    async def send() -> None:
        await client.post(url, content=BODY, headers=dict(HEADERS))

    return send


def _wire(transport: httpx.AsyncBaseTransport, url: str) -> Send:
    wire = Wire(transport)

    async def send() -> None:
        await wire.post(url, HEADERS, BODY, timeout_s=30, not_after=time.monotonic() + 30)

    return send


CANDIDATES: dict[str, tuple[Callable[[], httpx.AsyncBaseTransport], Callable[..., Send]]] = {
    "httpx, its own AsyncHTTPTransport": (_httpx, _direct),
    "httpx-aiohttp's transport": (_httpx_aiohttp, _direct),
    "aiohttp's client, called directly": (_Aiohttp, _called),
    "ours, over httpx's port": (_ours, _direct),
    "ours, under httpx.AsyncClient": (_ours, _client),
    "ours, under Wire (what the bridge uses)": (_ours, _wire),
    "reference: bare asyncio.Protocol over httpx's port": (DirectTransport, _direct),
}


async def _load(send: Send, concurrency: int, seconds: float) -> tuple[float, float]:
    """Return requests/s and CPU microseconds per request."""

    async def work(until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            await send()
            done += 1
        return done

    async def spell(length: float) -> int:
        until = time.perf_counter() + length
        return sum(await asyncio.gather(*(work(until) for _ in range(concurrency))))

    await spell(seconds / 4)
    started, cpu = time.perf_counter(), time.process_time()
    done = await spell(seconds)
    return done / (time.perf_counter() - started), (time.process_time() - cpu) / done * 1e6


async def _measure(name: str, url: str, concurrency: int, seconds: float) -> tuple[float, float]:
    make, user = CANDIDATES[name]
    transport = make()
    try:
        return await _load(user(transport, url), concurrency, seconds)
    finally:
        await transport.aclose()


@contextmanager
def stub_insurer(delay_ms: int) -> Iterator[str]:
    """Run the stub insurer in a process of its own; yield its URL."""
    command = [sys.executable, str(FOLDER / "stub_insurer.py"), "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - for the type checker
            yield f"http://127.0.0.1:{process.stdout.readline().strip().removeprefix('port=')}/fsi/api/1101"
        finally:
            process.terminate()


def _run(main: Callable[[], Awaitable[tuple[float, float]]]) -> tuple[float, float]:
    async def start() -> tuple[float, float]:
        return await main()

    if sys.platform == "win32":
        return asyncio.run(start())
    import uvloop

    result: tuple[float, float] = uvloop.run(start())
    return result


def measure_all(seconds: float) -> dict[Cell, tuple[float, float]]:
    """Return the medians of requests/s and of CPU microseconds, by transport, delay and concurrency."""
    seen: dict[Cell, list[tuple[float, float]]] = {}
    for delay_ms, concurrency in LOADS:
        with stub_insurer(delay_ms) as url:
            for _ in range(ROUNDS):
                for name in CANDIDATES:
                    job = functools.partial(_measure, name, url, concurrency, seconds)
                    seen.setdefault((name, delay_ms, concurrency), []).append(_run(job))
    return {cell: _medians(figures) for cell, figures in seen.items()}


def _medians(figures: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(rate for rate, _ in figures), statistics.median(cpu for _, cpu in figures)


def _table(medians: dict[Cell, tuple[float, float]]) -> str:
    lines = ["| requests/s · CPU µs | " + " | ".join(f"{d} ms, {c}" for d, c in LOADS) + " |"]
    lines.append("|---|" + "--:|" * len(LOADS))
    for name in CANDIDATES:
        cells = (medians[(name, delay, concurrency)] for delay, concurrency in LOADS)
        lines.append(f"| {name} | " + " | ".join(f"{rate:,.0f} · {cpu:,.0f}" for rate, cpu in cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement")
    arguments = parser.parse_args()
    medians = measure_all(arguments.seconds)
    if not arguments.json:
        print(_table(medians))
        return
    keys = ("transport", "delay_ms", "concurrency", "requests_per_second", "cpu_us")
    print(
        json.dumps(
            {"cells": [dict(zip(keys, (*cell, *pair), strict=True)) for cell, pair in medians.items()]}
        )
    )


if __name__ == "__main__":
    main()
