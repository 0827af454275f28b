"""``mi-bridge version``."""

from __future__ import annotations

import platform
from typing import Any

import click

from mi_bridge import __version__
from mi_bridge.cli.help import Command
from mi_bridge.cli.output import print_json


@click.command(
    cls=Command,
    examples="""
      mi-bridge version --json
    """,
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def version(as_json: bool) -> None:
    """Tell the versions of the program, Python, pyodbc and the ODBC drivers."""
    facts = _facts()
    if as_json:
        print_json(facts)
        return
    click.echo(f"mi-bridge {facts['mi_bridge']}")
    click.echo(f"Python    {facts['python']} on {facts['platform']}")
    click.echo(f"pyodbc    {facts['pyodbc'] or 'cannot be loaded: see mi-bridge doctor'}")
    for kind, driver in facts["drivers"].items():
        click.echo(f"driver    {kind}: {driver or 'none found'}")


def _facts() -> dict[str, Any]:
    return {
        "mi_bridge": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "pyodbc": _pyodbc(),
        "drivers": {"postgresql": _driver("postgresql"), "sqlserver": _driver("sqlserver")},
    }


def _pyodbc() -> str | None:
    from mi_bridge.errors import ConfigurationError
    from mi_bridge.store.driver import load_pyodbc

    try:
        return str(load_pyodbc().version)
    except ConfigurationError:
        return None


def _driver(kind: Any) -> str | None:
    from mi_bridge.errors import ConfigurationError
    from mi_bridge.store.driver import find_driver

    try:
        return find_driver(kind)
    except ConfigurationError:
        return None
