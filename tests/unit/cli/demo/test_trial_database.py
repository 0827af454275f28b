"""What the whole demo, played in end_to_end/test_demo.py, does not reach: connections that linger."""

from __future__ import annotations

import pytest

from mi_bridge.cli.demo import trial_database as module
from mi_bridge.errors import StoreRejected


class _Connection:
    def __init__(self, *sqlstates: str) -> None:
        self._sqlstates = list(sqlstates)
        self.runs = 0

    def run(self, _statement: str, _action: str) -> None:
        self.runs += 1
        if self._sqlstates:
            raise StoreRejected("It failed.", sqlstate=self._sqlstates.pop(0))


def test_a_database_still_in_use_is_waited_for() -> None:
    connection = _Connection("55006", "55006")
    module.run_patiently(connection, "statement")  # type: ignore[arg-type]  # only run() is called
    assert connection.runs == 3


@pytest.mark.parametrize(("sqlstate", "leaving_s"), [("42501", 10.0), ("55006", -1.0)])
def test_other_refusals_are_told(monkeypatch: pytest.MonkeyPatch, sqlstate: str, leaving_s: float) -> None:
    monkeypatch.setattr(module, "_LEAVING_S", leaving_s)
    with pytest.raises(StoreRejected):
        module.run_patiently(_Connection(sqlstate), "statement")  # type: ignore[arg-type]  # only run() is called
