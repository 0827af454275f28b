"""``mi-bridge simulate``."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.help import Command
from mi_bridge.errors import BridgeError, ConfigurationError

if TYPE_CHECKING:
    from mi_bridge.simulator import FaultRule, SimulatorConfig

_PORT = 18090
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(
    cls=Command,
    examples="""
      mi-bridge simulate
      mi-bridge simulate --port 0 --latency 50 --seed 7
      mi-bridge simulate --fault reset_after,infno=2207,times=1 --fault busy,probability=0.1
      mi-bridge simulate --replay answers/

      # while it runs
      GET  /_simulator/health    GET  /_simulator/ledger     what really happened
      POST /_simulator/faults    POST /_simulator/reset      make things go wrong; begin again
    """,
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Interface to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="TCP port; 0 takes a free one.",
)
@click.option("--seed", type=int, help="Decides every invented value and every drawn fault. [default: 1]")
@click.option("--profile", metavar="NAME|FILE", help="The site it plays. [default: demo]")
@click.option("--app-id", help="What its gateway knows the hospital by. [default: demo]")
@click.option(
    "--app-secret",
    envvar="MI_BRIDGE_SIMULATOR_SECRET",
    help="The secret that goes with it; better in MI_BRIDGE_SIMULATOR_SECRET. [default: demo-secret]",
)
@click.option(
    "--public-key", metavar="KEY|FILE", help="The hospital's SM2 key, where the profile signs with one."
)
@click.option("--check-signature/--no-check-signature", default=None, help="Check signatures. [default: yes]")
@click.option(
    "--timestamp-window",
    "timestamp_window_s",
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="How far a signature's time may be off. [default: 1800]",
)
@click.option(
    "--gateway-status",
    type=click.Choice(["200", "401"]),
    help="HTTP status of the gateway's refusals. [default: 401]",
)
@click.option("--check-url/--no-check-url", default=None, help="Refuse wrong paths. [default: yes]")
@click.option(
    "--require-sign-in/--no-require-sign-in",
    default=None,
    help="Want a sign-in number of today. [default: no]",
)
@click.option(
    "--sign-in-password",
    envvar="MI_BRIDGE_SIMULATOR_SIGN_IN_PASSWORD",
    help="Want MD5(currenttime + password) in 9001, as Guangzhou does. [default: none]",
)
@click.option(
    "--duplicate-msgid",
    type=click.Choice(["accept", "refuse"]),
    help="What a second message of one number gets. [default: accept]",
)
@click.option(
    "--strict-fields/--no-strict-fields",
    default=None,
    help="Want every field of the 2024 edition. [default: no]",
)
@click.option(
    "--replay", "replay_folder", type=_FOLDER, metavar="FOLDER", help="Serve sample answers from a folder."
)
@click.option(
    "--latency", type=click.FloatRange(min=0), metavar="MS", help="Work so many milliseconds on each message."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="RULE",
    help="Make something go wrong; may be repeated. See below.",
)
@click.option(
    "--data-folder", type=_FOLDER, metavar="FOLDER", help="Other people, items and rules than the shipped."
)
@click.option(
    "--max-rows",
    type=click.IntRange(min=0),
    metavar="N",
    help="Refuse more rows in one list of an input. [default: 0, any number]",
)
@click.option(
    "--max-input-bytes",
    type=click.IntRange(min=0),
    metavar="N",
    help="Refuse a longer input. [default: 0, any length]",
)
@click.option(
    "--mobile",
    "mobile_file",
    type=_FILE,
    metavar="FILE",
    help="Play the mobile-payment platform too; a TOML file with app_id, app_secret, private_key, hospital_key.",
)
@click.option(
    "--message-limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Received messages kept. [default: 1000000]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object when it listens.")
def simulate(host: str, port: int, as_json: bool, **options: Any) -> None:
    """Play the insurer's platform, for development. It is not the real one: nothing here is insured or paid."""
    from mi_bridge.simulator import serve

    config = _config(**options)
    try:
        serve(config, host, port, ready=_teller(config, as_json))
    except OSError as fault:
        raise BridgeError(
            f"The simulator cannot listen on {host}:{port} ({fault.strerror or fault}).",
            remedy="Take another port, or --port 0 for a free one.",
        ) from None


def _config(
    *,
    faults: tuple[str, ...],
    latency: float | None,
    replay_folder: Path | None,
    mobile_file: Path | None,
    **options: Any,
) -> SimulatorConfig:
    from pydantic import ValidationError

    from mi_bridge.simulator import SimulatorConfig

    given = {name: value for name, value in options.items() if value is not None}
    if "gateway_status" in given:
        given["gateway_status"] = int(given["gateway_status"])
    if replay_folder is not None:
        given |= {"mode": "replay", "replay_folder": replay_folder}
    if mobile_file is not None:
        given["mobile"] = _mobile(mobile_file)
    try:
        return SimulatorConfig(faults=_rules(faults, latency), **given)
    except ValidationError as fault:
        first = fault.errors()[0]
        raise ConfigurationError(".".join(map(str, first["loc"])) or "simulator", str(first["msg"])) from None


def _mobile(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # no chain and no quotation: the file holds a key
        raise ConfigurationError(str(path), "is not TOML in UTF-8", remedy="Correct the file.") from None


def _rules(texts: tuple[str, ...], latency: float | None) -> tuple[FaultRule, ...]:
    from mi_bridge.simulator import Fault, FaultRule

    rules = [_rule(text) for text in texts]
    if latency:
        rules.append(FaultRule(fault=Fault.LATENCY, ms=latency))
    return tuple(rules)


def _rule(text: str) -> FaultRule:
    from pydantic import ValidationError

    from mi_bridge.simulator import Fault, FaultRule

    try:
        return FaultRule.parse(text)
    except ValidationError as fault:
        what = str(fault.errors()[0]["msg"])
    except ValueError as fault:
        what = str(fault)
    known = ", ".join(one.value for one in Fault)
    raise click.UsageError(f"--fault {text}: {what}. Known faults: {known}.")


def _teller(config: SimulatorConfig, as_json: bool) -> Callable[[str], None]:
    def ready(base_url: str) -> None:
        if as_json:
            click.echo(json.dumps({"base_url": base_url, "profile": config.profile, "mode": config.mode}))
            return
        click.echo(f"Simulated platform, not the real one: {base_url}")
        click.echo("模拟医保平台（非真实平台，不产生任何医保结算）")
        click.echo(f"profile {config.profile}, mode {config.mode}, seed {config.seed}. Stop it with Ctrl-C.")

    return ready
