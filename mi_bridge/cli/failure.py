"""How a command that failed says so: what happened, what to do, and an exit status a script can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mi_bridge.errors import BridgeError, ConfigurationError

if TYPE_CHECKING:
    from mi_bridge.settings import Finding

FAILED = 1
CONFIGURATION_FAULT = 78
"""EX_CONFIG: a setting is wrong, and running again changes nothing."""
INTERRUPTED = 130


def status_of(fault: Exception) -> int:
    """Return the exit status of a fault."""
    return CONFIGURATION_FAULT if isinstance(fault, ConfigurationError) else FAILED


def tell(error: BridgeError) -> None:
    """Say on standard error what happened and what to do."""
    click.echo(f"{click.style('mi-bridge:', fg='red', bold=True)} {error.message}", err=True)
    for line in error.remedy.strip().splitlines():
        click.echo(f"  {line}", err=True)


def tell_unexpected(fault: Exception) -> None:
    """Say on standard error that we have erred, and how to learn more."""
    label = click.style("mi-bridge:", fg="red", bold=True)
    click.echo(f"{label} unexpected fault, {type(fault).__name__}: {fault}", err=True)
    click.echo("  Run it again as `mi-bridge --debug …` and report what it prints.", err=True)


def tell_findings(findings: tuple[Finding, ...]) -> None:
    """Say on standard error everything that is wrong with the settings, one finding a line."""
    for finding in findings:
        colour = "red" if finding.severity == "error" else "yellow"
        click.echo(f"{click.style(finding.severity.value, fg=colour, bold=True)}  {finding}", err=True)
