from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import Result

from mi_bridge import __version__
from mi_bridge.cli.main import main, program

Invoke = Callable[..., Result]
_HEAVY = ("pydantic", "httpx", "aiohttp", "pyodbc", "rich", "apscheduler", "structlog", "msgspec")


def _paths() -> list[list[str]]:
    paths: list[list[str]] = [[]]
    for name in program.list_commands(click.Context(program)):
        command = program.get_command(click.Context(program), name)
        paths.append([name])
        paths += [[name, inner] for inner in getattr(command, "commands", {})]
    return paths


@pytest.mark.parametrize("path", _paths(), ids=" ".join)
def test_every_command_explains_itself(invoke: Invoke, path: list[str]) -> None:
    result = invoke(*path, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    if not path or path[0] != "service" or len(path) == 1:
        assert "Examples:" in result.stdout


def test_the_help_shows_the_commands_in_the_order_of_use(invoke: Invoke) -> None:
    lines = invoke("--help").stdout.partition("Commands:")[2].partition("Examples:")[0].splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert names == [
        "demo",
        "run",
        "check",
        "profile",
        "doctor",
        "sql",
        "service",
        "call",
        "requests",
        "reconcile",
        "sagas",
        "sign-in",
        "catalogue",
        "jobs",
        "rules",
        "simulate",
        "bench",
        "version",
    ]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from mi_bridge.cli.main import program; program(['--help'], standalone_mode=False);"
        f"print([name for name in {_HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_main_ends_with_the_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mi-bridge", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"mi-bridge {__version__}\n"


def test_python_m_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mi_bridge", "nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Usage: mi-bridge" in done.stderr
