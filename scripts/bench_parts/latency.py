"""What the bridge adds to the insurer's own time, at a fixed rate that does not wait for answers.

Counted for each request from the moment its submit has returned to HIS (so it is committed) until another session sees the
answer; minus what the stub, on average, really took. Both moments on this machine's clock. Everything else is the bridge's:
picking up, sending, the network, recording. Rates come after a spell of idleness and after a burst, in turn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

from scripts.bench_parts.figures import Figure, at_most, percentile
from scripts.bench_parts.stand import (
    BenchError,
    Database,
    Stand,
    Stub,
    all_done,
    input_text,
    statement,
    wait_until,
)

RATES = (50, 500)
SPELLS = ("idle", "busy")
DELAY_MS = 20
_CODE = "1101"
_IDLE_S = 6.0  # longer than the five seconds after which the bridge looks less often
_BURST = 2000
_PATIENCE_S = 30


@dataclass(slots=True)
class Sample:
    """What one spell at one rate gave.

    Args:
        added_ms: for each request, milliseconds.
    """

    added_ms: list[float] = field(default_factory=list)


def measure(stand: Stand, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """Go through all spells and rates as often as told, on one node that stays up."""
    found: dict[tuple[int, str], list[Sample]] = {(rate, spell): [] for rate in RATES for spell in SPELLS}
    with stand.database() as database, stand.stub(DELAY_MS) as stub, stand.node(database, stub):
        _create_observer(database)
        for _ in range(rounds):
            for (rate, spell), samples in found.items():
                _spell(database, spell)
                samples.append(_sample(database, stub, rate, round(rate * seconds)))
    for (rate, spell), samples in found.items():
        yield from _figures(rate, spell, samples)


def _figures(rate: int, spell: str, samples: list[Sample]) -> Iterator[Figure]:
    for share, limit in ((0.5, 5), (0.99, 15)):
        word = f"p{share * 100:g}"
        values = [percentile(sample.added_ms, share) for sample in samples]
        title = f"added latency {word}, {rate}/s after {'an idle' if spell == 'idle' else 'a busy'} spell"
        yield Figure(f"latency.{rate}.{spell}.{word}", title, "ms", values, at_most(limit))


def _create_observer(database: Database) -> None:
    """Make the observer's table and procedure: two statements of one file."""
    table, _, procedure = statement("watch").partition(";\n")
    with closing(database.connect()) as connection:
        connection.execute(table)
        connection.execute(procedure)


def _spell(database: Database, spell: str) -> None:
    if spell == "idle":
        time.sleep(_IDLE_S)
        return
    database.rows("fill", _BURST, _CODE, input_text(_CODE))
    wait_until(all_done(database), "the burst's answers")


def _sample(database: Database, stub: Stub, rate: int, requests: int) -> Sample:
    database.run("forget_seen")
    before = stub.counters()
    watcher = _Watcher(database, requests)
    watcher.start()
    committed = _submit(database, rate, requests)
    watcher.join()
    after = stub.counters()
    seen = dict(tuple(row) for row in database.rows("seen"))
    if seen.keys() != committed.keys():
        raise BenchError(f"{len(committed)} submitted, {len(seen)} answers seen.")
    insurer_s = (after["delay_seconds"] - before["delay_seconds"]) / requests
    return Sample([(seen[number] - at - insurer_s) * 1000 for number, at in committed.items()])


def _submit(database: Database, rate: int, requests: int) -> dict[int, float]:
    """Submit on schedule, late ones at once; return each request's number and when its submit had returned."""
    committed: dict[int, float] = {}
    template, text = input_text(_CODE), statement("submit")
    with closing(database.connect()) as connection:
        cursor = connection.cursor()
        start = time.perf_counter() + 0.2  # the watcher is looking by then
        for turn in range(requests):
            time.sleep(max(0.0, start + turn / rate - time.perf_counter()))
            row = cursor.execute(text, _CODE, template.replace("{{psn_no}}", f"{turn:020d}")).fetchone()
            committed[row[0]] = time.time()
    return committed


class _Watcher(threading.Thread):
    """Waits inside the database and notes when each answer becomes visible."""

    def __init__(self, database: Database, requests: int) -> None:
        super().__init__(name="watcher", daemon=True)
        self._connection = database.connect()
        self._requests = requests

    def run(self) -> None:
        with closing(self._connection) as connection:
            connection.execute(statement("observer_session")).fetchall()
            connection.execute(statement("watch_call"), self._requests, _PATIENCE_S)
