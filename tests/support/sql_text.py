"""Reads the facts of both dialects out of their scripts: files, columns, parameters, indexes, texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SQL = Path(__file__).resolve().parents[2] / "sql"
POSTGRESQL = "postgresql"
SQLSERVER = "sqlserver"
_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "CHECK", "UNIQUE")
Parameter = tuple[str, bool]
"""Name, and whether it is given back."""


def files(dialect: str) -> set[str]:
    """Return every script of a dialect; the demo runs on a PostgreSQL of its own and has no other side."""
    found = {path.relative_to(SQL / dialect).as_posix() for path in (SQL / dialect).rglob("*.sql")}
    return {name for name in found if not name.startswith("demo/")}


def migrations(dialect: str) -> list[str]:
    """Return the scripts that make the tables, in their order."""
    return sorted(name for name in files(dialect) if name.startswith("migrations/"))


def raw(dialect: str, *names: str) -> str:
    return "\n".join((SQL / dialect / name).read_text("utf-8") for name in names)


def code(dialect: str, *names: str) -> str:
    """Return scripts without their comments, which no script of ours hides in a string."""
    return re.sub(r"--[^\n]*", "", raw(dialect, *names))


def manifest(kind: str) -> list[str]:
    lines = (line.split() for line in (SQL / "order.txt").read_text("utf-8").splitlines())
    return [words[1] for words in lines if words and words[0] == kind]


def parts(text: str) -> list[str]:
    """Cut at the commas outside of brackets and strings."""
    found, depth, quoted, start = [], 0, False, 0
    for place, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == "," and depth == 0 and not quoted:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]


def bracket(text: str, opening: int) -> str:
    """Return what stands between the bracket at ``opening`` and its partner."""
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return text[opening + 1 : place]
    raise ValueError("a bracket without its partner")


def columns(dialect: str) -> dict[str, dict[str, bool]]:
    """Return the columns of each table, in their order, and whether each may be empty."""
    text = code(dialect, *migrations(dialect))
    tables = {}
    for found in re.finditer(r"CREATE TABLE (?:IF NOT EXISTS )?(?:public|dbo)\.(\w+) \(", text):
        lines = parts(bracket(text, found.end() - 1))
        fields = [line for line in lines if line.split()[0] not in _CONSTRAINTS]
        tables[found[1]] = {line.split()[0]: _may_be_empty(line) for line in fields}
    added = r"ALTER TABLE (?:public|dbo)\.(\w+) ADD (?:COLUMN IF NOT EXISTS )?(\w+) ([^;]*);"
    for table, name, rest in re.findall(added, text):
        if name not in _CONSTRAINTS:
            tables[table][name] = _may_be_empty(rest)
    return tables


def _may_be_empty(definition: str) -> bool:
    return "NOT NULL" not in definition and "IDENTITY" not in definition


def constraints(dialect: str) -> set[str]:
    """Return keys and checks by name; T-SQL names its defaults as well, PostgreSQL cannot."""
    text = code(dialect, *migrations(dialect))
    return {name for name in re.findall(r"CONSTRAINT (\w+)", text) if not name.startswith("df_")}


def indexes(dialect: str) -> dict[str, tuple[str, ...]]:
    """Return kind, table, columns and filter of each index; what an index merely carries along is each dialect's own."""
    text = code(dialect, *migrations(dialect))
    pattern = (
        r"CREATE (UNIQUE )?INDEX (?:IF NOT EXISTS )?(\w+)\s+ON (?:public|dbo)\.(\w+) (\([^)]*\))([^;]*);"
    )
    found = re.findall(pattern, text)
    return {name: (kind, table, keys, _filter(rest)) for kind, name, table, keys, rest in found}


def _filter(rest: str) -> str:
    return " ".join(re.sub(r"INCLUDE \([^)]*\)", "", rest).split())


def comments(dialect: str) -> dict[tuple[str, str], str]:
    """Return the Chinese comment of each table (with an empty column) and column."""
    text = raw(dialect, *migrations(dialect))
    if dialect == POSTGRESQL:
        found = re.findall(r"COMMENT ON \w+ public\.(\w+)(?:\.(\w+))? IS '([^']*)';", text)
    else:
        found = re.findall(r"\(N'(\w+)', (?:N'(\w+)'|NULL), N'([^']*)'\)", text)
    return {(table, column): comment for table, column, comment in found}


