"""Finds ODBC drivers, and loads pyodbc with words a person understands when the system lacks it."""

from __future__ import annotations

import atexit
import importlib.util
import platform
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Literal

from mi_bridge.errors import ConfigurationError
from mi_bridge.store.driver_log import driver_log_sweeper

DriverKind = Literal["postgresql", "sqlserver"]

_ROOT = Path("/")
_KEY = "database.connection_string"

# By path first: a driver loaded by path works without odbcinst.ini.
_PATHS: dict[DriverKind, tuple[str, ...]] = {
    "postgresql": (
        "usr/lib/{machine}-linux-gnu/odbc/psqlodbcw.so",
        "usr/lib64/psqlodbcw.so",
        "usr/pgsql-*/lib/psqlodbcw.so",
    ),
    "sqlserver": (
        "opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.*",
        "opt/microsoft/msodbcsql17/lib64/libmsodbcsql-17.*",
    ),
}
_NAMES: dict[DriverKind, tuple[str, ...]] = {
    "postgresql": ("PostgreSQL Unicode(x64)", "PostgreSQL Unicode"),
    "sqlserver": ("ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server"),
}
_REMEDIES: dict[DriverKind, str] = {
    "postgresql": "Debian, Ubuntu: apt-get install odbc-postgresql. Windows: install psqlODBC (64 bit).",
    "sqlserver": "Install 'ODBC Driver 18 for SQL Server' from Microsoft, or: pip install mssql-python-odbc.",
}


@cache
def load_pyodbc() -> ModuleType:
    """Import pyodbc with its connection pooling off, and return it.

    Pooling off: the bridge owns its connections, and a pooled one can come back dead.

    Raises:
        ConfigurationError: pyodbc, or unixODBC's driver manager beneath it, is missing.
    """
    try:
        import pyodbc
    except ImportError as fault:
        raise ConfigurationError(
            "pyodbc",
            f"cannot be loaded ({fault})",
            remedy="Debian, Ubuntu: apt-get install libodbc2 (Ubuntu 22.04: libodbc1); then pip install pyodbc.",
        ) from fault
    pyodbc.pooling = False
    atexit.register(driver_log_sweeper())
    module: ModuleType = pyodbc
    return module


def find_driver(kind: DriverKind) -> str:
    """Return the ODBC driver for a connection string's ``Driver={...}``: its full path or its registered name.

    Raises:
        ConfigurationError: no such driver is installed, or pyodbc cannot be loaded.
    """
    return _by_path(kind) or _by_name(kind) or _from_wheel(kind) or _missing(kind)


def _by_path(kind: DriverKind) -> str:
    patterns = (pattern.format(machine=platform.machine()) for pattern in _PATHS[kind])
    return next((str(path) for pattern in patterns for path in sorted(_ROOT.glob(pattern))), "")


def _by_name(kind: DriverKind) -> str:
    registered = load_pyodbc().drivers()
    return next((name for name in _NAMES[kind] if name in registered), "")


def _from_wheel(kind: DriverKind) -> str:
    """Look into the PyPI package that carries Microsoft's driver, one build for each family of Linux."""
    spec = importlib.util.find_spec("mssql_python_odbc") if kind == "sqlserver" else None
    if spec is None or spec.origin is None:
        return ""
    libraries = Path(spec.origin).parent / "libs" / "linux"
    return next(map(str, sorted(libraries.glob(f"*/{platform.machine()}/lib/libmsodbcsql-*"))), "")


def _missing(kind: DriverKind) -> str:
    raise ConfigurationError(_KEY, f"no ODBC driver for {kind} is installed here", remedy=_REMEDIES[kind])
