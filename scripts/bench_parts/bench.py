"""Measures the bridge against the targets of its design: speed, added latency, cost of a submit, cost of idleness.

    scripts/bench                    the whole table, about eight minutes
    scripts/bench --quick            a short form, about two minutes: orientation only
    scripts/bench --only latency     one part: throughput, latency, submit, idle, checks
    scripts/bench --json             one JSON object on standard output, for scripts
    scripts/bench --volume 10000000  also: do claims and submits stay as fast with so many finished rows?
    scripts/bench --profile          one drained queue under cProfile: where the event loop's time goes

Everything runs on this machine: a private PostgreSQL server (durable, in .run/bench), a fresh database for each run, a
stub insurer light enough not to be what is measured, and the bridge as its own process with its own database rights,
logging as in service, {window} requests in flight. Figures are medians of the runs, with the smallest and the largest; a run whose
requests were not all answered, or one sent twice, is void. The stub, PostgreSQL and this program share the machine's cores with
the bridge: on a busy machine nothing here means much, so the load average stands above the table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from rich.console import Console

from mi_bridge import __version__
from mi_bridge.errors import BridgeError
from scripts.bench_parts import checks, idle, latency, submit, throughput, volume
from scripts.bench_parts.figures import Figure, table
from scripts.bench_parts.stand import FOLDER, WINDOW, BenchError, Stand, stand

Part = Callable[[Stand], Iterator[Figure]]
NAMES = ("throughput", "latency", "submit", "idle", "checks")


@dataclass(frozen=True, slots=True)
class Length:
    """How long the parts measure.

    Args:
        rows: in the queue of a throughput run.
        rounds: runs of each kind.
        rate_s: seconds at one rate.
        idle_s: seconds of one idle spell.
        blocks: pairs of blocks of submits.
    """

    rows: int
    rounds: int
    rate_s: float
    idle_s: float
    blocks: int


FULL = Length(rows=20_000, rounds=3, rate_s=10, idle_s=30, blocks=15)
QUICK = Length(rows=4_000, rounds=3, rate_s=3, idle_s=10, blocks=5)


def parts(length: Length) -> dict[str, Part]:
    """Return the parts by name."""
    return {
        "throughput": partial(throughput.measure, rows=length.rows, rounds=length.rounds),
        "latency": partial(latency.measure, seconds=length.rate_s, rounds=length.rounds),
        "submit": partial(submit.measure, blocks=length.blocks),
        "idle": partial(idle.measure, seconds=length.idle_s, rounds=length.rounds),
        "checks": partial(checks.measure, rounds=length.rounds),
    }


def chosen_parts(arguments: argparse.Namespace) -> dict[str, Part]:
    """Return the parts that were asked for, in order."""
    length = QUICK if arguments.quick else FULL
    known = parts(length)
    chosen = {name: known[name] for name in NAMES if name in (arguments.only or NAMES)}
    if arguments.volume:
        chosen["volume"] = partial(volume.measure, rows=arguments.volume, blocks=length.blocks)
    return chosen


def run(chosen: dict[str, Part]) -> list[Figure]:
    """Measure, telling on standard error what goes on."""
    figures: list[Figure] = []
    with stand() as made:
        for name, part in chosen.items():
            print(f"bench: {name} ...", file=sys.stderr, flush=True)
            figures += part(made)
    return figures


def profile(rows: int) -> None:
    """Drain one queue under cProfile and print where the time went."""
    path = FOLDER / "node.profile"
    with stand(path) as made:
        throughput.one_run(made, throughput.CODES["Q"], 0, rows)
    throughput.print_profile(path)
    print(f"Profile: {path}")


def machine() -> dict[str, object]:
    """Describe what the figures hold for."""
    return {
        "version": __version__,
        "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average_before": [round(value, 2) for value in os.getloadavg()],
    }


def _arguments() -> argparse.Namespace:
    text = (__doc__ or "").format(window=WINDOW)
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--only", action="append", choices=NAMES, metavar="NAME", help="one part; may be given again"
    )
    parser.add_argument(
        "--volume", type=int, default=0, metavar="ROWS", help="fill the tables with so many finished rows"
    )
    parser.add_argument("--profile", action="store_true", help="profile one run instead")
    return parser.parse_args()


def _show(facts: dict[str, object], figures: list[Figure], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts | {"figures": [figure.as_json() for figure in figures]}, ensure_ascii=False))
        return
    print("\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in facts.items()))
    Console(width=None if sys.stdout.isatty() else 130).print(table(figures, "mi-bridge bench"))


def main() -> int:
    """Measure and print; 1 when the bench itself failed, whatever the figures."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both ways out pass through every clean-up
    try:
        if arguments.profile:
            profile(QUICK.rows if arguments.quick else FULL.rows)
            return 0
        facts = machine()
        figures = run(chosen_parts(arguments))
    except KeyboardInterrupt:
        return 130
    except (BenchError, BridgeError) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return 1
    _show(
        facts | {"load_average_after": [round(value, 2) for value in os.getloadavg()]},
        figures,
        as_json=arguments.json,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
