"""Reading what T-SQL sends around a routine's rows; the rest of the connection is proved on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.store import connection as connection_module
from mi_bridge.store.connection import DatabaseConnection, _rows
from mi_bridge.store.dialect import Dialect


class Cursor:
    """Stands for a cursor over result sets; None is a count without rows, an exception an error that comes last."""

    def __init__(self, *sets: list[Any] | Exception | None) -> None:
        self._sets = list(sets)

    @property
    def description(self) -> list[str] | None:
        return ["column"] if isinstance(self._sets[0], list) else None

    def fetchall(self) -> list[Any]:
        found = self._sets[0]
        assert isinstance(found, list)
        return found

    def nextset(self) -> bool:
        self._sets.pop(0)
        if self._sets and isinstance(self._sets[0], Exception):
            raise self._sets[0]
        return bool(self._sets)


@pytest.mark.parametrize(
    ("sets", "rows"),
    [
        (([1, 2],), [1, 2]),
        ((None,), []),
        ((None, None, [1]), [1]),
        (([1], None), [1]),
        (([], [1]), [1]),
    ],
)
def test_the_rows_are_found_among_counts(sets: tuple[Any, ...], rows: list[Any]) -> None:
    assert _rows(Cursor(*sets)) == rows


def test_an_error_after_the_rows_is_not_missed() -> None:
    with pytest.raises(RuntimeError, match="late"):
        _rows(Cursor([1], RuntimeError("late")))


class Server:
    """Stands for SQL Server with half a surrogate pair in a row: read strictly, it is no text."""

    SQL_WCHAR, SQL_WVARCHAR, SQL_WLONGVARCHAR = -8, -9, -10
    Error = OSError

    def __init__(self) -> None:
        self.row = "张".encode("utf-16-le") + b"\x40\xd8"
        self.connections = 0
        self._converters: dict[int, Any] = {}

    def connect(self, *_: Any, **__: Any) -> Server:
        self.connections += 1
        self._converters = {}
        return self

    def add_output_converter(self, kind: int, convert: Any) -> None:
        self._converters[kind] = convert

    def cursor(self) -> Server:
        return self

    def execute(self, *_: Any) -> Server:
        return self

    @property
    def description(self) -> list[str]:
        return ["input_data"]

    def fetchall(self) -> list[Any]:
        convert = self._converters.get(self.SQL_WVARCHAR)
        return [(convert(self.row), convert(None)) if convert else (self.row.decode("utf-16-le"), None)]

    def nextset(self) -> bool:
        return False

    def close(self) -> None:
        self._converters = {}


def test_half_a_surrogate_pair_does_not_end_the_thread_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    monkeypatch.setattr(connection_module, "load_pyodbc", lambda: server)
    connection = DatabaseConnection("", Dialect.SQLSERVER)
    assert connection.call("sp_mi_claim") == [("张\ud840", None)]
    assert connection.call("sp_mi_claim") == [("张\ud840", None)]
    assert server.connections == 2, "read strictly once, then as it is"
