from __future__ import annotations

import click
from click.testing import CliRunner

from mi_bridge.cli.help import Command, Group


@click.group(cls=Group, examples="\n    tool one  # first\n      --deep\n")
def tool() -> None:
    """Tool."""


@tool.command(examples="tool one")
def one() -> None:
    """One."""


@tool.command()
def two() -> None:
    """Two."""


def test_examples_are_printed_as_they_are_written() -> None:
    shown = CliRunner().invoke(tool, ["--help"]).stdout
    assert shown.endswith("\nExamples:\n  tool one  # first\n    --deep\n")


def test_commands_of_a_group_may_have_examples_too() -> None:
    assert isinstance(one, Command)
    assert CliRunner().invoke(tool, ["one", "--help"]).stdout.endswith("Examples:\n  tool one\n")
    assert "Examples" not in CliRunner().invoke(tool, ["two", "--help"]).stdout
