"""What commands print: tables for people, JSON for scripts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPED_WIDTH = 110
# one meaning, one colour, everywhere
_STYLES = {
    "SUCCESS": "green",
    "COMPLETED": "green",
    "BUSINESS_ERROR": "yellow",
    "SYSTEM_ERROR": "red",
    "ERROR": "red",
    "TIMEOUT": "red",
    "UNCERTAIN": "bold magenta",
    "REVERSING": "magenta",
    "MANUAL": "bold magenta",
    "PROCESSING": "cyan",
    "SENDING": "cyan",
    "CLAIMED": "cyan",
    "DIVIDED": "cyan",
    "REVERSED": "blue",
    "CANCELLED": "dim",
}


_WHOLE = frozenset({"status", "result_status", "outcome"})


def console(*, err: bool = False) -> Console:
    """Return a console: coloured on a terminal, plain and of a fixed width where the output is piped."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, soft_wrap=False)


def new_table(title: str, *columns: tuple[str, str]) -> Table:
    """Return an empty table.

    Args:
        title: above it.
        columns: heading and ``left`` or ``right`` of each.
    """
    from rich import box
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
        collapse_padding=True,
    )
    for heading, side in columns:
        # a status broken over two lines is read wrongly; names and messages may break
        whole = heading in _WHOLE
        table.add_column(
            heading, justify="right" if side == "right" else "left", overflow="fold", no_wrap=whole
        )
    return table


def add_row(table: Table, cells: Iterable[Any]) -> None:
    """Add a row of plain values; statuses get their colour, None becomes empty."""
    from rich.text import Text

    words = ("" if cell is None else str(cell) for cell in cells)
    table.add_row(*(Text(word, style=_STYLES.get(word, "")) for word in words))


def print_table(table: Table) -> None:
    """Print a table; where the output is piped, without the blanks that only fill a screen."""
    out = console()
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def print_json(value: Any) -> None:
    """Print one JSON value, Chinese as Chinese."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
