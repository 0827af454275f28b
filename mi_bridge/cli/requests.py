"""``mi-bridge requests``: what HIS has asked for and what became of it, without payload."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import add_row, new_table, print_json, print_table
from mi_bridge.domain.status import Status
from mi_bridge.errors import StoreRejected

if TYPE_CHECKING:
    from mi_bridge.store.connection import DatabaseConnection

_LIST = (
    "request_id",
    "interface_code",
    "interface_name",
    "status",
    "money_class",
    "tries",
    "infcode",
    "error_code",
    "create_time",
    "update_time",
    "node_id",
)
_RESULT = (
    "request_id",
    "interface_code",
    "interface_name",
    "status",
    "result_status",
    "infcode",
    "err_msg",
    "error_code",
    "attempts",
    "msgid",
    "request_time",
    "response_time",
)
_ATTEMPT = (
    "attempt_id",
    "epoch",
    "kind",
    "msgid",
    "node_id",
    "body_hash",
    "create_time",
    "answer_time",
    "outcome",
    "infcode",
    "fault",
    "http_status",
    "duration_ms",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    cls=Group,
    examples="""
      mi-bridge requests
      mi-bridge requests --status UNCERTAIN --json
      mi-bridge requests --interface 2207 --limit 50 --before 4711
      mi-bridge requests show 4711
      mi-bridge requests resolve 4711 not-effective --operator 王主任 --reason "医保端无此结算（3202 对账）"
    """,
    invoke_without_command=True,
)
@click.option(
    "--status",
    type=click.Choice([status.value for status in Status], case_sensitive=False),
    help="Only those that stand so.",
)
@click.option("--interface", metavar="CODE", help="Only those of one interface.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many."
)
@click.option("--before", type=int, metavar="ID", help="Only older ones, to page back.")
@_JSON
@settings_options
@click.pass_context
def requests(
    ctx: click.Context,
    choice: SettingsChoice,
    status: str | None,
    interface: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
) -> None:
    """List the newest requests, or show one with its attempts. No payload is shown."""
    ctx.obj = choice
    if ctx.invoked_subcommand is not None:
        return
    from mi_bridge.cli.database import connected

    with connected(choice.load()) as connection:
        rows = _rows(connection, _LIST, "sp_mi_requests", status or "", interface or "", before, limit)
    if as_json:
        print_json(rows)
    else:
        _show_list(rows, more=len(rows) == limit)


@requests.command(
    examples="""
      mi-bridge requests show 4711 --json
    """,
)
@click.argument("request_id", type=int, metavar="ID")
@_JSON
@settings_options
@click.pass_context
def show(ctx: click.Context, choice: SettingsChoice, request_id: int, as_json: bool) -> None:
    """Show request ID and every send of it."""
    from mi_bridge.cli.database import connected

    chosen = choice if choice.file or choice.overrides else ctx.obj
    with connected(chosen.load()) as connection:
        found = _rows(connection, _RESULT, "sp_mi_request_result", f"[{request_id}]")
        attempts = _rows(connection, _ATTEMPT, "sp_mi_request_attempts", request_id)
    if not found:
        raise StoreRejected(
            f"There is no request {request_id}.", remedy="`mi-bridge requests` lists the newest."
        )
    if as_json:
        print_json({**found[0], "sends": attempts})
    else:
        _show_one(found[0], attempts)


@requests.command(
    examples="""
      mi-bridge requests resolve 4711 effective --setl-id 990896115 --operator 王主任 --reason "医保端已结算，电话核实"
      mi-bridge requests resolve 4711 not-effective --operator 王主任 --reason "医保端无此结算（3202 对账）"
      mi-bridge requests resolve 4711 retry --operator 王主任 --reason "医保端已恢复，再次冲正"
    """,
)
@click.argument("request_id", type=int, metavar="ID")
@click.argument("decision", type=click.Choice(["effective", "not-effective", "retry"], case_sensitive=False))
@click.option("--operator", required=True, metavar="NAME", help="Who decides; kept for good.")
@click.option("--reason", required=True, metavar="TEXT", help="On what ground; kept for good.")
@click.option("--setl-id", metavar="NO", help="The settlement's number at the insurer, where it took effect.")
@click.option("--yes", is_flag=True, help="Do not ask once more.")
@settings_options
@click.pass_context
def resolve(
    ctx: click.Context,
    choice: SettingsChoice,
    request_id: int,
    decision: str,
    operator: str,
    reason: str,
    setl_id: str | None,
    yes: bool,
) -> None:
    """Decide on request ID, which waits for a person (status MANUAL). No program takes a decision back."""
    from mi_bridge.cli.database import as_his

    chosen = choice if choice.file or choice.overrides else ctx.obj
    if not yes:
        click.confirm(f"Record '{decision}' for request {request_id}, for good?", abort=True)
    word = decision.replace("-", "_").upper()
    with as_his(chosen.load()) as client:
        answer = client.resolve(request_id, word, operator=operator, reason=reason, setl_id=setl_id)
    if answer.error_code != 0:
        raise StoreRejected(
            f"Request {request_id} is not decided ({answer.error_code} {answer.error_message})."
        )
    click.echo(f"Recorded: request {request_id}, {decision}, by {operator}.")


def _rows(
    connection: DatabaseConnection, names: Sequence[str], routine: str, *parameters: Any
) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in connection.call(routine, *parameters)]


def _show_list(rows: list[dict[str, Any]], *, more: bool) -> None:
    if not rows:
        click.echo("No requests.")
        return
    table = new_table(
        "",
        ("request_id", "right"),
        ("interface", "left"),
        ("", "left"),
        ("status", "left"),
        ("class", "left"),
        ("tries", "right"),
        ("infcode", "right"),
        ("code", "right"),
        ("created", "left"),
    )
    for row in rows:
        shown = [row[name] for name in _LIST[:8]]
        add_row(table, [*shown, _moment(row["create_time"])])
    print_table(table)
    if more:
        click.echo(f"Older ones: --before {rows[-1]['request_id']}")


def _show_one(request: dict[str, Any], attempts: list[dict[str, Any]]) -> None:
    table = new_table(f"request {request['request_id']}", ("", "left"), ("", "left"))
    for name in _RESULT[1:]:
        value = request[name]
        add_row(table, [name, _moment(value) if isinstance(value, datetime) else value])
    table.show_header = False
    print_table(table)
    if not attempts:
        click.echo("Nothing was sent.")
        return
    sends = new_table(
        "sends",
        ("kind", "left"),
        ("epoch", "right"),
        ("msgid", "left"),
        ("outcome", "left"),
        ("infcode", "right"),
        ("fault", "left"),
        ("http", "right"),
        ("ms", "right"),
        ("sent", "left"),
    )
    names = ("kind", "epoch", "msgid", "outcome", "infcode", "fault", "http_status", "duration_ms")
    for attempt in attempts:
        add_row(sends, [*(attempt[name] for name in names), _moment(attempt["create_time"])])
    print_table(sends)


def _moment(time: datetime) -> str:
    return time.isoformat(" ", "milliseconds")
