"""The steps of an installation, so that what is printed for review is exactly what is done."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mi_bridge.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run.

    Args:
        arguments: the program and its arguments.
        unless: a command; where it succeeds, this one is not needed.
    """

    arguments: tuple[str, ...]
    unless: tuple[str, ...] = ()

    def shell(self) -> str:
        """Return the step as a line of shell."""
        guard = f"{shlex.join(self.unless)} >/dev/null 2>&1 || " if self.unless else ""
        return guard + shlex.join(self.arguments)


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file to write whole.

    Args:
        path: where.
        text: its content, ending with a line feed.
    """

    path: Path
    text: str

    def shell(self) -> str:
        """Return the step as shell."""
        return f"cat > {shlex.quote(str(self.path))} <<'END_OF_FILE'\n{self.text}END_OF_FILE"


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """A file to remove.

    Args:
        path: which.
    """

    path: Path

    def shell(self) -> str:
        """Return the step as a line of shell."""
        return f"rm -f {shlex.quote(str(self.path))}"


Step = Command | WriteFile | RemoveFile


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended.

    Args:
        status: its exit status.
        output: what it wrote to standard output.
        complaint: what it wrote to standard error.
    """

    status: int
    output: str = ""
    complaint: str = ""


class Runner(Protocol):
    """Runs programs."""

    def __call__(self, arguments: Sequence[str], *, timeout_s: float) -> Completed:
        """Run a program to its end.

        Raises:
            ServiceError: it is not there, or takes longer than so many seconds.
        """


def run_program(arguments: Sequence[str], *, timeout_s: float) -> Completed:
    """Run a program of this machine (a ``Runner``)."""
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=timeout_s, check=False)  # noqa: S603 - no shell, arguments are ours
    except FileNotFoundError:
        remedy = (
            "Is this machine run by systemd? Otherwise keep `mi-bridge run` alive with your own supervisor."
        )
        raise ServiceError(f"{arguments[0]} is not on this machine.", remedy=remedy) from None
    except subprocess.TimeoutExpired:
        raise ServiceError(f"{shlex.join(arguments)} did not end within {timeout_s:g} s.") from None
    return Completed(done.returncode, done.stdout, done.stderr)


def carry_out(step: Step, run: Runner, *, timeout_s: float) -> None:
    """Do one step.

    Raises:
        ServiceError: it failed; tells what the program said.
    """
    if isinstance(step, Command):
        _run(step, run, timeout_s)
        return
    try:
        if isinstance(step, WriteFile):
            _replace(step.path, step.text)
        else:
            step.path.unlink(missing_ok=True)
    except OSError as fault:
        remedy = "Run the command as root."
        raise ServiceError(f"{step.path} cannot be changed ({fault.strerror}).", remedy=remedy) from None


def _run(command: Command, run: Runner, timeout_s: float) -> None:
    if command.unless and run(command.unless, timeout_s=timeout_s).status == 0:
        return
    done = run(command.arguments, timeout_s=timeout_s)
    if done.status:
        said = done.complaint.strip() or done.output.strip() or f"exit status {done.status}"
        raise ServiceError(f"`{shlex.join(command.arguments)}` failed: {said}.")


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o644)
    beside.replace(path)
