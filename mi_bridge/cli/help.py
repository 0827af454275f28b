"""Commands and groups whose help ends with examples, printed as they are written."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import click


class Command(click.Command):
    """A command with examples.

    Args:
        examples: lines of shell, each with a remark where it needs one; printed below the options.
    """

    def __init__(self, *arguments: Any, examples: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples after everything else."""
        super().format_epilog(ctx, formatter)
        _write(self._examples, formatter)


class Group(click.Group):
    """A group with examples, whose commands may have some too.

    Args:
        examples: as for `Command`.
    """

    command_class = Command

    def __init__(self, *arguments: Any, examples: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples after everything else."""
        super().format_epilog(ctx, formatter)
        _write(self._examples, formatter)


def _write(examples: str, formatter: click.HelpFormatter) -> None:
    if examples:
        formatter.write(f"\nExamples:\n{indent(dedent(examples).strip(), '  ')}\n")
