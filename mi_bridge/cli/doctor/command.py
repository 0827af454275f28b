"""``mi-bridge doctor``."""

from __future__ import annotations

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.failure import FAILED
from mi_bridge.cli.help import Command
from mi_bridge.cli.output import print_json

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red", "skip": "bright_black"}


@click.command(
    cls=Command,
    examples="""
    mi-bridge doctor
    mi-bridge doctor --config /etc/mi-bridge/mi-bridge.toml --json
    """,
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options
@click.pass_context
def doctor(ctx: click.Context, choice: SettingsChoice, as_json: bool) -> None:
    """Find out what is wrong with this installation, and how to mend it.

    Looks at the settings, the ODBC driver, the database, our objects in it, this login's rights, the clocks, the nodes, the
    insurer's address, the disk and the service. Changes nothing and sends no transaction. Status 1 when anything fails.
    """
    from mi_bridge.cli.doctor.patient import Level, Patient
    from mi_bridge.cli.doctor.registry import examine

    patient = Patient(choice)
    found = []
    for name, verdict in examine(patient):
        found.append((name, verdict))
        if not as_json:
            _show(name, verdict.level.value, verdict.message, verdict.remedy)
    patient.close()
    well = all(verdict.level is not Level.FAIL for _, verdict in found)
    if as_json:
        rows = [
            {"probe": name, "level": one.level.value, "message": one.message, "remedy": one.remedy}
            for name, one in found
        ]
        print_json({"ok": well, "findings": rows})
    ctx.exit(0 if well else FAILED)


def _show(name: str, level: str, message: str, remedy: str) -> None:
    click.echo(f"{click.style(f'{level:<5}', fg=_COLOURS[level])} {name:<11} {message}")
    for line in remedy.strip().splitlines():
        click.echo(f"{'':<17} → {line}")
