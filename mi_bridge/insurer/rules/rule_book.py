"""The rules in force, read from a folder and read anew when a file changes.

A change takes effect at once and as a whole: the book's rules are one object, and a message is looked at by one. A broken file keeps
the rules it had.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mi_bridge.errors import RuleError
from mi_bridge.insurer.rules.rule import Rule
from mi_bridge.insurer.rules.rule_file import read_rules
from mi_bridge.resources import folder

_Rules = dict[str, tuple[Rule, ...]]
_Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a look at the folder gave.

    Args:
        rules: how many are in force.
        files: names of the files they come from.
        refused: the faults of broken files, by file; what they held before stays in force.
    """

    rules: int
    files: tuple[str, ...]
    refused: dict[str, RuleError] = field(default_factory=dict)


class RuleBook:
    """Keeps the rules in force.

    Args:
        place: the folder; the shipped one when None.
    """

    def __init__(self, place: Path | None = None) -> None:
        self._place = place or folder("config") / "rules"
        self._by_file: dict[str, _Rules] = {}
        self._in_force: _Rules | None = None
        self.reading = Reading(0, ())
        self._stamp: _Stamp | None = None
        self._lock = threading.Lock()

    def rules_of(self, layout: str) -> tuple[Rule, ...]:
        """Return the rules that look at an interface.

        Args:
            layout: its code, or the edition the site has chosen.
        """
        if self._in_force is None:
            # whoever watches over the folder is told that it is gone; a cashier's message goes without rules
            with suppress(RuleError):
                self.look()
        return (self._in_force or {}).get(layout, ())

    def all(self) -> dict[str, tuple[Rule, ...]]:
        """Return the rules in force, by interface."""
        return dict(self._in_force or {})

    def look(self) -> Reading | None:
        """Read the files if any of them changed since the last look; None when none did.

        Tables that rules look things up in count as files of theirs.

        Raises:
            RuleError: the folder cannot be read; what was in force stays.
        """
        with self._lock:
            try:
                stamp = self._stamped()
            except OSError as fault:
                self._in_force = self._in_force or {}
                raise RuleError(str(self._place), f"cannot be read ({fault.strerror})") from None
            if stamp == self._stamp:
                return None
            reading = self._read([self._place / name for name, _, _ in stamp if name.endswith(".toml")])
            self._stamp = stamp
            self.reading = reading
            return reading

    def _stamped(self) -> _Stamp:
        files = sorted(path for path in self._place.iterdir() if path.suffix in (".toml", ".csv"))
        return tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in files)

    def _read(self, files: list[Path]) -> Reading:
        refused: dict[str, RuleError] = {}
        by_file: dict[str, _Rules] = {}
        for file in files:
            try:
                by_file[file.name] = read_rules(file)
            except RuleError as fault:
                refused[file.name] = fault
                by_file[file.name] = self._by_file.get(file.name, {})
        self._by_file = by_file
        self._in_force = _together(by_file)
        rules = {(rule.file, rule.text.id) for found in self._in_force.values() for rule in found}
        return Reading(len(rules), tuple(by_file), refused)


def _together(by_file: dict[str, _Rules]) -> _Rules:
    found: dict[str, tuple[Rule, ...]] = {}
    for rules in by_file.values():
        for infno, own in rules.items():
            found[infno] = found.get(infno, ()) + own
    return found
