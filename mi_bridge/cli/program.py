"""The group of all commands: finds a command when it is asked for, and tells faults without a traceback."""

from __future__ import annotations

import errno
import importlib
from collections.abc import Mapping
from typing import Any, cast

import click

from mi_bridge.cli.failure import INTERRUPTED, status_of, tell, tell_unexpected
from mi_bridge.cli.help import Group
from mi_bridge.errors import BridgeError

_CLICKS_OWN = (click.ClickException, click.exceptions.Exit, click.Abort)


class LazyGroup(Group):
    """A group whose commands are imported when they are needed.

    Args:
        places: each command's name and ``module:attribute``, in the order the help shows them.
    """

    def __init__(self, *arguments: Any, places: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places = places or {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the names in the order given."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the signature is click's
        """Import one command; None when there is none of that name."""
        place = self._places.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), name))


class Program(LazyGroup):
    """The outermost group: every fault becomes a few words and an exit status, unless ``--debug`` asks for more."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except _CLICKS_OWN:
            raise
        except KeyboardInterrupt:
            ctx.exit(_interrupted())
        except Exception as fault:
            if isinstance(fault.__cause__, KeyboardInterrupt):
                # pyodbc turns a Ctrl-C while it connects into a SystemError
                ctx.exit(_interrupted())
            if ctx.params.get("debug") or _reader_has_gone(fault):
                raise
            ctx.exit(_told(fault))


def _interrupted() -> int:
    click.echo("Interrupted.", err=True)
    return INTERRUPTED


def _told(fault: Exception) -> int:
    if isinstance(fault, BridgeError):
        tell(fault)
    else:
        tell_unexpected(fault)
    return status_of(fault)


def _reader_has_gone(fault: Exception) -> bool:
    """Tell whether standard output was closed, as by ``| head``; click ends quietly then."""
    return isinstance(fault, OSError) and fault.errno == errno.EPIPE
