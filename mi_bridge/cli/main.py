"""The program ``mi-bridge``."""

from __future__ import annotations

import sys

import click

from mi_bridge import __version__
from mi_bridge.cli.program import Program

_COMMANDS = {
    "demo": "mi_bridge.cli.demo.command:demo",
    "run": "mi_bridge.cli.run:run",
    "check": "mi_bridge.cli.check:check",
    "profile": "mi_bridge.cli.profile:profile",
    "doctor": "mi_bridge.cli.doctor.command:doctor",
    "sql": "mi_bridge.cli.sql:sql",
    "service": "mi_bridge.cli.service:service",
    "call": "mi_bridge.cli.call:call",
    "requests": "mi_bridge.cli.requests:requests",
    "reconcile": "mi_bridge.cli.reconcile.command:reconcile",
    "sagas": "mi_bridge.cli.sagas:sagas",
    "sign-in": "mi_bridge.cli.sign_in:sign_in",
    "catalogue": "mi_bridge.cli.catalogue:catalogue",
    "jobs": "mi_bridge.cli.jobs:jobs",
    "rules": "mi_bridge.cli.rules:rules",
    "simulate": "mi_bridge.cli.simulate:simulate",
    "bench": "mi_bridge.cli.bench:bench",
    "version": "mi_bridge.cli.version:version",
}


@click.group(
    examples="""
      mi-bridge demo                    play an outpatient visit on this machine
      mi-bridge check                   validate the settings
      mi-bridge sql install --print     review the SQL, then run it without --print
      mi-bridge doctor                  find out what is wrong, and how to mend it
    """,
    cls=Program,
    places=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="mi-bridge", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of a fault.")
def program(debug: bool) -> None:
    """Bridges a hospital's HIS database to the national medical-insurance platform.

    医院 HIS 数据库与国家医保信息平台之间的桥。
    """


def main() -> None:
    """Run the program and exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a terminal that lacks a Chinese character shows a question mark, not a traceback
            stream.reconfigure(errors="replace")
    program(prog_name="mi-bridge")
