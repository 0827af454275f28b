"""What a submit costs HIS: ``sp_medical_insurance_call`` beside a bare INSERT of the same row.

One session, autocommit, blocks of either kind in turn; each block's median counts. No bridge runs: this is the price of
the procedure itself, its checks and the catalogue's word included.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from scripts.bench_parts.figures import Figure, at_most
from scripts.bench_parts.stand import Stand, input_text, statement

_CODE = "1101"
_BLOCK = 200


def measure(stand: Stand, *, blocks: int) -> Iterator[Figure]:
    """Compare so many pairs of blocks."""
    calls, bares = [], []
    with stand.database() as database, closing(database.connect()) as connection:
        block_ms(connection, "submit")  # the first of each kind pays for plans and pages
        block_ms(connection, "bare_insert")
        for _ in range(blocks):
            calls.append(block_ms(connection, "submit"))
            bares.append(block_ms(connection, "bare_insert"))
    ratios = [call / bare for call, bare in zip(calls, bares, strict=True)]
    yield Figure("submit.ratio", "submit, as a multiple of a bare INSERT", "×", ratios, at_most(2))
    yield Figure("submit.call", "sp_medical_insurance_call", "ms", calls)
    yield Figure("submit.insert", "bare INSERT of the same row", "ms", bares)


def block_ms(connection: Any, name: str) -> float:
    """Run a block of one statement; return the median milliseconds of one."""
    cursor, text, template = connection.cursor(), statement(name), input_text(_CODE)
    taken = []
    for turn in range(_BLOCK):
        value = template.replace("{{psn_no}}", f"{turn:020d}")
        began = time.perf_counter()
        cursor.execute(text, _CODE, value).fetchall()
        taken.append(time.perf_counter() - began)
    cursor.close()
    return statistics.median(taken) * 1000
