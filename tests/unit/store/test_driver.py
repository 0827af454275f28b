from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from mi_bridge.errors import ConfigurationError
from mi_bridge.store import driver
from mi_bridge.store.driver import DriverKind, find_driver, load_pyodbc


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose files are in a folder of the test's own, with no driver registered and none in a wheel."""
    monkeypatch.setattr(driver, "_ROOT", tmp_path)
    monkeypatch.setattr(load_pyodbc(), "drivers", list)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    return tmp_path


@pytest.fixture
def no_pyodbc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    load_pyodbc.cache_clear()
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    yield
    load_pyodbc.cache_clear()


def test_pooling_is_off() -> None:
    assert load_pyodbc().pooling is False


@pytest.mark.usefixtures("no_pyodbc")
def test_a_missing_driver_manager_is_told_with_the_remedy() -> None:
    with pytest.raises(ConfigurationError, match=r"pyodbc: cannot be loaded.*apt-get install libodbc2"):
        load_pyodbc()


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("postgresql", f"usr/lib/{platform.machine()}-linux-gnu/odbc/psqlodbcw.so"),
        ("postgresql", "usr/lib64/psqlodbcw.so"),
        ("sqlserver", "opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.3.so.2.1"),
        ("sqlserver", "opt/microsoft/msodbcsql17/lib64/libmsodbcsql-17.10.so.6.1"),
    ],
)
def test_a_driver_is_found_where_its_package_puts_it(bare: Path, kind: DriverKind, path: str) -> None:
    (bare / path).parent.mkdir(parents=True)
    (bare / path).touch()
    assert find_driver(kind) == str(bare / path)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("kind", "registered", "found"),
    [
        ("postgresql", ["SQL Server", "PostgreSQL Unicode(x64)"], "PostgreSQL Unicode(x64)"),
        ("postgresql", ["PostgreSQL ANSI", "PostgreSQL Unicode"], "PostgreSQL Unicode"),
        (
            "sqlserver",
            ["ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server"],
            "ODBC Driver 18 for SQL Server",
        ),
        ("sqlserver", ["SQL Server", "ODBC Driver 17 for SQL Server"], "ODBC Driver 17 for SQL Server"),
    ],
)
def test_a_registered_driver_is_found_by_name(
    monkeypatch: pytest.MonkeyPatch, kind: DriverKind, registered: list[str], found: str
) -> None:
    monkeypatch.setattr(load_pyodbc(), "drivers", lambda: registered)
    assert find_driver(kind) == found


def test_microsofts_driver_is_found_in_its_wheel(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = (
        bare / "libs" / "linux" / "debian_ubuntu" / platform.machine() / "lib" / "libmsodbcsql-18.6.so.2.1"
    )
    library.parent.mkdir(parents=True)
    library.touch()
    spec = ModuleSpec("mssql_python_odbc", None, origin=str(bare / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", {"mssql_python_odbc": spec}.get)
    assert find_driver("sqlserver") == str(library)
    with pytest.raises(ConfigurationError):
        find_driver("postgresql")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("kind", "remedy"), [("postgresql", "odbc-postgresql"), ("sqlserver", "ODBC Driver 18 for SQL Server")]
)
def test_a_missing_driver_is_told_with_the_remedy(kind: DriverKind, remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"connection_string: no ODBC driver for {kind}.*{remedy}"):
        find_driver(kind)
