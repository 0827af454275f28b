"""What the demo shows at its end: two views as tables, or one JSON object."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from mi_bridge.cli.database import connected
from mi_bridge.cli.demo.place import Place
from mi_bridge.cli.demo.player import Played
from mi_bridge.cli.demo.scenario import Scenario, Step
from mi_bridge.cli.demo.stage import Scene
from mi_bridge.cli.demo.trial_database import NAME
from mi_bridge.cli.output import add_row, console, new_table, print_table
from mi_bridge.resources import folder
from mi_bridge.store.address import connection_string

Row = Sequence[Any]
_WIDE = 100


def succeeded(scenario: Scenario, played: Sequence[Played]) -> bool:
    """Tell whether every step was played and came out as expected."""
    return len(played) == len(scenario.step) and not any(one.differences for one in played)


def as_dict(
    scenario: Scenario, played: Sequence[Played], timings: dict[str, float], kept: dict[str, str] | None
) -> dict[str, Any]:
    """Return what ``--json`` prints.

    Args:
        scenario: what was to be played.
        played: what was.
        timings: milliseconds of each part, and ``total``.
        kept: how to reach what was left running, None when nothing was.
    """
    report = {
        "ok": succeeded(scenario, played),
        "milliseconds": timings["total"],
        "parts": {name: value for name, value in timings.items() if name != "total"},
        "requests": [_as_dict(number, one) for number, one in enumerate(played, 1)],
    }
    return report if kept is None else report | {"kept": kept}


def _as_dict(number: int, one: Played) -> dict[str, Any]:
    return {
        "step": number,
        "name": one.step.name,
        "interface_code": one.step.infno,
        "through": one.procedures,
        "id": one.answer.request_id,
        "code": one.answer.error_code,
        "result_status": one.line.result_status if one.line else None,
        "infcode": one.line.infcode if one.line else None,
        "milliseconds": one.milliseconds,
        "as_expected": not one.differences,
        "differences": list(one.differences),
    }


def show(scene: Scene, scenario: Scenario, played: Sequence[Played], total_ms: float) -> None:
    """Print both views and the verdict."""
    ids = [one.answer.request_id for one in played if one.answer.request_id is not None]
    with connected(scene.bridge) as connection:
        results = connection.call("sp_mi_request_result", str(ids))
        monitor = connection.call("sp_mi_monitor")
    out = console()
    out.print(f"\n{scenario.title}\n", style="bold")
    _show_results(results, {one.answer.request_id: one.milliseconds for one in played})
    for one in played:
        if one.answer.request_id is None:
            words = f"{one.step.infno} {one.step.name} → {one.answer.error_code} {one.answer.error_message}"
            out.print(f"未入队即退回 / refused before it was queued: {words}\n", soft_wrap=True)
    _show_monitor(monitor)
    _show_verdict(scenario, played, total_ms)


def _show_results(rows: Sequence[Row], milliseconds: dict[int | None, float]) -> None:
    columns = [
        ("request_id" if _wide() else "id", "right"),
        ("interface" if _wide() else "infno", "left"),
        ("interface_name", "left"),
        ("status", "left"),
        ("result_status", "left"),
        ("infcode", "right"),
        ("毫秒", "right"),
        ("err_msg", "left"),
    ]
    lines = [[*row[:6], f"{milliseconds[row[0]]:.0f}", row[6]] for row in rows]
    _print("v_medical_insurance_result", columns, lines, spare=("status",))


def _show_monitor(rows: Sequence[Row]) -> None:
    columns = [
        ("interface" if _wide() else "infno", "left"),
        ("interface_name", "left"),
        ("total", "right"),
        ("success", "right"),
        ("business", "right"),
        ("system", "right"),
        ("avg s", "right"),
        ("p50", "right"),
        ("p95", "right"),
        ("p99", "right"),
    ]
    _print(
        "v_medical_insurance_monitor", columns, [[*row[:6], *row[7:11]] for row in rows], spare=("p50", "p99")
    )


def _print(
    title: str, columns: list[tuple[str, str]], lines: list[list[Any]], *, spare: tuple[str, ...]
) -> None:
    """Print a table; a narrow screen does without the spare columns. Only the last column breaks its lines."""
    shown = [place for place, (heading, _) in enumerate(columns) if _wide() or heading not in spare]
    table = new_table(title, *(columns[place] for place in shown))
    for column in table.columns[:-1]:
        column.no_wrap = True
    for line in lines:
        add_row(table, [line[place] for place in shown])
    print_table(table)


def _wide() -> bool:
    return console().width >= _WIDE


def _show_verdict(scenario: Scenario, played: Sequence[Played], total_ms: float) -> None:
    out = console()
    if succeeded(scenario, played):
        words = f"{len(played)} 步全部符合预期 / all {len(played)} steps as expected"
        out.print(f"{words}（{total_ms / 1000:.1f} s）", style="bold green")
        return
    for number, one in enumerate(played, 1):
        for difference in one.differences:
            out.print(f"第 {number} 步 {one.step.infno} {one.step.name}: {difference}", style="red")
    left = len(scenario.step) - len(played)
    if left:
        out.print(f"{left} 步未执行 / steps not played", style="red")


def show_left_out(steps: Sequence[Step]) -> None:
    """Say which steps this site has no address for."""
    for step in steps:
        console().print(
            f"本站没有 {step.infno} {step.name} 的地址，未执行 / no address at this site, not played"
        )


def kept_facts(scene: Scene, place: Place) -> dict[str, str]:
    """Return how to reach what is left running, HIS's password included: the database is the demo's own."""
    database = scene.his.database
    secret = database.password.get_secret_value() if database.password else ""
    return {
        "connection_string": connection_string(database),
        "url": f"postgresql://{database.user}:{quote(secret)}@{database.server}:{database.port}/{NAME}",
        "base_url": scene.base_url,
        "his_settings": str(place.his_settings),
        "bridge_settings": str(place.bridge_settings),
        "stop": f"{_program()} demo --stop",
    }


def show_next(kept: dict[str, str] | None) -> None:
    """Say what to try next."""
    texts = tomllib.loads((folder("config") / "demo" / "screen.toml").read_text("utf-8"))
    words = {"program": _program()}
    if kept:
        words |= {
            "odbc": kept["connection_string"],
            "url": kept["url"],
            "base_url": kept["base_url"],
            "his": kept["his_settings"],
            "bridge": kept["bridge_settings"],
        }
    text = Template(texts["kept" if kept else "stopped"]).safe_substitute(words)
    console().print(f"\n{text.strip()}", soft_wrap=True)


def _program() -> str:
    """Return how this program is called here: as short as it still works."""
    called = Path(sys.argv[0])
    if called.name != "mi-bridge":
        return f"{sys.executable} -m mi_bridge"
    if shutil.which("mi-bridge") == str(called):
        return "mi-bridge"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)
