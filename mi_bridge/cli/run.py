"""``mi-bridge run``: the bridge in the foreground, for a service manager or a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.failure import CONFIGURATION_FAULT, FAILED, status_of, tell, tell_findings
from mi_bridge.cli.help import Command
from mi_bridge.errors import BridgeError

if TYPE_CHECKING:
    from mi_bridge.daemon import StopRequest
    from mi_bridge.settings import Settings


@click.command(
    cls=Command,
    examples="""
      mi-bridge run
      mi-bridge run --config /etc/mi-bridge/mi-bridge.toml --set log.format=console
    """,
)
@settings_options
@click.pass_context
def run(ctx: click.Context, choice: SettingsChoice) -> None:
    """Run the bridge until SIGTERM, SIGINT or Ctrl-C; it then finishes what is in flight and gives back the rest.

    Ends with status 78 when a setting is wrong: starting it again changes nothing.
    """
    ctx.exit(run_bridge(choice))


def run_bridge(choice: SettingsChoice, stop: StopRequest | None = None) -> int:
    """Run a node to its end and return the exit status.

    Args:
        choice: the settings.
        stop: heard besides the signals, for service managers that send none.
    """
    inspection = choice.inspect()
    tell_findings(inspection.findings)
    if inspection.settings is None:
        return CONFIGURATION_FAULT
    try:
        return _run(inspection.settings, stop)
    except BridgeError as error:
        tell(error)
        return status_of(error)


def _run(settings: Settings, stop: StopRequest | None) -> int:
    import structlog

    from mi_bridge.cli.supervisor import SystemdSupervisor
    from mi_bridge.daemon import run_daemon
    from mi_bridge.logging import configure_logging
    from mi_bridge.service import Notifier

    with configure_logging(node=settings.bridge.node_name, **settings.log.model_dump()):
        try:
            run_daemon(settings, SystemdSupervisor(Notifier.from_environment()), stop=stop)
        except BridgeError as error:
            # a Windows service has no standard error: its log must say why it ended
            structlog.get_logger().error("bridge ended", error=error.message, remedy=error.remedy)
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the log must hold it
            structlog.get_logger().exception("bridge ended by a fault of its own")
            return FAILED
    return 0
