"""``mi-bridge catalogue``: the platform's catalogues, brought up to date on demand, and how far each is."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click

from mi_bridge.cli.choice import SettingsChoice, settings_options
from mi_bridge.cli.help import Group
from mi_bridge.cli.output import add_row, console, new_table, print_json, print_table
from mi_bridge.errors import JobFailed

if TYPE_CHECKING:
    from mi_bridge.bridge.catalogue_job import CatalogueJob
    from mi_bridge.bridge.job import Progress
    from mi_bridge.bridge.job_runner import JobResult
    from mi_bridge.settings import Settings

    Watch = Callable[[Progress], None]

_STATUS = (
    "catalogue",
    "catalogue_name",
    "version",
    "item_count",
    "source_name",
    "loaded",
    "source_rows",
    "message",
    "node_id",
    "begin_time",
    "finish_time",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(
    cls=Group,
    examples="""
      mi-bridge catalogue sync
      mi-bridge catalogue sync --kind 1301 --kind 1307
      mi-bridge catalogue sync --full
      mi-bridge catalogue status
    """,
)
def catalogue() -> None:
    """Bring the platform's catalogues (1301 to 1319) into the database, or show how far they are.

    医保目录同步。
    """


@catalogue.command(
    examples="""
      mi-bridge catalogue sync --kind 1301
    """,
)
@click.option(
    "--kind", "kinds", multiple=True, metavar="CODE", help="Only this catalogue; may be repeated. [all]"
)
@click.option("--full", is_flag=True, help="Load anew from the first version; items stay meanwhile.")
@_JSON
@settings_options
def sync(choice: SettingsChoice, kinds: tuple[str, ...], full: bool, as_json: bool) -> None:
    """Load what is newer than the database holds; a run that was cut off goes on where it stood."""
    from mi_bridge.bridge.catalogue_job import CatalogueJob, chosen_kinds
    from mi_bridge.insurer.profile import load_profile

    settings = choice.load()
    chosen_kinds(load_profile(settings.insurer.profile), kinds)
    with _progress(quiet=as_json) as watch:
        result = asyncio.run(_sync(settings, CatalogueJob(only=kinds, full=full), watch))
    _tell(result, as_json=as_json)


@catalogue.command(
    examples="""
      mi-bridge catalogue status --json
    """,
)
@_JSON
@settings_options
def status(choice: SettingsChoice, as_json: bool) -> None:
    """Show how far each catalogue is, and why the last try failed."""
    from mi_bridge.cli.database import connected

    with connected(choice.load()) as connection:
        rows = [dict(zip(_STATUS, row, strict=True)) for row in connection.call("sp_mi_catalogues")]
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("No catalogue was synchronised yet.")
        return
    table = new_table(
        "",
        ("catalogue", "left"),
        ("name", "left"),
        ("version", "left"),
        ("items", "right"),
        ("loading", "right"),
        ("finished", "left"),
        ("fault", "left"),
    )
    for row in rows:
        add_row(table, _cells(row))
    print_table(table)


async def _sync(settings: Settings, job: CatalogueJob, watch: Watch) -> JobResult:
    from mi_bridge.cli.signed_in import signed_in
    from mi_bridge.daemon import job_office
    from mi_bridge.store.job_port import JobVerdict

    name = _node_id()
    async with signed_in(settings, name) as desk:
        with closing(job_office(settings, desk.client, name)) as office:
            day = office.now().date()
            result = await office.runner.run(job, day, lambda: office.context(watch), force=True)
            if result.verdict is not JobVerdict.BUSY:
                return result
            # whoever has it may be dead, and its term then ends
            click.echo(
                f"另一个同步正在进行，等待 {result.wait_s} 秒 / another one is at it, waiting", err=True
            )
            await asyncio.sleep(result.wait_s + 1)
            return await office.runner.run(job, day, lambda: office.context(watch), force=True)


def _node_id() -> str:
    """Return who we are to the nodes of the cluster: nobody else, whatever else runs on this machine."""
    return f"{socket.gethostname()[:40]}~cli-{os.getpid()}-{secrets.token_hex(3)}"


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Watch]:
    """Show a bar for each catalogue on a terminal; nothing where nobody looks."""
    out = console(err=True)
    if quiet or not out.is_terminal:
        yield lambda _: None
        return
    from rich import progress as rich

    name, remaining = rich.TextColumn("{task.description}"), rich.TimeRemainingColumn()
    with rich.Progress(name, rich.BarColumn(), rich.MofNCompleteColumn(), remaining, console=out) as bars:
        tasks: dict[str, Any] = {}

        def watch(progress: Progress) -> None:
            if progress.part not in tasks:
                tasks[progress.part] = bars.add_task(progress.part, total=None)
            bars.update(tasks[progress.part], completed=progress.done, total=progress.total or None)

        yield watch


def _tell(result: JobResult, *, as_json: bool) -> None:
    from mi_bridge.store.job_port import JobOutcome, JobVerdict

    if result.verdict is not JobVerdict.RUN:
        raise JobFailed("目录正在由其他节点同步，请稍后再试（Another node is at it）。")
    if result.outcome is not JobOutcome.SUCCEEDED:
        raise JobFailed(result.message)
    if as_json:
        print_json({"outcome": result.outcome.value, "message": result.message})
    else:
        click.echo(result.message)


def _cells(row: dict[str, Any]) -> list[Any]:
    loading = f"{row['loaded']}/{row['source_rows'] or '?'}" if row["source_name"] or row["loaded"] else ""
    finished = row["finish_time"]
    return [
        row["catalogue"],
        row["catalogue_name"],
        row["version"],
        row["item_count"],
        loading,
        finished.isoformat(" ", "seconds") if finished else "",
        row["message"],
    ]
