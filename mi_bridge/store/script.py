"""The SQL that makes our objects: files in the order of the manifest, put together for a DBA or cut into statements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mi_bridge import __version__
from mi_bridge.domain.interface import Interface
from mi_bridge.errors import SchemaError
from mi_bridge.resources import folder
from mi_bridge.store.dialect import Dialect

_FOLDERS = {"MIGRATION": "migrations", "VIEW": "views", "ROUTINE": "routines"}


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """One line of the manifest ``sql/order.txt``.

    Args:
        kind: MIGRATION, TABLE, VIEW or ROUTINE.
        name: as the database knows it.
    """

    kind: str
    name: str


def manifest() -> tuple[SchemaObject, ...]:
    """Return every object in the order of installation."""
    lines = (folder("sql") / "order.txt").read_text("utf-8").splitlines()
    return tuple(SchemaObject(*line.split()) for line in lines if line and not line.startswith("#"))


def install_script(dialect: Dialect, interfaces: Sequence[Interface]) -> str:
    """Return the script that installs or upgrades; it may run any number of times."""
    parts = [_filled(dialect, f"install/{name}.sql", interfaces) for name in ("guard", "reserve")]
    parts += [_read(dialect, path) for path in _object_paths()]
    parts += [_filled(dialect, f"install/{name}.sql", interfaces) for name in ("register", "interfaces")]
    return _joined(dialect, "install", parts)


def uninstall_script(dialect: Dialect, *, purge: bool) -> str:
    """Return the script that removes routines and views, and with ``purge`` the tables and all they hold."""
    parts = [_read(dialect, "uninstall/code.sql")]
    if purge:
        parts.append(_read(dialect, "uninstall/data.sql"))
    return _joined(dialect, "uninstall", parts)


def grants_script(dialect: Dialect) -> str:
    """Return the script that makes the roles and gives each the least it needs."""
    return _joined(dialect, "grants", [_read(dialect, "grants/roles.sql")])


def statements(dialect: Dialect, script: str) -> Iterator[str]:
    """Cut a script into what the driver takes at once: batches between GO, or statements outside of dollar quotes."""
    separate = _batches if dialect is Dialect.SQLSERVER else _dollar_aware
    return (text for text in separate(script) if _has_code(text))


def _object_paths() -> list[str]:
    return [f"{_FOLDERS[item.kind]}/{item.name}.sql" for item in manifest() if item.kind in _FOLDERS]


def _filled(dialect: Dialect, path: str, interfaces: Sequence[Interface]) -> str:
    text = _read(dialect, path).replace("{{version}}", __version__)
    text = re.sub(r"^( *)\{\{objects\}\}", _object_values, text, flags=re.MULTILINE)
    return text.replace("{{interfaces}}", interfaces_json(interfaces).replace("'", "''"))


def _object_values(found: re.Match[str]) -> str:
    return ",\n".join(f"{found[1]}('{item.name}', '{item.kind}')" for item in manifest())


def interfaces_json(interfaces: Sequence[Interface]) -> str:
    """Return interfaces as the JSON array that ``sp_mi_sync_interfaces`` takes."""
    rows = [
        {
            "interface_code": interface.interface_code,
            "interface_name": interface.interface_name,
            "interface_group": interface.interface_group,
            "money_class": interface.money_class.value,
            "ordered": int(interface.ordered),
            "enabled": int(interface.enabled),
            "reversed_by": interface.reversed_by,
        }
        for interface in interfaces
    ]
    return "[" + ",\n ".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]"


def _read(dialect: Dialect, path: str) -> str:
    file = Path(folder("sql")) / dialect.value / path
    if not file.is_file():
        raise SchemaError(f"sql/{dialect.value}/{path} is missing.", remedy="Install the wheel again.")
    return file.read_text("utf-8").strip() + "\n"


def _joined(dialect: Dialect, action: str, parts: list[str]) -> str:
    title = f"-- mi-bridge {__version__}: {action} for {dialect.value}. Runs any number of times.\n"
    if dialect is Dialect.SQLSERVER:
        return "\nGO\n\n".join([title.rstrip(), *(part.rstrip() for part in parts)]) + "\nGO\n"
    return "\n".join([title, "BEGIN;\n", *parts, "COMMIT;\n"])


def _batches(script: str) -> list[str]:
    return re.split(r"^[ \t]*GO[ \t]*$", script, flags=re.MULTILINE | re.IGNORECASE)


def _dollar_aware(script: str) -> Iterator[str]:
    lines: list[str] = []
    quoted = False
    for line in script.splitlines():
        lines.append(line)
        quoted ^= line.count("$$") % 2 == 1
        if not quoted and line.rstrip().endswith(";") and not line.lstrip().startswith("--"):
            yield "\n".join(lines)
            lines = []


def _has_code(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    return any(line and not line.startswith("--") and line not in ("BEGIN;", "COMMIT;") for line in lines)
