"""``mi-bridge demo``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mi_bridge.cli.help import Command
from mi_bridge.errors import BridgeError

if TYPE_CHECKING:
    from mi_bridge.cli.demo.interruption import Interruption
    from mi_bridge.cli.demo.place import Place


@click.command(
    cls=Command,
    examples="""
      mi-bridge demo
      mi-bridge demo --json
      mi-bridge demo --profile zhejiang   in the dialect of one site
      mi-bridge demo --keep       then query the views; mi-bridge demo --stop ends it
    """,
)
@click.option(
    "--profile",
    default="demo",
    show_default=True,
    metavar="NAME|FILE",
    help="The site whose dialect is spoken.",
)
@click.option("--keep", is_flag=True, help="Leave everything running and tell how to reach it.")
@click.option("--stop", is_flag=True, help="Stop what --keep left running.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path, resolve_path=True),
    metavar="FOLDER",
    help="Where data and logs go. [default: .run/demo of the project, or the user's state folder]",
)
@click.option(
    "--scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Another script than the outpatient visit; see config/demo/outpatient.toml.",
)
@click.pass_context
def demo(
    ctx: click.Context,
    profile: str,
    keep: bool,
    stop: bool,
    as_json: bool,
    folder: Path | None,
    scenario: Path | None,
) -> None:
    """Play an outpatient visit from HIS's procedures to the (simulated) platform and back, on this machine.

    Starts a PostgreSQL of its own, the simulator and the bridge, and leaves nothing behind. Status 0 only when every step
    came out as the script expects.
    """
    if sys.platform == "win32":
        raise BridgeError(
            "The demo starts a PostgreSQL server of its own, which it can do on Linux only.",
            remedy="On Windows run `mi-bridge simulate`, and the bridge on a database of yours.",
        )
    from mi_bridge.cli.demo.interruption import Interruption
    from mi_bridge.cli.demo.place import Place

    place = Place(folder) if folder else Place.usual()
    with place.held(), Interruption() as interruption:
        if stop:
            _stop(place, interruption)
            return
        ctx.exit(_play(place, interruption, profile, scenario, keep=keep, as_json=as_json))


def _stop(place: Place, interruption: Interruption) -> None:
    from mi_bridge.cli.demo.stage import Stage

    stage = Stage(place, interruption)
    stood = stage.standing
    with interruption.shielded():
        stage.take_down()
    click.echo("Stopped." if stood else "Nothing was running.")


def _play(
    place: Place, interruption: Interruption, profile: str, script: Path | None, *, keep: bool, as_json: bool
) -> int:
    from mi_bridge.cli.demo.performance import Performance
    from mi_bridge.cli.demo.scenario import load_scenario
    from mi_bridge.cli.demo.site import Site

    scenario = load_scenario(script)
    return Performance(place, interruption, Site.of(profile), scenario, keep=keep, as_json=as_json).run()
