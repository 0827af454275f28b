"""Reading what T-SQL sends around a routine's rows; the rest of the connection is proved on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.store.connection import _rows


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
