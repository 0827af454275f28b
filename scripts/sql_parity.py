"""Checks that both dialects have the same files, that each file makes the same objects, and that the manifest names them.

Columns and parameters are the contract tests' business; this sees names only.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

_SQL = Path(__file__).resolve().parent.parent / "sql"
_DIALECTS = ("postgresql", "sqlserver")
_KINDS = {"FUNCTION": "ROUTINE", "PROCEDURE": "ROUTINE", "PROC": "ROUTINE"}
_CREATE = re.compile(
    r"^[ \t]*CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:UNIQUE\s+)?(?:(?:NON)?CLUSTERED\s+)?"
    r"(TABLE|VIEW|INDEX|FUNCTION|PROCEDURE|PROC|SEQUENCE|ROLE)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?:\[?(?:public|dbo)\]?\.)?\[?\"?(\w+)",
    re.IGNORECASE | re.MULTILINE,
)

Objects = dict[str, set[tuple[str, str]]]


def created(text: str) -> set[tuple[str, str]]:
    """Return kind and name of every object that a script creates; comments do not count."""
    code = re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    pairs = ((kind.upper(), name.lower()) for kind, name in _CREATE.findall(code))
    return {(_KINDS.get(kind, kind), name) for kind, name in pairs}


def objects_of(dialect: str) -> Objects:
    """Return for each file of a dialect the objects it creates."""
    folder = _SQL / dialect
    paths = {path.relative_to(folder): path for path in folder.rglob("*.sql")}
    # the demo runs on the embedded database only
    return {
        str(name): created(path.read_text("utf-8-sig"))
        for name, path in paths.items()
        if name.parts[0] != "demo"
    }


def differences(left: Objects, right: Objects) -> Iterator[str]:
    """Yield in words what one dialect has and the other has not."""
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            yield f"{name}: only in {_DIALECTS[name in right]}"
            continue
        for number, surplus in enumerate((left[name] - right[name], right[name] - left[name])):
            yield from (
                f"{name}: {kind} {item} only in {_DIALECTS[number]}" for kind, item in sorted(surplus)
            )


def unlisted(objects: Objects) -> Iterator[str]:
    """Yield where the manifest and the objects disagree; indexes and roles are not listed."""
    lines = (line.split() for line in (_SQL / "order.txt").read_text("utf-8").splitlines())
    listed = {
        (kind, name)
        for kind, name in (line for line in lines if line and not line[0].startswith("#"))
        if kind != "MIGRATION"
    }
    made = {item for items in objects.values() for item in items if item[0] in ("TABLE", "VIEW", "ROUTINE")}
    yield from (f"order.txt: {kind} {name} is made by no file" for kind, name in sorted(listed - made))
    yield from (f"order.txt: {kind} {name} is not listed" for kind, name in sorted(made - listed))


def main() -> int:
    both = [objects_of(dialect) for dialect in _DIALECTS]
    found = [*differences(*both), *unlisted(both[0])]
    print("\n".join([*found, f"{len(both[0])} and {len(both[1])} files, {len(found)} differences"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
