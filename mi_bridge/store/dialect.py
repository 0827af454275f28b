"""How each database is called: a procedure by its name, and parameters by their place."""

from __future__ import annotations

from enum import StrEnum
from functools import cache


class Dialect(StrEnum):
    """The databases a hospital may have."""

    POSTGRESQL = "postgresql"
    SQLSERVER = "sqlserver"

    def invocation(self, routine: str, parameters: int) -> str:
        """Return the text that calls a routine of ours with so many bound parameters.

        Both drivers disagree on ODBC's own ``{CALL}`` (42809 on PostgreSQL's procedures), so each database gets its native form.
        """
        return _invocation(self, routine, parameters)


@cache
def _invocation(dialect: Dialect, routine: str, parameters: int) -> str:
    if not routine.isidentifier():
        raise ValueError(f"'{routine}' is not the name of a routine.")
    marks = ", ".join("?" * parameters)
    if dialect is Dialect.SQLSERVER:
        return f"EXEC dbo.{routine} {marks}".rstrip()
    return f"SELECT * FROM public.{routine}({marks})"  # noqa: S608 - the name is an identifier of our own
