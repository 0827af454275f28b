"""Where the demo keeps its things."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mi_bridge.errors import BridgeError
from mi_bridge.resources import folder


@dataclass(frozen=True, slots=True)
class Place:
    """One folder.

    Args:
        root: the folder; made when needed.
    """

    root: Path

    @classmethod
    def usual(cls) -> Place:
        """Return the project's ``.run/demo`` in a checkout, else the user's state folder."""
        project = folder("sql").parent
        if (project / "setup.cfg").is_file():
            return cls(project / ".run" / "demo")
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(state) / "mi-bridge" / "demo")

    @property
    def cluster(self) -> Path:
        """The server's data."""
        return self.root / "postgresql"

    @property
    def bridge_settings(self) -> Path:
        """The settings with the bridge's login."""
        return self.root / "mi-bridge.toml"

    @property
    def his_settings(self) -> Path:
        """The same with HIS's login, for ``mi-bridge call``."""
        return self.root / "his.toml"

    def log(self, name: str) -> Path:
        """What a process printed."""
        return self.root / f"{name}.log"

    def record(self, name: str) -> Path:
        """Which process it is."""
        return self.root / f"{name}.pid.json"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other demos out of the folder; the system lets go of it when this process dies.

        Raises:
            BridgeError: another demo is at work there.
        """
        import fcntl

        self.root.mkdir(parents=True, exist_ok=True)
        if self.root.stat().st_uid == os.geteuid():
            self.root.chmod(0o711)  # the server's account passes through, and sees nothing
        with (self.root / "demo.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                remedy = "Wait for its end, press Ctrl-C there, or name another folder with --folder."
                raise BridgeError(f"Another demo is at work in {self.root}.", remedy=remedy) from None
            yield
