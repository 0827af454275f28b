from __future__ import annotations

import errno
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result

from mi_bridge.cli.program import LazyGroup, Program
from mi_bridge.errors import ConfigurationError, StoreRejected

Invoke = Callable[..., Result]


def _program(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> click.Group:
    @click.group(cls=Program)
    @click.option("--debug", is_flag=True)
    def group(debug: bool) -> None:
        """Group."""

    @click.command()
    def fail() -> None:
        raise fault

    monkeypatch.setattr(group, "get_command", lambda _ctx, name: fail if name == "fail" else None)
    return group


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (
            ConfigurationError("bridge.window", "must be at least 1", remedy="Write 1."),
            78,
            "bridge.window: must be",
        ),
        (StoreRejected("It failed.", remedy="Mend it."), 1, "  Mend it."),
        (ValueError("strange"), 1, "unexpected fault, ValueError: strange"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (click.UsageError("no such thing"), 2, "no such thing"),
    ],
)
def test_faults_become_words_and_a_status(
    monkeypatch: pytest.MonkeyPatch, fault: BaseException, status: int, words: str
) -> None:
    result = CliRunner().invoke(_program(monkeypatch, fault), ["fail"])
    assert result.exit_code == status
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_debug_shows_the_fault_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = StoreRejected("It failed.")
    assert CliRunner().invoke(_program(monkeypatch, fault), ["--debug", "fail"]).exception is fault


def test_a_driver_that_hides_ctrl_c_is_seen_through(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = SystemError("connect returned a result with an exception set")
    fault.__cause__ = KeyboardInterrupt()
    result = CliRunner().invoke(_program(monkeypatch, fault), ["fail"])
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")


def test_a_reader_that_has_gone_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(_program(monkeypatch, OSError(errno.EPIPE, "gone")), ["fail"])
    assert "unexpected" not in result.stderr


def test_commands_are_imported_when_they_are_asked_for() -> None:
    group = LazyGroup(places={"known": "mi_bridge.cli.version:version", "broken": "mi_bridge.nowhere:x"})
    context = click.Context(group)
    known = group.get_command(context, "known")
    assert group.list_commands(context) == ["known", "broken"]
    assert known is not None
    assert known.name == "version"
    assert group.get_command(context, "unknown") is None
    with pytest.raises(ModuleNotFoundError):
        group.get_command(context, "broken")


def test_a_lazy_group_may_be_empty() -> None:
    group = LazyGroup()
    assert group.list_commands(click.Context(group)) == []
