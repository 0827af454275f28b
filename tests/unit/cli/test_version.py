from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from mi_bridge import __version__
from mi_bridge.errors import ConfigurationError
from mi_bridge.store import driver

Invoke = Callable[..., Result]


def _missing(*_arguments: Any) -> Any:
    raise ConfigurationError("pyodbc", "cannot be loaded")


def test_versions_for_people_and_scripts(invoke: Invoke) -> None:
    facts = json.loads(invoke("version", "--json").stdout)
    shown = invoke("version").stdout
    assert facts["mi_bridge"] == __version__
    assert facts["pyodbc"]
    assert set(facts["drivers"]) == {"postgresql", "sqlserver"}
    assert f"mi-bridge {__version__}" in shown


def test_what_is_not_there_is_said(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "load_pyodbc", _missing)
    monkeypatch.setattr(driver, "find_driver", _missing)
    shown = invoke("version")
    assert shown.exit_code == 0
    assert "cannot be loaded" in shown.stdout
    assert "sqlserver: none found" in shown.stdout
