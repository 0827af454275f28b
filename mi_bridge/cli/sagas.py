"""``mi-bridge sagas``: where the businesses of several steps stand, and whether a definition can run. No payload is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import add_row, new_table, print_json, print_table
from mi_bridge.domain.saga_status import SagaStatus
from mi_bridge.errors import StoreRejected

if TYPE_CHECKING:
    from mi_bridge.store.connection import DatabaseConnection

_LIST = (
    "saga_id",
    "saga_code",
    "status",
    "current_step",
    "error_code",
    "error_message",
    "create_time",
    "since",
    "advice",
)
_STEPS = (
    "step_order",
    "step_code",
    "direction",
    "attempt",
    "interface_code",
    "request_id",
    "status",
    "infcode",
    "error_message",
    "create_time",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    cls=Group,
    examples="""
      mi-bridge sagas
      mi-bridge sagas --status MANUAL --json
      mi-bridge sagas show 42
      mi-bridge sagas check config/sagas/outpatient.toml
    """,
    invoke_without_command=True,
)
@click.option(
    "--status",
    type=click.Choice([status.value for status in SagaStatus], case_sensitive=False),
    help="Only those that stand so.",
)
@click.option("--code", metavar="CODE", help="Only those of one business.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many."
)
@click.option("--before", type=int, metavar="ID", help="Only older ones, to page back.")
@_JSON
@settings_options
@click.pass_context
def sagas(
    ctx: click.Context,
    choice: SettingsChoice,
    status: str | None,
    code: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
) -> None:
    """List the newest sagas, show one with its steps, or check a definition."""
    ctx.obj = choice
    if ctx.invoked_subcommand is not None:
        return
    from mi_bridge.cli.database import connected

    with connected(choice.load()) as connection:
        rows = _rows(connection, _LIST, "sp_mi_sagas", status or "", code or "", before, limit)
    if as_json:
        print_json(rows)
    else:
        _show_list(rows, more=len(rows) == limit)


@sagas.command(
    examples="""
      mi-bridge sagas show 42 --json
    """,
)
@click.argument("saga_id", type=int, metavar="ID")
@_JSON
@settings_options
@click.pass_context
def show(ctx: click.Context, choice: SettingsChoice, saga_id: int, as_json: bool) -> None:
    """Show saga ID and every step it took, forward and back."""
    from mi_bridge.cli.database import connected

    chosen = choice if choice.file or choice.overrides else ctx.obj
    with connected(chosen.load()) as connection:
        found = _rows(connection, _LIST, "sp_mi_sagas", "", "", saga_id + 1, 1)
        steps = _rows(connection, _STEPS, "sp_mi_saga_steps", saga_id)
    if not found or found[0]["saga_id"] != saga_id:
        raise StoreRejected(f"There is no saga {saga_id}.", remedy="`mi-bridge sagas` lists the newest.")
    if as_json:
        print_json({**found[0], "steps": steps})
    else:
        _show_one(found[0], steps)


@sagas.command(
    examples="""
      mi-bridge sagas check /etc/mi-bridge/sagas/outpatient.toml
      mi-bridge sagas check new.toml --profile hunan
    """,
)
@click.argument("files", type=click.Path(path_type=Path, dir_okay=False), nargs=-1, required=True)
@click.option("--profile", default="demo", show_default=True, help="The site whose transactions count.")
def check(files: tuple[Path, ...], profile: str) -> None:
    """Check the definitions in FILES before they are put to use. Status 78 when one cannot run."""
    from mi_bridge.insurer.profile import load_profile
    from mi_bridge.traffic.saga_file import read_saga

    catalogue = load_profile(profile).catalogue()
    for file in files:
        saga = read_saga(file, catalogue)
        steps = " → ".join(f"{step.code} ({step.infno})" for step in saga.steps)
        click.echo(f"{file}: {saga.name}, {steps}; version {saga.digest[:12]}.")


def _rows(
    connection: DatabaseConnection, names: Sequence[str], routine: str, *parameters: Any
) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in connection.call(routine, *parameters)]


def _show_list(rows: list[dict[str, Any]], *, more: bool) -> None:
    if not rows:
        click.echo("No sagas.")
        return
    table = new_table(
        "",
        ("saga_id", "right"),
        ("saga", "left"),
        ("status", "left"),
        ("step", "left"),
        ("code", "right"),
        ("since", "left"),
        ("advice", "left"),
    )
    for row in rows:
        names = ("saga_id", "saga_code", "status", "current_step", "error_code")
        add_row(table, [*(row[name] for name in names), _moment(row["since"]), row["advice"]])
    print_table(table)
    if more:
        click.echo(f"Older ones: --before {rows[-1]['saga_id']}")


def _show_one(saga: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    table = new_table(f"saga {saga['saga_id']}", ("", "left"), ("", "left"))
    for name in _LIST[1:]:
        value = saga[name]
        add_row(table, [name, _moment(value) if isinstance(value, datetime) else value])
    table.show_header = False
    print_table(table)
    if not steps:
        click.echo("No step was taken.")
        return
    taken = new_table(
        "steps",
        ("step", "left"),
        ("direction", "left"),
        ("try", "right"),
        ("interface", "left"),
        ("request_id", "right"),
        ("status", "left"),
        ("infcode", "right"),
        ("taken", "left"),
    )
    names = ("step_code", "direction", "attempt", "interface_code", "request_id", "status", "infcode")
    for step in steps:
        add_row(taken, [*(step[name] for name in names), _moment(step["create_time"])])
    print_table(taken)


def _moment(time: datetime) -> str:
    return time.isoformat(" ", "milliseconds")
