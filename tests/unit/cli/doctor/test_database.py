"""The probes' judgement; their look at a real database is in end_to_end/test_cli.py."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge import __version__, daemon
from mi_bridge.cli.choice import SettingsChoice
from mi_bridge.cli.doctor import database
from mi_bridge.cli.doctor.patient import Level, Patient, Verdict
from mi_bridge.errors import ConfigurationError, StoreError, StoreRejected, StoreUnavailable
from mi_bridge.store import driver
from mi_bridge.store.script import manifest

Make = Callable[..., Patient]


class _Connection:
    """Answers by routine; an error is raised, what is missing is an empty answer."""

    def __init__(self, **answers: list[Any] | StoreError) -> None:
        self._answers = answers
        self.closed = False

    def call(self, routine: str, *_parameters: Any) -> list[Any]:
        answer = self._answers.get(routine, [])
        if isinstance(answer, StoreError):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


def _schema(*, ms: int | None = None, missing: int = 0) -> list[Any]:
    now = round(time.time() * 1000) if ms is None else ms
    return [(item.name, item.kind, __version__, None, now) for item in manifest()][missing:]


def _connected(make: Make, connection: _Connection, schema: list[Any] | None = None) -> Patient:
    patient = make()
    patient.connection = connection  # type: ignore[assignment]  # a double of what the probes use
    patient.schema = _schema() if schema is None else schema
    return patient


def _levels(verdicts: Any) -> list[Level]:
    return [verdict.level for verdict in verdicts]


def test_the_driver(patient: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "find_driver", lambda _kind: "/a/driver.so")
    by_parts = list(database.driver(patient()))
    named = list(database.driver(patient(database__driver="/my/driver.so")))
    assert by_parts[1].message == "postgresql: /a/driver.so"
    assert named[1].message == "postgresql: /my/driver.so"
    assert _levels(database.driver(Patient(SettingsChoice()))) == [Level.OK]


def test_a_missing_driver_is_told_with_its_package(patient: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_kind: str) -> str:
        raise ConfigurationError("database.connection_string", "no ODBC driver", remedy="apt-get install x")

    monkeypatch.setattr(driver, "find_driver", missing)
    verdict = list(database.driver(patient()))[-1]
    assert (verdict.level, verdict.remedy) == (Level.FAIL, "apt-get install x")


def test_the_connection(patient: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = _Connection(sp_mi_schema=_schema())
    monkeypatch.setattr(daemon, "connect", lambda _settings: connection)
    one = patient()
    verdicts = list(database.connection(one))
    one.close()
    assert _levels(verdicts) == [Level.OK]
    assert "his on 127.0.0.1" in verdicts[0].message
    assert connection.closed


@pytest.mark.parametrize(
    ("error", "levels", "words"),
    [
        (StoreUnavailable("password authentication failed"), [Level.FAIL], "database.password"),
        (StoreUnavailable("refused", remedy="Check that it runs."), [Level.FAIL], "Check that it runs."),
        (StoreUnavailable("refused"), [Level.FAIL], "127.0.0.1"),
        (StoreRejected("no", sqlstate="42501"), [Level.OK, Level.FAIL], "mi_bridge"),
        (StoreRejected("denied (229)", sqlstate="42000"), [Level.OK, Level.FAIL], "mi_bridge"),
        (StoreRejected("no", sqlstate="42883"), [Level.OK, Level.FAIL], "sql install"),
        (StoreRejected("could not find (2812)", sqlstate="42000"), [Level.OK, Level.FAIL], "sql install"),
        (StoreRejected("strange", sqlstate="XX000", remedy="Ask."), [Level.OK, Level.FAIL], "Ask."),
    ],
)
def test_why_there_is_no_answer(
    patient: Make, monkeypatch: pytest.MonkeyPatch, error: StoreError, levels: list[Level], words: str
) -> None:
    monkeypatch.setattr(daemon, "connect", lambda _settings: _Connection(sp_mi_schema=error))
    verdicts = list(database.connection(patient()))
    assert _levels(verdicts) == levels
    assert words in verdicts[-1].remedy


def test_many_missing_objects_are_not_all_named(patient: Make) -> None:
    connection = _Connection(sp_mi_schema=_schema(missing=9))
    (verdict,) = database.schema(_connected(patient, connection))
    assert verdict.level is Level.FAIL
    assert "and 4 more" in verdict.message


def test_a_call_that_fails_otherwise_is_an_old_release(patient: Make) -> None:
    connection = _Connection(sp_mi_monitor=StoreRejected("no such column", sqlstate="42703"))
    (verdict,) = database.grants(_connected(patient, connection))
    assert (verdict.level, verdict.remedy) == (Level.FAIL, "Run `mi-bridge sql upgrade`.")


@pytest.mark.parametrize(("off_s", "word"), [(-10, "ahead"), (10, "behind"), (0, "off")])
def test_clocks(patient: Make, off_s: int, word: str) -> None:
    schema = _schema(ms=round((time.time() + off_s) * 1000))
    (verdict,) = database.clock(_connected(patient, _Connection(sp_mi_schema=schema)))
    assert verdict.level is (Level.WARN if off_s else Level.OK)
    assert word in verdict.message


def _nodes(patient: Make, *rows: tuple[str, str, str]) -> list[Verdict]:
    health = [("service", "医保接口服务", "RUNNING"), *rows]
    connection = _Connection(sp_get_medical_insurance_monitor_data=health)
    return list(database.nodes(_connected(patient, connection)))


def test_nodes(patient: Make) -> None:
    here = f"节点 {socket.gethostname()} 进程 7"
    assert _levels(_nodes(patient, ("unit", here, "RUNNING"))) == [Level.OK]
    assert _levels(_nodes(patient, ("unit", "节点 elsewhere 进程 7", "RUNNING"))) == [Level.FAIL]
    assert _levels(_nodes(patient, ("two", "节点 elsewhere 进程 7", "RUNNING"))) == [Level.OK]
    assert _levels(_nodes(patient, ("unit", here, "STOPPED"), ("two", here, "LOST"))) == [Level.WARN]


def test_nodes_that_may_not_be_listed_are_no_fault(patient: Make) -> None:
    refusal = StoreRejected("denied", sqlstate="42501")
    connection = _Connection(sp_get_medical_insurance_monitor_data=refusal)
    (verdict,) = database.nodes(_connected(patient, connection))
    assert verdict.level is Level.SKIP
    assert "mi_monitor" in verdict.remedy


@pytest.mark.parametrize("probe", [database.schema, database.grants, database.clock, database.nodes])
def test_what_needs_a_connection_is_skipped_without_one(patient: Make, probe: Any) -> None:
    assert _levels(probe(patient())) == [Level.SKIP]
    assert _levels(probe(_connected(patient, _Connection(), []))) == [Level.SKIP]


def test_without_settings_nobody_is_connected_to() -> None:
    assert _levels(database.connection(Patient(SettingsChoice()))) == [Level.SKIP]
