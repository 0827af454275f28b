"""The bridge as a service of systemd."""

from __future__ import annotations

from pathlib import Path

from mi_bridge.errors import ServiceError
from mi_bridge.service.manager import CONFIGURATION_FAULT, Action, ServiceOptions, ServiceStatus
from mi_bridge.service.step import Command, RemoveFile, Runner, Step, WriteFile, carry_out, run_program
from mi_bridge.service.unit import MARKER, render_unit

_UNITS = Path("/etc/systemd/system")
_BOOTED = Path("/run/systemd/system")  # there exactly when systemd is process 1 (sd_booted(3))
_FACTS = ("LoadState", "ActiveState", "SubState", "MainPID", "ExecMainStatus", "NRestarts", "StatusText")
_START_S = 100.0
_AFTER_STOP_S = 60.0


class SystemdManager:
    """Installs and drives the unit through ``systemctl``.

    Args:
        options: how the service is set up.
        run: runs programs.
        units: folder of the machine's own units.
        booted: a path that is there when systemd runs the machine.
    """

    def __init__(
        self,
        options: ServiceOptions,
        *,
        run: Runner = run_program,
        units: Path = _UNITS,
        booted: Path = _BOOTED,
    ) -> None:
        self._options = options
        self._run = run
        self._booted = booted
        self._unit = f"{options.name}.service"
        self._file = units / self._unit

    def install(self) -> str:
        """Create the account, write and enable the unit. Doing it again renews the unit."""
        self._must_be_ours_or_absent()
        self._carry_out(Action.INSTALL)
        return f"Installed {self._file}. It starts with the machine; start it now with `mi-bridge service start`."

    def uninstall(self) -> str:
        """Stop the service and remove its unit; settings, logs and account stay."""
        self._must_be_installed()
        self._must_be_ours_or_absent()
        self._carry_out(Action.UNINSTALL)
        return f"Removed {self._file}. Settings, logs and the account {self._options.name} stay."

    def start(self) -> str:
        """Start the service and wait until it is ready."""
        self._must_be_installed()
        try:
            self._carry_out(Action.START)
        except ServiceError as fault:
            raise ServiceError(fault.message, remedy=self._why()) from None
        return f"{self._unit} runs."

    def stop(self) -> str:
        """Stop the service and wait until calls in flight have ended."""
        self._must_be_installed()
        self._carry_out(Action.STOP)
        return f"{self._unit} has stopped."

    def status(self) -> ServiceStatus:
        """Ask systemd how the service stands."""
        self._must_be_booted()
        done = self._run(self._status_command().arguments, timeout_s=_AFTER_STOP_S)
        facts = dict(line.split("=", 1) for line in done.output.splitlines() if "=" in line)
        if facts.get("LoadState", "not-found") == "not-found":
            return ServiceStatus(installed=False)
        return ServiceStatus(
            installed=True,
            running=facts.get("ActiveState") == "active",
            state=f"{facts.get('ActiveState', '')} ({facts.get('SubState', '')})",
            pid=_number(facts.get("MainPID")) or None,
            exit_status=_number(facts.get("ExecMainStatus")),
            restarts=_number(facts.get("NRestarts")),
            text=facts.get("StatusText", ""),
        )

    def script(self, action: Action) -> str:
        """Return the action as a shell script to be run as root."""
        return "\n".join(["#!/bin/sh", "set -eu", *(step.shell() for step in self._steps(action)), ""])

    def _steps(self, action: Action) -> tuple[Step, ...]:
        steps: dict[Action, tuple[Step, ...]] = {
            Action.UNINSTALL: (
                Command(("systemctl", "disable", "--now", self._unit)),
                RemoveFile(self._file),
                Command(("systemctl", "daemon-reload")),
            ),
            Action.START: (Command(("systemctl", "start", self._unit)),),
            Action.STOP: (Command(("systemctl", "stop", self._unit)),),
            Action.STATUS: (self._status_command(),),
        }
        return self._installation() if action is Action.INSTALL else steps[action]

    def _installation(self) -> tuple[Step, ...]:
        user, config = self._options.name, str(self._options.config)
        home = f"/var/lib/{user}"
        account = ("useradd", "--system", "--user-group", "--no-create-home", "--home-dir", home)
        return (
            Command((*account, "--shell", "/usr/sbin/nologin", user), unless=("id", "-u", user)),
            Command(("chgrp", user, config)),
            Command(("chmod", "0640", config)),
            WriteFile(self._file, render_unit(self._options)),
            Command(("systemctl", "daemon-reload")),
            Command(("systemctl", "enable", self._unit)),
        )

    def _status_command(self) -> Command:
        return Command(("systemctl", "show", f"--property={','.join(_FACTS)}", self._unit))

    def _carry_out(self, action: Action) -> None:
        self._must_be_booted()
        timeout_s = _START_S + self._options.drain_s
        for step in self._steps(action):
            carry_out(step, self._run, timeout_s=timeout_s)

    def _must_be_booted(self) -> None:
        if not self._booted.exists():
            remedy = "Keep `mi-bridge run` alive with your own supervisor, or take the unit from `--print`."
            raise ServiceError("systemd does not run this machine.", remedy=remedy)

    def _must_be_installed(self) -> None:
        self._must_be_booted()
        if not self._file.exists():
            raise ServiceError(
                f"{self._unit} is not installed.", remedy="Run `mi-bridge service install` first."
            )

    def _must_be_ours_or_absent(self) -> None:
        if self._file.exists() and MARKER not in self._file.read_text(encoding="utf-8", errors="replace"):
            remedy = "Move it away, or give this service another name."
            raise ServiceError(f"{self._file} was not made by mi-bridge.", remedy=remedy)

    def _why(self) -> str:
        if self.status().exit_status == CONFIGURATION_FAULT:
            return f"A setting is wrong: run `mi-bridge check --config {self._options.config}`."
        return f"Read `journalctl -u {self._unit} -n 50`."


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
