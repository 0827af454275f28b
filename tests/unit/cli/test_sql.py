from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]


@pytest.mark.parametrize("dialect", ["postgresql", "sqlserver"])
@pytest.mark.parametrize("action", ["install", "upgrade", "uninstall", "grants", "status"])
def test_print_needs_neither_database_nor_settings_and_is_always_the_same(
    invoke: Invoke, action: str, dialect: str
) -> None:
    first = invoke("sql", action, "--print", "--dialect", dialect)
    second = invoke("sql", action, "--print", "--dialect", dialect)
    assert first.exit_code == 0, first.stderr
    assert first.stdout == second.stdout
    assert "mi" in first.stdout


def test_without_a_dialect_the_settings_tell_it(invoke: Invoke, settings_file: Path) -> None:
    named = invoke("sql", "grants", "--print", "--dialect", "postgresql")
    by_settings = invoke("sql", "grants", "--print", "-c", settings_file)
    neither = invoke("sql", "grants", "--print")
    assert by_settings.stdout == named.stdout
    assert neither.exit_code == 78


def test_a_profile_changes_the_catalogue_that_is_printed(invoke: Invoke) -> None:
    national = invoke("sql", "install", "--print", "--dialect", "postgresql").stdout
    hunan = invoke("sql", "install", "--print", "--dialect", "postgresql", "--profile", "hunan").stdout
    absent = invoke("sql", "upgrade", "--print", "--dialect", "postgresql", "--profile", "nowhere")
    assert national != hunan
    assert absent.exit_code == 78


def test_purge_prints_the_removal_of_the_tables(invoke: Invoke) -> None:
    kept = invoke("sql", "uninstall", "--print", "--dialect", "sqlserver").stdout
    purged = invoke("sql", "uninstall", "--print", "--purge", "--dialect", "sqlserver").stdout
    assert purged.startswith(kept.rstrip())
    assert "medical_insurance_requests" in purged.removeprefix(kept.rstrip())


def test_a_dialect_without_print_is_a_usage_error(invoke: Invoke) -> None:
    result = invoke("sql", "status", "--dialect", "sqlserver")
    assert result.exit_code == 2
    assert "--print" in result.stderr


def test_a_database_that_is_away_is_told_without_its_password(invoke: Invoke, settings_file: Path) -> None:
    result = invoke("sql", "install", "-c", settings_file)
    assert result.exit_code == 1
    assert "connecting to the database" in result.stderr
    assert "canary" not in result.output