def parameters(dialect: str, routine: str) -> list[Parameter]:
    text = code(dialect, f"routines/{routine}.sql")
    read = _postgresql_parameters if dialect == POSTGRESQL else _sqlserver_parameters
    return list(read(text, routine))


def _postgresql_parameters(text: str, routine: str) -> Iterator[Parameter]:
    start = text.index("(", text.index(f"public.{routine}"))
    for part in filter(None, parts(bracket(text, start))):
        words = part.split()
        given_back = words[0] in ("OUT", "INOUT")
        yield words[given_back].removeprefix("p_"), given_back


def _sqlserver_parameters(text: str, routine: str) -> Iterator[Parameter]:
    head = text[text.index(f"dbo.{routine}") + len(f"dbo.{routine}") : text.index("\nAS\n")]
    for part in filter(None, parts(head)):
        yield part.split()[0].removeprefix("@"), part.endswith("OUTPUT")


def returns_scalar(routine: str) -> bool:
    """Tell whether PostgreSQL's routine is a function of one value, which T-SQL gives through a parameter or as a row."""
    text = code(POSTGRESQL, f"routines/{routine}.sql")
    return re.search(r"\) RETURNS (?!TABLE|void)\w+", text) is not None


def returned_columns(routine: str) -> list[str]:
    """Return the columns of PostgreSQL's result set, none for a routine without one."""
    text = code(POSTGRESQL, f"routines/{routine}.sql")
    start = text.find("RETURNS TABLE (")
    return [] if start < 0 else [part.split()[0] for part in parts(bracket(text, text.index("(", start)))]


def selected_columns(text: str, start: int) -> list[str]:
    """Return the names of the select list that begins at ``start``."""
    depth, end = 0, start
    while depth > 0 or not re.match(r"\sFROM\s|;|\s*\Z", text[end:]):
        depth += (text[end] == "(") - (text[end] == ")")
        end += 1
    listed = re.sub(r"^\s*TOP \(@\w+\) ", "", text[start:end])
    return [re.split(r"\s+|\.", part)[-1] for part in parts(listed)]


def view_columns(dialect: str, view: str) -> list[str]:
    text = code(dialect, f"views/{view}.sql")
    return selected_columns(text, re.search(r" AS\s+SELECT\s", text).end())  # type: ignore[union-attr]  # every view has one


def client_selects(routine: str) -> list[list[str]]:
    """Return the columns of every result set that a T-SQL procedure may send, in the order of the text."""
    text = code(SQLSERVER, f"routines/{routine}.sql")
    starts = [found.end() for found in re.finditer(r"\n {4,8}SELECT (?!TOP \(500\))", text)]
    return [selected_columns(text, start) for start in starts if _sends(text, start)]


def _sends(text: str, start: int) -> bool:
    begin = text.rindex("SELECT", 0, start)
    fills = re.search(r"INSERT INTO [^;]*\)\s*\Z", text[:begin]) is not None
    inside = re.search(r"(\(|UNION ALL)\s*\Z", text[:begin]) is not None
    assigns = re.match(r"@\w+ = ", text[start:]) is not None
    return not (fills or inside or assigns)


def literals(dialect: str, name: str) -> list[str]:
    """Return the strings of a script, in their order."""
    return re.findall(r"'((?:[^']|'')*)'", code(dialect, name))


def words(dialect: str, name: str) -> set[str]:
    """Return the code words: strings of capitals alone, such as statuses and outcomes."""
    return {text for text in literals(dialect, name) if re.fullmatch(r"[A-Z][A-Z_]*", text)}


def chinese(dialect: str, name: str) -> set[str]:
    return {text for text in literals(dialect, name) if re.search(r"[一-鿿]", text)}


def status_words(dialect: str, name: str) -> set[str]:
    """Return every string that a column or variable named status is compared with or set to."""
    text = code(dialect, name)
    lists = re.findall(r"\bstatus\s+(?:NOT )?IN \(([^)]*)\)", text)
    single = re.findall(r"\bstatus\s*(?:=|<>)\s*'([^']*)'", text)
    return {*single, *(item for items in lists for item in re.findall(r"'([^']*)'", items))}
