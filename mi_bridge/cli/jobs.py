"""``mi-bridge jobs``: what runs once a day in the cluster, and how its last run went."""

from __future__ import annotations

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.help import Command
from mi_bridge.cli.output import add_row, new_table, print_json, print_table

_COLUMNS = (
    "job_name",
    "job_date",
    "outcome",
    "message",
    "node_id",
    "start_time",
    "finish_time",
    "last_success",
)


@click.command(
    cls=Command,
    examples="""
      mi-bridge jobs
      mi-bridge jobs --json
    """,
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@settings_options
def jobs(choice: SettingsChoice, as_json: bool) -> None:
    """Show the last run of each daily job, and its last success."""
    from mi_bridge.cli.database import connected

    with connected(choice.load()) as connection:
        rows = [dict(zip(_COLUMNS, row, strict=True)) for row in connection.call("sp_mi_jobs")]
    if as_json:
        print_json([row | {"job_date": row["job_date"].isoformat()} for row in rows])
        return
    if not rows:
        click.echo("No job has run yet.")
        return
    table = new_table(
        "",
        ("job", "left"),
        ("day", "left"),
        ("outcome", "left"),
        ("last success", "left"),
        ("message", "left"),
    )
    for row in rows:
        success = row["last_success"]
        moment = success.isoformat(" ", "seconds") if success else ""
        add_row(table, [row["job_name"], row["job_date"], row["outcome"], moment, row["message"]])
    print_table(table)
