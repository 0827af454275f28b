"""``mi-bridge sign-in``: who is signed in at the platform, and signing in and out by hand. No number is ever shown."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import socket
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import add_row, new_table, print_json, print_table
from mi_bridge.cli.quiet_log import quiet_log
from mi_bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from mi_bridge.bridge.sign_in_office import SignInOffice
    from mi_bridge.domain.sign_in import SignInRow
    from mi_bridge.settings import Settings

Result = TypeVar("Result")
_COLUMNS = ("organisation", "operator", "state", "since", "valid until", "node", "why not")
_ORG = click.option("--org", "org_code", metavar="CODE", help="The organisation. [default: the settings']")
_OPERATOR = click.option("--operator", metavar="CODE", help="The operator.")


@click.group(
    "sign-in",
    cls=Group,
    examples="""
      mi-bridge sign-in status
      mi-bridge sign-in now --operator 0001
      mi-bridge sign-in out
    """,
)
def sign_in() -> None:
    """Show who is signed in at the platform (9001), sign in anew, or sign out (9002).

    The bridge signs in by itself when the profile's [sign_in] says so; this is for looking, and for the rare day when it helps.
    """


@sign_in.command(
    examples="""
      mi-bridge sign-in status --json
    """,
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@settings_options
def status(choice: SettingsChoice, as_json: bool) -> None:
    """List every operator's sign-in: since when, until when, by which node. The number is a token and not shown."""
    from mi_bridge.cli.database import connected
    from mi_bridge.store.odbc_sign_in_store import OdbcSignInStore

    with connected(choice.load()) as connection:
        rows = OdbcSignInStore(connection).sign_ins()
    if as_json:
        print_json([dataclasses.asdict(row) for row in rows])
    elif rows:
        _show(rows)
    else:
        click.echo("Nobody has signed in.")


@sign_in.command(
    examples="""
      mi-bridge sign-in now
      mi-bridge sign-in now --operator 0001
    """,
)
@_ORG
@_OPERATOR
@settings_options
def now(choice: SettingsChoice, org_code: str | None, operator: str | None) -> None:
    """Sign an operator in anew, whatever there is; every node uses the new number from then on. Sends 9001."""
    from mi_bridge.insurer.call import Sender

    settings = choice.load()

    async def work(office: SignInOffice) -> Sender:
        profile = office.client.profile
        sender = Sender(org_code or settings.insurer.org_code, operator or profile.operator.code)
        await office.sign_ins.order(sender)
        return sender

    sender = _at_office(settings, work)
    click.echo(f"Signed in: {sender.org_code}, operator {sender.opter}.")


@sign_in.command(
    examples="""
      mi-bridge sign-in out
      mi-bridge sign-in out --operator 0001
    """,
)
@_ORG
@_OPERATOR
@settings_options
def out(choice: SettingsChoice, org_code: str | None, operator: str | None) -> None:
    """Sign out everybody, or one operator. Sends 9002; the next request signs in again."""

    async def work(office: SignInOffice) -> int:
        return await office.sign_out.everybody(org_code or "", operator or "")

    click.echo(f"Signed out: {_at_office(choice.load(), work)}.")


def _at_office(settings: Settings, work: Callable[[SignInOffice], Coroutine[Any, Any, Result]]) -> Result:
    """Do some work with everything a node has for signing in, under a name of this process's own."""
    from mi_bridge.cli.signed_in import signed_in
    from mi_bridge.insurer.profile import load_profile

    profile = load_profile(settings.insurer.profile)
    if profile.sign_in.policy == "never":
        raise ConfigurationError(
            "sign_in.policy",
            f'is "never" in profile {profile.name}: nobody signs in here',
            remedy='Write "daily" or "on_demand" under [sign_in] of the profile where the platform asks for it.',
        )
    name = f"cli-{socket.gethostname()}-{os.getpid()}"[:64]

    async def run() -> Result:
        async with signed_in(settings, name) as office:
            return await work(office)

    with quiet_log():
        return asyncio.run(run())


def _show(rows: list[SignInRow]) -> None:
    table = new_table("", *((name, "left") for name in _COLUMNS))
    for row in rows:
        times = [
            moment.isoformat(" ", "seconds") if moment else "" for moment in (row.sign_time, row.valid_until)
        ]
        add_row(table, [row.org_code, row.opter, row.state, *times, row.node_id, row.message])
    print_table(table)
