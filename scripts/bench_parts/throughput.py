"""How many requests a second one node carries, and what each costs.

An open queue of N rows becomes visible by one commit to a node that is running and idle. Measured from that commit to the
last answer written, both on the database's clock; CPU from the same commit to the last answer, without the start-up.
"""

from __future__ import annotations

import pstats
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.bench_parts.figures import Figure, at_least, at_most
from scripts.bench_parts.stand import (
    BenchError,
    Database,
    NodeProcess,
    Stand,
    Stub,
    all_done,
    input_text,
    statement,
    wait_until,
)

CODES = {"Q": "1101", "M": "2207"}
DELAYS_MS = (0, 50)
_MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Run:
    """One run's figures.

    Args:
        rate: requests a second.
        node_us: CPU of the bridge for one request, microseconds.
        server_us: CPU of PostgreSQL for one request, microseconds.
        stub_us: CPU of the stub for one request, microseconds.
        peak_mb: the bridge's memory at its highest.
    """

    rate: float
    node_us: float
    server_us: float
    stub_us: float
    peak_mb: float


def measure(stand: Stand, *, rows: int, rounds: int) -> Iterator[Figure]:
    """Run every class and delay in turn, so that a busy moment of the machine hits all alike."""
    cells = [(letter, delay) for delay in DELAYS_MS for letter in CODES]
    runs: dict[tuple[str, int], list[Run]] = {cell: [] for cell in cells}
    for _ in range(rounds):
        for letter, delay in cells:
            runs[letter, delay].append(one_run(stand, CODES[letter], delay, rows))
    for delay in DELAYS_MS:
        yield from _rates(runs, delay)
    for delay in DELAYS_MS:
        yield from _costs(runs, delay)
    peaks = [run.peak_mb for found in runs.values() for run in found]
    yield Figure("throughput.memory_peak", "memory of the bridge at its highest, under load", "MB", peaks)


def _rates(runs: dict[tuple[str, int], list[Run]], delay: int) -> Iterator[Figure]:
    for letter in CODES:
        target = at_least(5000) if letter == "Q" else None
        yield Figure(
            f"throughput.{letter.lower()}.{delay}ms",
            f"throughput, class {letter}, insurer {delay} ms",
            "requests/s",
            [run.rate for run in runs[letter, delay]],
            target,
        )
    ratios = [m.rate / q.rate for m, q in zip(runs["M", delay], runs["Q", delay], strict=True)]
    yield Figure(
        f"throughput.ratio.{delay}ms",
        f"class M as a share of class Q, {delay} ms",
        "×",
        ratios,
        at_least(0.6),
    )


def _costs(runs: dict[tuple[str, int], list[Run]], delay: int) -> Iterator[Figure]:
    for letter in CODES:
        found, key = runs[letter, delay], f"{letter.lower()}.{delay}ms"
        where = f"class {letter}, {delay} ms"
        yield Figure(
            f"cpu.bridge.{key}",
            f"CPU of the bridge, {where}",
            "µs/request",
            [r.node_us for r in found],
            at_most(250),
        )
        yield Figure(
            f"cpu.postgresql.{key}", f"CPU of PostgreSQL, {where}", "µs/request", [r.server_us for r in found]
        )
        yield Figure(f"cpu.stub.{key}", f"CPU of the stub, {where}", "µs/request", [r.stub_us for r in found])


def one_run(stand: Stand, code: str, delay_ms: int, rows: int) -> Run:
    """Drain one queue.

    Raises:
        BenchError: not every request was answered with OK, or one was sent twice.
    """
    with (
        stand.database() as database,
        stand.stub(delay_ms) as stub,
        _queued(database, code, rows) as commit,
        stand.node(database, stub) as node,
    ):
        return _drained(stand, database, stub, node, commit, rows)


@contextmanager
def _queued(database: Database, code: str, rows: int) -> Iterator[Callable[[], None]]:
    """Fill the queue in a transaction that is still open."""
    connection = database.connect(autocommit=False)
    try:
        connection.execute(statement("fill"), rows, code, input_text(code)).fetchall()
        connection.execute(statement("analyze"))
        yield connection.commit
    finally:
        connection.close()


def _drained(
    stand: Stand, database: Database, stub: Stub, node: NodeProcess, commit: Callable[[], None], rows: int
) -> Run:
    stub_before, node_before, server_before = stub.counters()["cpu_seconds"], node.cpu(), stand.server_cpu()
    began = database.value("clock")
    commit()
    wait_until(lambda: stub.counters()["requests"] >= rows, "all requests to arrive at the stub", step_s=0.05)
    wait_until(all_done(database), "all answers", step_s=0.01)
    node_s, server_s, peak = (
        node.cpu() - node_before,
        stand.server_cpu() - server_before,
        node.memory(peak=True),
    )
    counted = stub.counters()
    answered, ended = database.rows("outcome")[0]
    if answered != rows or counted["requests"] != rows:
        raise BenchError(f"{rows} queued, {counted['requests']:.0f} sent, {answered} answered with OK.")
    per_request = _MICRO / rows
    return Run(
        rate=rows / (ended - began),
        node_us=node_s * per_request,
        server_us=server_s * per_request,
        stub_us=(counted["cpu_seconds"] - stub_before) * per_request,
        peak_mb=peak,
    )


def print_profile(path: Path, lines: int = 30) -> None:
    """Print where the event loop's time went."""
    pstats.Stats(str(path)).sort_stats("tottime").print_stats(lines)
