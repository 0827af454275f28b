"""``mi-bridge sql``: installs, upgrades and removes our objects, or prints the SQL for a DBA."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.failure import FAILED
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import print_json
from mi_bridge.errors import SchemaError

if TYPE_CHECKING:
    from mi_bridge.domain.interface import Interface
    from mi_bridge.settings import Settings
    from mi_bridge.store.dialect import Dialect
    from mi_bridge.store.installer import Installer, SchemaStatus

Function = Callable[..., Any]
_DIALECTS = click.Choice(["postgresql", "sqlserver"])


def _common(function: Function) -> Function:
    """Give a command ``--print`` and ``--dialect`` beside the settings."""

    @click.option(
        "--print",
        "as_text",
        is_flag=True,
        help="Print the SQL and do nothing. Needs no database and no settings.",
    )
    @click.option("--dialect", type=_DIALECTS, help="With --print: whose SQL. [default: the settings']")
    @settings_options
    @wraps(function)
    def with_options(**options: Any) -> Any:
        if options["dialect"] and not options["as_text"]:
            raise click.UsageError("--dialect goes with --print; otherwise the settings tell the database.")
        return function(**options)

    return with_options


@click.group(
    cls=Group,
    examples="""
      mi-bridge sql install --print --dialect sqlserver > install.sql    for a DBA, to run in SSMS or psql
      mi-bridge sql install && mi-bridge sql grants
      mi-bridge sql status --json
    """,
)
def sql() -> None:
    """Install, upgrade and remove the database's objects."""


@sql.command(
    examples="""
      mi-bridge sql install --print --dialect postgresql
      mi-bridge sql install
    """,
)
@click.option(
    "--profile",
    metavar="NAME|FILE",
    help="With --print: the site whose catalogue is written. [default: national]",
)
@_common
def install(choice: SettingsChoice, as_text: bool, dialect: str | None, profile: str | None) -> None:
    """Install every table, view and procedure. Run again, it changes nothing."""
    if as_text:
        _print_installation(choice, dialect, profile)
        return
    _install(choice)


@sql.command(
    examples="""
      mi-bridge sql upgrade --print --dialect sqlserver
    """,
)
@click.option(
    "--profile",
    metavar="NAME|FILE",
    help="With --print: the site whose catalogue is written. [default: national]",
)
@_common
def upgrade(choice: SettingsChoice, as_text: bool, dialect: str | None, profile: str | None) -> None:
    """Bring what is installed to this release; data stays. Run again, it changes nothing."""
    if as_text:
        _print_installation(choice, dialect, profile)
        return
    _install(choice, must_be_there=True)


@sql.command(
    examples="""
      mi-bridge sql uninstall
      mi-bridge sql uninstall --purge --yes --yes-delete-data
    """,
)
@click.option("--purge", is_flag=True, help="Remove the tables too, with every request, answer and attempt.")
@click.option("--yes", is_flag=True, help="Do not ask whether to remove procedures and views.")
@click.option("--yes-delete-data", is_flag=True, help="Do not ask whether to delete the data (with --purge).")
@_common
def uninstall(
    choice: SettingsChoice, as_text: bool, dialect: str | None, purge: bool, yes: bool, yes_delete_data: bool
) -> None:
    """Remove procedures and views; tables and their data stay unless --purge."""
    if as_text:
        from mi_bridge.store.script import uninstall_script

        click.echo(uninstall_script(_dialect(choice, dialect), purge=purge), nl=False)
        return
    settings = choice.load()
    place = settings.database.database or "the database of the connection string"
    if not yes:
        click.confirm(f"Remove mi-bridge's procedures and views from {place}?", abort=True)
    if purge and not yes_delete_data:
        click.confirm(
            f"Delete every request, answer and attempt in {place}? There is no way back", abort=True
        )
    _with_installer(settings, lambda installer: installer.uninstall(purge=purge))
    click.echo(f"Removed from {place}{', with all data' if purge else '; tables and data stay'}.")


@sql.command(
    examples="""
      mi-bridge sql grants --print --dialect sqlserver
    """,
)
@_common
def grants(choice: SettingsChoice, as_text: bool, dialect: str | None) -> None:
    """Make the roles mi_his, mi_bridge, mi_monitor, mi_auditor and give each the least it needs."""
    if as_text:
        from mi_bridge.store.script import grants_script

        click.echo(grants_script(_dialect(choice, dialect)), nl=False)
        return
    _with_installer(choice.load(), lambda installer: installer.grant())
    click.echo("Granted. Make HIS's login a member of mi_his, and the bridge's a member of mi_bridge.")


@sql.command(
    examples="""
      mi-bridge sql status --json
    """,
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_common
@click.pass_context
def status(
    ctx: click.Context, choice: SettingsChoice, as_text: bool, dialect: str | None, as_json: bool
) -> None:
    """Tell what is installed, and whether it is this release's. Status 1 when it is not."""
    if as_text:
        click.echo(f"{_dialect(choice, dialect).invocation('sp_mi_schema', 0)};")
        return
    found: SchemaStatus = _with_installer(choice.load(), lambda installer: installer.status())
    if as_json:
        print_json(_as_dict(found))
    else:
        _show(found)
    ctx.exit(0 if found.current else FAILED)


def _print_installation(choice: SettingsChoice, dialect: str | None, profile: str | None) -> None:
    from mi_bridge.store.script import install_script

    click.echo(install_script(_dialect(choice, dialect), _interfaces(profile)), nl=False)


def _install(choice: SettingsChoice, *, must_be_there: bool = False) -> None:
    settings = choice.load()
    interfaces = _interfaces(settings.insurer.profile)

    def work(installer: Installer) -> SchemaStatus:
        if must_be_there and not installer.status().installed:
            raise SchemaError(
                "mi-bridge is not installed in this database.", remedy="Run `mi-bridge sql install`."
            )
        installer.install(interfaces)
        return installer.status()

    found: SchemaStatus = _with_installer(settings, work)
    _show(found)


def _interfaces(profile: str | None) -> list[Interface]:
    from mi_bridge.daemon import interfaces_of
    from mi_bridge.insurer.catalogue import Catalogue
    from mi_bridge.insurer.profile import load_profile

    return interfaces_of(load_profile(profile).catalogue() if profile else Catalogue.load())


def _dialect(choice: SettingsChoice, named: str | None) -> Dialect:
    from mi_bridge.store.dialect import Dialect

    return Dialect(named or choice.load().database.dialect)


def _with_installer(settings: Settings, work: Callable[[Installer], Any]) -> Any:
    from mi_bridge.cli.database import connected
    from mi_bridge.store.installer import Installer

    with connected(settings) as connection:
        return work(Installer(connection))


def _as_dict(found: SchemaStatus) -> dict[str, Any]:
    return {
        "installed": found.installed,
        "current": found.current,
        "missing": list(found.missing),
        "outdated": [{"name": name, "version": version} for name, version in found.outdated],
    }


def _show(found: SchemaStatus) -> None:
    from mi_bridge import __version__

    if not found.installed:
        click.echo("Not installed, or this login may not ask. Run `mi-bridge sql install`.")
        return
    if found.current:
        click.echo(f"Installed, all of it in version {__version__}.")
        return
    for name in found.missing:
        click.echo(f"missing   {name}")
    for name, version in found.outdated:
        click.echo(f"outdated  {name} ({version})")
    click.echo(f"Run `mi-bridge sql upgrade` to bring it to version {__version__}.")
