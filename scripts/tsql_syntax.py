"""Checks the syntax of T-SQL files with Microsoft's own parser, in SQL Server 2016's grammar.

usage: tsql_syntax.py [FILE...]        without files: every .sql file under sql/sqlserver

The parser (ScriptDom) is a .NET library out of the PyPI package mssql-cli, fetched once with pip and kept in the user's
cache folder; pythonnet runs it on the .NET runtime that the package dotnetcore2 carries. It sees syntax only: no names,
no types. A parser that cannot be had is a failure, not a pass.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
_LIBRARY = "Microsoft.SqlServer.TransactSql.ScriptDom.dll"
_PACKAGE = "mssql-cli==1.0.0"
_SHA256 = "781687b415be45c4ade8041738798f1b01a5e9d2f95e2dd5f989d8772b224d7c"
_FRAMEWORK = {"tfm": "netcoreapp3.1", "framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"}}
# What the installer puts in the place of the marks in our files.
_MARKS = {"objects": "('name', 'KIND')"}
_PLANTED = "SELECT FROM WHERE"


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """One complaint of the parser; lines and columns count from 1."""

    line: int
    column: int
    number: int
    message: str


def cached_library() -> Path:
    """Return the parser's library, fetched with pip when it is not in the cache yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mi-bridge"
    library = cache / _LIBRARY
    if not library.exists() or _digest(library.read_bytes()) != _SHA256:
        cache.mkdir(parents=True, exist_ok=True)
        _fetch(library)
    return library


def _fetch(library: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _download(folder)
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            member = next(name for name in archive.namelist() if name.endswith(_LIBRARY))
            content = archive.read(member)
    if _digest(content) != _SHA256:
        sys.exit(f"{_LIBRARY} out of {_PACKAGE} is not the expected file. Look before you trust it.")
    draft = library.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(library)


def _download(folder: str) -> None:
    options = ["--no-deps", "--only-binary=:all:", "--platform=manylinux1_x86_64", f"--dest={folder}"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options, _PACKAGE]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        sys.exit(
            f"Microsoft's T-SQL parser cannot be fetched: pip could not download {_PACKAGE} (43 MB).\n"
            f"{outcome.stderr.strip()}\nMake PyPI or a mirror of it reachable, and run the check again."
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def load_parser(library: Path) -> None:
    """Start the .NET runtime in this process and load the parser."""
    os.environ.setdefault("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
    try:
        import dotnetcore2
        from pythonnet import load
    except ImportError as fault:
        sys.exit(
            f"{fault}. Run scripts/setup: the T-SQL check needs pythonnet and dotnetcore2 (x86-64 only)."
        )
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "runtimeconfig.json"
        configuration.write_text(json.dumps({"runtimeOptions": _FRAMEWORK}))
        runtime = Path(dotnetcore2.__file__).parent / "bin"
        load("coreclr", runtime_config=str(configuration), dotnet_root=str(runtime))
    import clr

    clr.AddReference(str(library))


def faults(text: str) -> list[SyntaxFault]:
    """Parse a script of one or more batches; the parser must be loaded."""
    from Microsoft.SqlServer.TransactSql.ScriptDom import TSql130Parser
    from System.IO import StringReader

    quoted_identifiers = True
    _, errors = TSql130Parser(quoted_identifiers).Parse(StringReader(text), None)
    return [SyntaxFault(error.Line, error.Column, error.Number, error.Message) for error in errors]


def _filled(text: str) -> str:
    """Put something legal in the place of our marks, and of the parameters a driver binds."""
    bound = re.sub(r"(?<=[ (=])\?(?=[,;) \n])", "NULL", text)
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: _MARKS.get(mark[1], mark[1]), bound)


def main(arguments: list[str]) -> int:
    paths = [Path(name) for name in arguments] or sorted((_PROJECT / "sql" / "sqlserver").rglob("*.sql"))
    if not paths:
        sys.exit("There is no .sql file under sql/sqlserver.")
    load_parser(cached_library())
    if not faults(_PLANTED):
        sys.exit("The parser overlooks a planted mistake; its verdicts are worth nothing.")
    found = [(path, fault) for path in paths for fault in faults(_filled(path.read_text("utf-8-sig")))]
    for path, fault in found:
        print(f"{path}:{fault.line}:{fault.column}: error {fault.number}: {fault.message}")
    print(f"{len(paths)} files, {len(found)} syntax errors")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
