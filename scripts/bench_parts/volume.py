"""Whether claims and submits grow slower with the years: the same calls on an empty database and on one full of past requests.

Off unless ``--volume ROWS`` says how many; ten million take about 20 GB and half an hour.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import closing

from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim
from scripts.bench_parts.figures import Figure, at_most
from scripts.bench_parts.stand import Database, Stand, input_text
from scripts.bench_parts.submit import block_ms

_CODE = "1101"
_CHUNK = 100_000
_CLAIMS = 100
_BATCH = 20


def measure(stand: Stand, *, rows: int, blocks: int) -> Iterator[Figure]:
    """Compare an empty database with a full one, blocks of either in turn."""
    with stand.database() as empty, stand.database() as full:
        _fill(full, rows)
        for database in (empty, full):
            database.run("settle")
        submits = [(_submit_ms(empty), _submit_ms(full)) for _ in range(blocks)]
        claims = [(_claim_ms(empty), _claim_ms(full)) for _ in range(blocks)]
    for name, pairs in (("submit", submits), ("claim", claims)):
        title = f"{name} with {rows:,} finished rows, as a multiple of none"
        yield Figure(
            f"volume.{name}.ratio", title, "×", [after / before for before, after in pairs], at_most(1.1)
        )
        yield Figure(f"volume.{name}.empty", f"{name}, empty tables", "ms", [before for before, _ in pairs])
        yield Figure(f"volume.{name}.full", f"{name}, full tables", "ms", [after for _, after in pairs])


def _fill(database: Database, rows: int) -> None:
    for first in range(1, rows + 1, _CHUNK):
        database.run("finished_rows", first, min(first + _CHUNK - 1, rows))


def _submit_ms(database: Database) -> float:
    with closing(database.connect()) as connection:
        return block_ms(connection, "submit")


def _claim_ms(database: Database) -> float:
    """Return the median milliseconds of a claim that finds a batch waiting."""
    database.rows("fill", _CLAIMS * _BATCH, _CODE, input_text(_CODE))
    store = OdbcStore(DatabaseConnection(database.own_connection_string, Dialect.POSTGRESQL))
    taken = []
    try:
        for _ in range(_CLAIMS):
            began = time.perf_counter()
            store.claim(Claim("bench", _BATCH))
            taken.append(time.perf_counter() - began)
    finally:
        store.close()
    database.run("forget_requests")
    return statistics.median(taken) * 1000
