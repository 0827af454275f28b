"""Fuzzes one target until its time is over or a promise is broken: by atheris where it is installed, else by hypothesis.

usage: python -m scripts.fuzz_parts.one TARGET SECONDS FOLDER
The folder keeps what was found worth trying again (the corpus), and what broke a promise (``crash-…``). Exits with 0, or with
another status and the exception on standard error.
"""

from __future__ import annotations

import importlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.fuzz_parts.mutation import Mutation
from scripts.fuzz_parts.target import Check, Target

_LONGEST = 8192
_SLOW_S = 20


def main(name: str, seconds: int, folder: Path) -> None:
    """Run one target."""
    folder.mkdir(parents=True, exist_ok=True)
    atheris = _atheris()
    if atheris is None:
        _with_hypothesis(_target(name), seconds, folder)
        return
    with atheris.instrument_imports(include=["mi_bridge"]):
        target = _target(name)
    _with_atheris(atheris, target, seconds, folder)


def _atheris() -> Any:
    try:
        return importlib.import_module("atheris")
    except ImportError:
        return None


def _target(name: str) -> Target:
    return importlib.import_module("scripts.fuzz_parts.targets").TARGETS[name]  # type: ignore[no-any-return]


def _with_atheris(atheris: Any, target: Target, seconds: int, folder: Path) -> None:
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), encoding="ascii")
    arguments = [
        f"-max_total_time={seconds}",
        f"-max_len={_LONGEST}",
        f"-timeout={_SLOW_S}",
        f"-dict={words}",
        f"-artifact_prefix={folder}/crash-",
        "-print_final_stats=1",
        str(corpus),
    ]
    mutator = {"custom_mutator": _mutator(atheris, target.mutation)} if target.mutation else {}
    atheris.Setup([sys.argv[0], *arguments], target.check, **mutator)
    atheris.Fuzz()  # ends the process


def _mutator(atheris: Any, mutation: Mutation) -> Callable[[bytes, int, int], bytes]:
    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        if seed % 3:
            changed = mutation(data, random.Random(seed))  # noqa: S311 - nothing secret
            if changed != data:
                return changed[:longest]
        return bytes(atheris.Mutate(data, longest))

    return mutate


def _escaped(word: str) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}"
        for byte in word.encode()
    )


def _with_hypothesis(target: Target, seconds: int, folder: Path) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
    from hypothesis.database import DirectoryBasedExampleDatabase

    runs = 0

    def one(seed: int) -> None:
        nonlocal runs
        runs += 1
        check_mutated(target, random.Random(seed))  # noqa: S311 - nothing secret

    looped = settings(
        max_examples=2000,
        deadline=None,
        database=DirectoryBasedExampleDatabase(folder / "examples"),
        suppress_health_check=list(HealthCheck),
    )(given(st.integers(0, 2**64))(one))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        looped()
    print(f"#{runs} DONE", file=sys.stderr)


def check_mutated(target: Target, chance: random.Random) -> None:
    """Check one mutation of a seed.

    Args:
        target: what is fuzzed.
        chance: decides the mutation.
    """
    seed = chance.choice(target.seeds)
    if target.mutation and chance.random() < 0.7:
        seed = target.mutation(seed, chance)
    data = bytearray(seed)
    for _ in range(max(0, chance.randrange(6) - 2)):
        _mutate(data, target, chance)
    _named(target.check, bytes(data))


def _mutate(data: bytearray, target: Target, chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((0, 1, 1, 2, 8, 64)))
    pieces = [b"", chance.randbytes(chance.randrange(1, 9)), chance.choice(target.seeds)[start : end + 16]]
    pieces += [chance.choice(target.words).encode()] if target.words else []
    data[start:end] = chance.choice(pieces)


def _named(check: Check, data: bytes) -> None:
    try:
        check(data)
    except Exception as fault:
        fault.add_note(f"input: {data!r}"[:4000])
        raise


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
