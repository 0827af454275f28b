from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.errors import ConfigurationError

Invoke = Callable[..., Result]


@click.command()
@settings_options
def show(choice: SettingsChoice) -> None:
    """Show."""
    click.echo(f"{choice.file} {dict(choice.overrides)}")


def test_a_command_gets_file_and_overrides_as_one() -> None:
    result = CliRunner().invoke(
        show, ["-c", "a.toml", "--set", "bridge.window=5", "--set", "log.level=debug=x"]
    )
    assert result.stdout == "a.toml {'bridge.window': '5', 'log.level': 'debug=x'}\n"


@pytest.mark.parametrize("word", ["window", "bridge.window", "window=5"])
def test_a_malformed_override_is_a_usage_error(word: str) -> None:
    result = CliRunner().invoke(show, ["--set", word])
    assert result.exit_code == 2
    assert "section.name=value" in result.stderr


def test_overrides_rank_above_the_file(settings_file: Path) -> None:
    choice = SettingsChoice(settings_file, {"bridge.window": "7"})
    assert choice.load().bridge.window == 7
    assert choice.inspect().errors == ()


def test_wrong_settings_are_raised_and_overrides_stay_out_of_repr(settings_file: Path) -> None:
    choice = SettingsChoice(settings_file, {"database.password": "canary", "bridge.window": "0"})
    with pytest.raises(ConfigurationError, match=r"bridge\.window"):
        choice.load()
    assert "canary" not in repr(choice)
