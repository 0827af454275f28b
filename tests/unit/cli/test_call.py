"""What does not need a database; the rest is in end_to_end/test_cli.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mi_bridge.cli import database
from mi_bridge.errors import StoreRejected
from mi_bridge.store.his import HisAnswer, HisClient

Invoke = Callable[..., Result]


class _His(HisClient):
    def __init__(self, answer: HisAnswer | StoreRejected) -> None:
        self._answer = answer

    def call_v2(self, *_arguments: Any) -> HisAnswer:
        if isinstance(self._answer, StoreRejected):
            raise self._answer
        return self._answer


def _call(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, settings_file: Path, answer: HisAnswer | StoreRejected
) -> Result:
    @contextmanager
    def as_his(_settings: object) -> Iterator[HisClient]:
        yield _His(answer)

    monkeypatch.setattr(database, "as_his", as_his)
    return invoke("call", "1101", "{}", "--config", settings_file)


def test_an_answer_is_shown_with_every_number_as_it_was_written(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, settings_file: Path
) -> None:
    result = _call(invoke, monkeypatch, settings_file, HisAnswer(7, 0, "", '{"a":{"sum":0.10,"name":"程"}}'))
    assert result.exit_code == 0
    assert '"sum": 0.10,' in result.stdout
    assert '"name": "程"' in result.stdout


def test_an_answer_that_is_no_json_is_shown_as_it_is(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, settings_file: Path
) -> None:
    assert "<html>" in _call(invoke, monkeypatch, settings_file, HisAnswer(7, 0, "", "<html>")).stdout


def test_a_missing_right_names_the_role(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, settings_file: Path
) -> None:
    result = _call(invoke, monkeypatch, settings_file, StoreRejected("denied", sqlstate="42501"))
    assert result.exit_code == 1
    assert "mi_his" in result.stderr


def test_other_refusals_stay_what_they_are(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, settings_file: Path
) -> None:
    result = _call(invoke, monkeypatch, settings_file, StoreRejected("strange", sqlstate="XX000"))
    assert (result.exit_code, result.stderr) == (1, "mi-bridge: strange\n")
