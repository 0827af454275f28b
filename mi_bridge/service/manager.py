"""What both service managers, systemd's and Windows', can do for the bridge."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mi_bridge.errors import ServiceError
from mi_bridge.settings import Settings, known_keys

NAME = "mi-bridge"
CONFIGURATION_FAULT = 78
"""Exit status of a wrong setting (EX_CONFIG): a restart would change nothing."""


class Action(StrEnum):
    """What can be asked of a service manager."""

    INSTALL = "install"
    UNINSTALL = "uninstall"
    START = "start"
    STOP = "stop"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """How the service is set up.

    Args:
        config: the settings file, absolute.
        python: the interpreter it runs with.
        name: of the service, and on Linux of its account.
        drain_s: how long it waits for calls in flight at a stop, seconds.
        watchdog_s: how long it may give no sign of life, seconds (systemd only).
        secrets: secret files, named after their keys.
        log_file: the log file, where there is one.
    """

    config: Path
    python: Path = field(default_factory=lambda: Path(sys.executable))
    name: str = NAME
    drain_s: float = 20.0
    watchdog_s: int = 30
    secrets: tuple[Path, ...] = ()
    log_file: Path | None = None

    @classmethod
    def of(cls, settings: Settings, config: Path) -> ServiceOptions:
        """Return the options that follow from the settings in a file."""
        folder = settings.secrets.dir
        entries = sorted(folder.iterdir()) if folder and folder.is_dir() else []
        secrets = tuple(entry.absolute() for entry in entries if entry.name in known_keys())
        return cls(
            config=config.absolute(),
            drain_s=settings.bridge.drain_s,
            secrets=secrets,
            log_file=settings.log.file,
        )


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How the service stands.

    Args:
        installed: whether the manager knows it.
        running: whether it runs.
        state: the manager's own words.
        pid: of the running process, else None.
        exit_status: of the last process that ended, where the manager tells.
        restarts: by the manager since the last start by a person; None where it does not tell.
        text: what the service itself last said, where the manager tells.
    """

    installed: bool
    running: bool = False
    state: str = "not installed"
    pid: int | None = None
    exit_status: int | None = None
    restarts: int | None = None
    text: str = ""


class ServiceManager(Protocol):
    """A service manager. Every method but ``script`` raises ServiceError, saying what to do."""

    def install(self) -> str:
        """Install the service or renew its installation, to start with the machine; return what was done."""

    def uninstall(self) -> str:
        """Stop and remove the service, leaving settings, logs and account; return what was done."""

    def start(self) -> str:
        """Start it and wait until it is ready."""

    def stop(self) -> str:
        """Stop it and wait until calls in flight have ended."""

    def status(self) -> ServiceStatus:
        """Tell how it stands."""

    def script(self, action: Action) -> str:
        """Return the commands of an action for review, without doing anything: same options, same text."""


def service_manager(options: ServiceOptions, platform: str = sys.platform) -> ServiceManager:
    """Return this machine's service manager.

    Args:
        options: how the service is set up.
        platform: as ``sys.platform`` names it.

    Raises:
        ServiceError: there is none we know.
    """
    if platform == "win32":
        from mi_bridge.service.windows import WindowsManager

        return WindowsManager(options)
    if platform.startswith("linux"):
        from mi_bridge.service.systemd import SystemdManager

        return SystemdManager(options)
    remedy = "Keep `mi-bridge run` alive with your own supervisor."
    raise ServiceError(f"No service manager is known for {platform}.", remedy=remedy)
