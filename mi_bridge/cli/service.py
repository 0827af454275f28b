"""``mi-bridge service``: the bridge under systemd or Windows' service control manager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.failure import FAILED
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import print_json
from mi_bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from mi_bridge.service import ServiceManager, ServiceOptions, ServiceStatus
    from mi_bridge.service.stop import StopSignal

Function = Callable[..., Any]


def _common(function: Function) -> Function:
    """Give a command ``--print`` beside the settings."""

    @click.option("--print", "as_text", is_flag=True, help="Print what would be done, and do nothing.")
    @settings_options
    @wraps(function)
    def with_options(**options: Any) -> Any:
        return function(**options)

    return with_options


@click.group(
    cls=Group,
    examples="""
      mi-bridge service install --print --config /etc/mi-bridge/mi-bridge.toml
      mi-bridge service install --config /etc/mi-bridge/mi-bridge.toml
      mi-bridge service start
      mi-bridge service status --json
    """,
)
def service() -> None:
    """Run the bridge as a service of this machine."""


@service.command()
@_common
def install(choice: SettingsChoice, as_text: bool) -> None:
    """Install the service, to start with the machine. Run again, it renews the installation."""
    _do("install", choice, as_text)


@service.command()
@_common
def uninstall(choice: SettingsChoice, as_text: bool) -> None:
    """Stop and remove the service; settings and logs stay."""
    _do("uninstall", choice, as_text)


@service.command()
@_common
def start(choice: SettingsChoice, as_text: bool) -> None:
    """Start the service and wait until it is ready."""
    _do("start", choice, as_text)


@service.command()
@_common
def stop(choice: SettingsChoice, as_text: bool) -> None:
    """Stop the service and wait until what is in flight has ended."""
    _do("stop", choice, as_text)


@service.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_common
@click.pass_context
def status(ctx: click.Context, choice: SettingsChoice, as_text: bool, as_json: bool) -> None:
    """Tell how the service stands. Status 1 when it does not run."""
    if as_text:
        _do("status", choice, as_text)
        return
    found = _manager(choice).status()
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)
    ctx.exit(0 if found.running else FAILED)


@service.command(hidden=True)
@settings_options
def host(choice: SettingsChoice) -> None:
    """Be the Windows service: only the service control manager calls this."""
    from mi_bridge.cli.run import run_bridge
    from mi_bridge.service import run_windows_service

    settings = choice.inspect().settings
    drain_s = settings.bridge.drain_s if settings else 0.0

    def bridge(stop_signal: StopSignal) -> int:
        return run_bridge(choice, stop_signal)

    run_windows_service(bridge, drain_s=drain_s)


def _do(action: str, choice: SettingsChoice, as_text: bool) -> None:
    from mi_bridge.service import Action

    manager = _manager(choice)
    if as_text:
        click.echo(manager.script(Action(action)), nl=False)
        return
    click.echo(getattr(manager, action)())


def _manager(choice: SettingsChoice) -> ServiceManager:
    from mi_bridge.service import service_manager

    return service_manager(service_options(choice))


def service_options(choice: SettingsChoice) -> ServiceOptions:
    """Return how the service is set up by the chosen settings.

    Raises:
        ConfigurationError: the settings are wrong, or there is no settings file a service could read.
    """
    from mi_bridge.service import ServiceOptions
    from mi_bridge.settings import find_file

    settings = choice.load()
    file: Path | None = find_file(choice.file)
    if file is None:
        raise ConfigurationError(
            "config", "there is no settings file", remedy="A service needs one: name it with --config."
        )
    return ServiceOptions.of(settings, file)


def _show(found: ServiceStatus) -> None:
    click.echo(f"state        {found.state}")
    if found.pid:
        click.echo(f"process      {found.pid}")
    if found.exit_status:
        click.echo(f"last status  {found.exit_status}")
    if found.restarts:
        click.echo(f"restarts     {found.restarts}")
    if found.text:
        click.echo(f"it says      {found.text}")
