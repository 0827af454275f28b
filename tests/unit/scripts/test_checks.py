"""A check that finds nothing proves nothing: each is shown a planted fault."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_SCRIPTS = Path(__file__).parents[3] / "scripts"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, _SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_functions_are_measured_without_their_docstrings() -> None:
    source = (
        'def f():\n    """One.\n\n    Three.\n    """\n    async def g():\n        return 1\n    return g\n'
    )
    assert sorted(script("lengths").function_lengths(source)) == [("f", 1, 4), ("g", 6, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a, b FROM t",
        "SELECT count(*)",
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "CREATE OR ALTER VIEW v AS",
        "DROP TABLE t",
        "EXEC dbo.p 1",
        "CALL p(1)",
        "GRANT EXECUTE ON p TO r",
    ],
)
def test_sql_in_python_is_found(text: str) -> None:
    assert [line for line, _ in script("sql_in_python").sql_texts(f"x = 1\ny = {text!r}\n")] == [2]


@pytest.mark.parametrize(
    "text", ["Please select one from the list", "CREATE", "UPDATE of a row", "The call p(1)"]
)
def test_plain_words_are_no_sql(text: str) -> None:
    assert list(script("sql_in_python").sql_texts(f"x = {text!r}\n")) == []


def test_sql_in_a_docstring_is_an_explanation() -> None:
    assert list(script("sql_in_python").sql_texts('def f():\n    """SELECT a FROM b."""\n')) == []


def test_objects_of_both_dialects_are_compared_by_name() -> None:
    created = script("sql_parity").created
    postgresql = created(
        "CREATE OR REPLACE FUNCTION public.sp_a() ...\n-- CREATE VIEW v\nCREATE TABLE IF NOT EXISTS public.t ("
    )
    sqlserver = created(
        "CREATE OR ALTER PROCEDURE dbo.sp_a AS\nGO\n    CREATE TABLE dbo.[t] (\n/* CREATE VIEW v */"
    )
    assert postgresql == sqlserver == {("ROUTINE", "sp_a"), ("TABLE", "t")}


def test_every_difference_between_the_dialects_is_named() -> None:
    left = {"a.sql": {("VIEW", "v"), ("VIEW", "w")}, "b.sql": set()}
    right = {"a.sql": {("VIEW", "v"), ("INDEX", "i")}, "c.sql": set()}
    assert list(script("sql_parity").differences(left, right)) == [
        "a.sql: VIEW w only in postgresql",
        "a.sql: INDEX i only in sqlserver",
        "b.sql: only in postgresql",
        "c.sql: only in sqlserver",
    ]
