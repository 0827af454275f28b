"""How each database is called."""

from __future__ import annotations

import pytest

from mi_bridge.store.dialect import Dialect


@pytest.mark.parametrize(
    ("dialect", "parameters", "text"),
    [
        (Dialect.POSTGRESQL, 0, "SELECT * FROM public.sp_mi_schema()"),
        (Dialect.POSTGRESQL, 2, "SELECT * FROM public.sp_mi_schema(?, ?)"),
        (Dialect.SQLSERVER, 0, "EXEC dbo.sp_mi_schema"),
        (Dialect.SQLSERVER, 2, "EXEC dbo.sp_mi_schema ?, ?"),
    ],
)
def test_a_routine_is_called_by_name(dialect: Dialect, parameters: int, text: str) -> None:
    assert dialect.invocation("sp_mi_schema", parameters) == text


@pytest.mark.parametrize("dialect", list(Dialect))
def test_only_a_name_is_a_name(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="not the name of a routine"):
        dialect.invocation("sp(); DROP TABLE x; --", 0)
