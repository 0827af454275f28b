"""What a node costs while there is nothing to do.

Statements are counted by the database itself: for the bridge's account alone it writes every statement to its log, and the
lines of each spell are counted. The looks inside a waiting claim are no statements; their price is PostgreSQL's CPU.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.bench_parts.figures import Figure, at_most
from scripts.bench_parts.stand import NodeProcess, Stand

_SETTLE_S = 12.0  # past the five busy seconds after work, and past the start
_STATEMENT = re.compile(r" LOG:  (?:execute [^:]*|statement): ")


@dataclass(frozen=True, slots=True)
class Spell:
    """One idle spell.

    Args:
        statements: a minute.
        node_percent: CPU of the bridge, percent of a core.
        server_percent: CPU of PostgreSQL, percent of a core.
        memory_mb: resident memory of the bridge at its end.
    """

    statements: float
    node_percent: float
    server_percent: float
    memory_mb: float


def measure(stand: Stand, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """Watch so many idle spells of one node."""
    stand.server.run("log_statements")
    with stand.database() as database, stand.stub(0) as stub, stand.node(database, stub) as node:
        database.close()
        time.sleep(_SETTLE_S)
        spells = [_spell(stand, node, seconds) for _ in range(rounds)]
    stand.server.run("log_no_statements")
    yield Figure(
        "idle.statements", "idle: statements", "a minute", [s.statements for s in spells], at_most(60)
    )
    yield Figure(
        "idle.cpu.bridge",
        "idle: CPU of the bridge",
        "% of a core",
        [s.node_percent for s in spells],
        at_most(0.5),
    )
    yield Figure(
        "idle.cpu.postgresql",
        "idle: CPU of PostgreSQL",
        "% of a core",
        [s.server_percent for s in spells],
        at_most(0.5),
    )
    yield Figure(
        "idle.memory", "idle: memory of the bridge", "MB", [s.memory_mb for s in spells], at_most(80)
    )


def _spell(stand: Stand, node: NodeProcess, seconds: float) -> Spell:
    place = stand.log_file.stat().st_size
    node_before, server_before, began = node.cpu(), stand.server_cpu(), time.monotonic()
    time.sleep(seconds)
    lasted = time.monotonic() - began
    return Spell(
        statements=statements_in(_text_from(stand.log_file, place)) * 60 / lasted,
        node_percent=(node.cpu() - node_before) / lasted * 100,
        server_percent=(stand.server_cpu() - server_before) / lasted * 100,
        memory_mb=node.memory(),
    )


def statements_in(log: str) -> int:
    """Count the statements in a piece of PostgreSQL's log."""
    return len(_STATEMENT.findall(log))


def _text_from(path: Path, place: int) -> str:
    with path.open("rb") as file:
        file.seek(place)
        return file.read().decode(errors="replace")
