"""Feeds mutated bytes to everything that reads what others wrote, and looks whether its promises hold.

    scripts/fuzz                  ten minutes, shared by all targets
    scripts/fuzz 60               one minute
    scripts/fuzz 300 answers      five minutes of one target; names: {names}
    scripts/fuzz --json 60        one JSON object a target on standard output

Promises: no bytes from the platform raise, and whatever is unreadable is UNKNOWN, never REFUSED; what HIS writes arrives as it was
written or is refused in Chinese, in parts too; a profile, a rule, a saga, an archive or a key is read whole or refused by name. By atheris (guided by coverage)
where it can be installed, else by hypothesis. What broke a promise, and the corpus, stay in .run/fuzz. Exits with 1 when one was
broken. Tests with the repaired fault's bytes go where the reader's own tests are.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

NAMES = (
    "answers",
    "inputs",
    "mobile",
    "settlements",
    "parts",
    "archives",
    "profiles",
    "rules",
    "sagas",
    "keys",
    "http",
)
FOLDER = Path(__file__).resolve().parents[2] / ".run" / "fuzz"
_RUNS = re.compile(r"^#(\d+)\s", re.MULTILINE)
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one target.

    Args:
        name: the target.
        runs: inputs tried.
        coverage: edges of ours that were reached; 0 where nobody counted.
        fault: what broke a promise; empty when nothing did.
    """

    name: str
    runs: int
    coverage: int
    fault: str


def run_target(name: str, seconds: int, folder: Path = FOLDER) -> Result:
    """Fuzz one target in a process of its own.

    Args:
        name: the target.
        seconds: how long.
        folder: keeps corpus and findings.
    """
    command = [sys.executable, "-m", "scripts.fuzz_parts.one", name, str(seconds), str(folder / name)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    (folder / f"{name}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return read_result(name, done.returncode, done.stdout + done.stderr)


def read_result(name: str, status: int, output: str) -> Result:
    """Return what a target's process said.

    Args:
        name: the target.
        status: its exit status.
        output: everything it printed.
    """
    runs = [int(number) for number in _RUNS.findall(output)]
    coverage = [int(edges) for edges, _features in _COVERAGE.findall(output)]
    return Result(name, max(runs, default=0), max(coverage, default=0), _fault(output) if status else "")


def _fault(output: str) -> str:
    lines = [
        line
        for line in output.splitlines()
        if re.match(r"\S*(Error|Exception|Broken|Fault|ALARM|==\d+== ERROR)", line)
    ]
    return (lines[0] if lines else output.strip()[-500:] or "it ended without a word")[:500]


def _arguments(given: list[str] | None) -> argparse.Namespace:
    text = (__doc__ or "").replace("{names}", ", ".join(NAMES))
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seconds", nargs="?", type=int, default=600)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default: all")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(given)
    unknown = sorted(set(chosen.targets) - set(NAMES))
    if unknown or chosen.seconds < 1:
        parser.error(f"no such target: {', '.join(unknown)}" if unknown else "seconds: at least 1")
    return chosen


def main(given: list[str] | None = None) -> int:
    """Fuzz, and tell what was found; 1 when a promise was broken."""
    chosen = _arguments(given)
    names = chosen.targets or NAMES
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = []
    for name in names:
        result = run_target(name, max(1, chosen.seconds // len(names)))
        results.append(result)
        print(json.dumps(asdict(result)) if chosen.json else _line(result), flush=True)
    broken = [result for result in results if result.fault]
    if broken and not chosen.json:
        print(f"Broken promises in {', '.join(one.name for one in broken)}; inputs and logs are in {FOLDER}.")
    return 1 if broken else 0


def _line(result: Result) -> str:
    verdict = f"BROKEN  {result.fault}" if result.fault else "ok"
    edges = f"{result.coverage:>7,} edges" if result.coverage else " " * 13
    return f"{result.name:<12} {result.runs:>11,} inputs {edges}  {verdict}"


if __name__ == "__main__":
    sys.exit(main())
