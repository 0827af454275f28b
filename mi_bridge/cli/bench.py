"""``mi-bridge bench``: the measurements that come with the sources."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from mi_bridge.cli.help import Command
from mi_bridge.errors import BridgeError

_MODULE = "scripts.bench_parts.bench"


@click.command(
    cls=Command,
    examples="""
    mi-bridge bench --quick
    mi-bridge bench --only latency --only submit --json
    mi-bridge bench --volume 10000000
    """,
)
@click.option("--quick", is_flag=True, help="Fewer and shorter runs: orientation only.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(["throughput", "latency", "submit", "idle"]),
    help="One part; may be repeated.",
)
@click.option(
    "--volume",
    type=click.IntRange(min=1),
    metavar="ROWS",
    help="Fill the tables with so many finished rows first.",
)
@click.option("--profile", is_flag=True, help="Profile one run instead.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(quick: bool, only: tuple[str, ...], volume: int | None, profile: bool, as_json: bool) -> None:
    """Measure this machine against the design's targets: throughput, added latency, cost of a submit and of idleness.

    Starts a private PostgreSQL and a stub insurer of its own. The same as scripts/bench, so it needs the sources.
    """
    words = [
        word for word, wanted in (("--quick", quick), ("--profile", profile), ("--json", as_json)) if wanted
    ]
    words += [word for part in only for word in ("--only", part)]
    words += ["--volume", str(volume)] if volume else []
    os.chdir(_sources())
    # in place of this process, so that Ctrl-C and the exit status are the bench's own
    os.execv(sys.executable, [sys.executable, "-m", _MODULE, *words])  # noqa: S606 - our own program


def _sources() -> Path:
    from mi_bridge.resources import folder

    project = folder("sql").parent
    if (project / "scripts" / "bench_parts" / "bench.py").is_file():
        return project
    raise BridgeError(
        "The bench comes with the sources, not with the installed program.",
        remedy="Clone the repository and run scripts/bench there.",
    )
