"""Replay: answers taken from files ``<infno>-response-<n>.json`` instead of worked out.

The answers of one transaction follow each other in the order of their numbers and begin again after the last. One file can be
fixed for a transaction, and one message can choose its own with a header.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

HEADER = "x-simulator-replay"
"""Chooses the answer of this one message: a number, or a file's name."""

_NAME = re.compile(r"(?P<infno>.+)-response-(?P<n>\d+)\.json")
_GATEWAY = "gateway401"


class Replay:
    """The sample answers of a folder.

    Args:
        folder: where the files lie.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.name: path.read_bytes() for path in sorted(folder.iterdir()) if _NAME.fullmatch(path.name)
        }
        self._turn: Counter[str] = Counter()
        self._fixed: dict[str, str] = {}

    @property
    def files(self) -> list[str]:
        """The names of all sample answers."""
        return list(self._files)

    def numbers(self, infno: str) -> list[int]:
        """Return the numbers of a transaction's answers, ascending."""
        matches = (_NAME.fullmatch(name) for name in self._files)
        return sorted(int(match["n"]) for match in matches if match and match["infno"] == infno)

    def fix(self, infno: str, wanted: str) -> bool:
        """Answer a transaction always with one number or file; with nothing, in turn again.

        Returns:
            Whether there is such an answer; if not, nothing changes.
        """
        if not wanted:
            self._fixed.pop(infno, None)
            return True
        name = self._name(infno, wanted)
        if name not in self._files:
            return False
        self._fixed[infno] = name
        return True

    def answer(self, infno: str, wanted: str) -> tuple[int, bytes] | None:
        """Return HTTP status and bytes of the next answer; None when there is none.

        Args:
            infno: the transaction.
            wanted: a number or file name this message asks for, empty for the fixed one or the next in turn.
        """
        name = self._name(infno, wanted) if wanted else self._fixed.get(infno) or self._next(infno)
        body = self._files.get(name)
        return None if body is None else (401 if name.startswith(_GATEWAY) else 200, body)

    def reset(self) -> None:
        """Begin again with the first answer of every transaction, and fix none."""
        self._turn.clear()
        self._fixed.clear()

    def _next(self, infno: str) -> str:
        numbers = self.numbers(infno)
        if not numbers:
            return ""
        turn = self._turn[infno]
        self._turn[infno] += 1
        return self._name(infno, str(numbers[turn % len(numbers)]))

    @staticmethod
    def _name(infno: str, wanted: str) -> str:
        return f"{infno}-response-{wanted}.json" if wanted.isdecimal() else wanted
