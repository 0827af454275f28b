"""Holds functions to 50 lines and files to 400, and prints the medians.

A function's lines run from ``def`` to its last line without its docstring: what has to be read to follow it.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
_ROOMS = ("mi_bridge", "scripts", "tests")
_LONGEST_FUNCTION = 50
_LONGEST_FILE = 400
_MEDIAN_FUNCTION = 8  # of the product; tests and scripts may be longer

Function = ast.FunctionDef | ast.AsyncFunctionDef


def function_lengths(source: str) -> Iterator[tuple[str, int, int]]:
    """Yield the name, first line and length of every function, nested ones and methods too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function):
            yield node.name, node.lineno, _length(node)


def _length(node: Function) -> int:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is None:
        return length
    docstring = node.body[0]
    return length - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _check(path: Path, lengths: list[int]) -> Iterator[str]:
    """Collect the lengths of one file's functions, and yield what is too long."""
    source = path.read_text("utf-8")
    lines = len(source.splitlines())
    if lines > _LONGEST_FILE:
        yield f"{path.relative_to(_PROJECT)}: {lines} lines, {_LONGEST_FILE} allowed"
    for name, line, length in function_lengths(source):
        lengths.append(length)
        if length > _LONGEST_FUNCTION:
            yield f"{path.relative_to(_PROJECT)}:{line}: {name} has {length} lines, {_LONGEST_FUNCTION} allowed"


def main() -> int:
    too_long: list[str] = []
    medians: dict[str, float] = {}
    for room in _ROOMS:
        lengths: list[int] = []
        for path in sorted((_PROJECT / room).rglob("*.py")):
            too_long.extend(_check(path, lengths))
        medians[room] = statistics.median(lengths or [0])
        print(
            f"{room}: {len(lengths)} functions, median {medians[room]:g} lines, longest {max(lengths or [0])}"
        )
    if medians["mi_bridge"] > _MEDIAN_FUNCTION:
        too_long.append(
            f"mi_bridge: the median function has {medians['mi_bridge']:g} lines, {_MEDIAN_FUNCTION} allowed"
        )
    print("\n".join(too_long))
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
