"""Finds SQL text in the product's Python: it belongs into sql/.

A rule of thumb on string constants, docstrings aside: SQL verbs in capitals with the word that follows them.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
_ALLOWED = {Path("mi_bridge/store/dialect.py")}  # how a routine is called, in each dialect's own form
_SQL = re.compile(
    r"\bSELECT\s+(\*|[\w.\"@]+(\s*,|\s+FROM\b|\s*\())|\bINSERT\s+INTO\b|\bUPDATE\s+[\w.\"{}]+\s+SET\b|\bDELETE\s+FROM\b"
    r"|\b(CREATE|ALTER|DROP|TRUNCATE)\s+(OR\s+\w+\s+)?(UNIQUE\s+)?"
    r"(TABLE|VIEW|INDEX|PROCEDURE|FUNCTION|DATABASE|SCHEMA|ROLE|USER)\b"
    r"|\bEXEC(UTE)?\s+(dbo\.|sp_|@)|\bCALL\s+[\w.]+\s*\(|\bMERGE\s+INTO\b|\bGRANT\s+\w+\s+(ON|TO)\b"
)


def sql_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the beginning of every string that looks like SQL."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found = _SQL.search(node.value)
            if found:
                yield node.lineno, found[0]


def main() -> int:
    paths = sorted(path.relative_to(_PROJECT) for path in (_PROJECT / "mi_bridge").rglob("*.py"))
    found = [
        f"{path}:{line}: SQL in Python: {text} ..."
        for path in paths
        if path not in _ALLOWED
        for line, text in sql_texts((_PROJECT / path).read_text("utf-8"))
    ]
    print("\n".join([*found, f"{len(paths)} files, {len(found)} with SQL text"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
