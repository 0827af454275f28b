"""The operating system's account under which a private PostgreSQL server runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mi_bridge.errors import StoreError

_STAND_INS = ("postgres", "nobody")
_TIMEOUT_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """Runs the server's programs, never as root.

    PostgreSQL refuses to run as root. Root therefore lends the work to an account without rights; everybody
    else runs the server under their own account.

    Args:
        uid: the account's user id; None stands for the caller's own account.
        gid: the account's group id; None stands for the caller's own group.
    """

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def suitable(cls, stand_ins: Sequence[str] = _STAND_INS) -> ServerAccount:
        """Return the caller's account, or the first stand-in that exists when the caller is root.

        Raises:
            StoreError: the caller is root and no stand-in exists.
        """
        if os.geteuid() != 0:
            return cls()
        return _stand_in(stand_ins)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program under this account with English messages, and return what it said.

        It gets no terminal and a session of its own: Ctrl-C reaches the caller, who then stops the server in
        order. Nothing of the caller's PG* variables reaches it.

        Raises:
            StoreError: the system forbids running programs under the account.
        """
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C",
            **{k: os.environ[k] for k in ("TZ",) if k in os.environ},
        }
        try:
            return subprocess.run(  # noqa: S603 - fixed programs, no shell, arguments are our own paths
                [str(part) for part in command],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT_SECONDS,
                check=False,
                start_new_session=True,
                umask=0o077,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
            )
        except OSError as fault:
            raise StoreError(
                f"{command[0]} cannot be run for the private PostgreSQL server: {fault.strerror}.",
                remedy="Run the same command as an ordinary user instead of root.",
            ) from fault

    def own(self, path: Path) -> None:
        """Hand a file or folder over to this account.

        Raises:
            OSError: the file system or the system forbids it.
        """
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, folder: Path) -> bool:
        """Tell whether this account can enter the folder: every folder above it must let it pass."""
        return self.run("test", "-x", folder).returncode == 0


def _stand_in(names: Sequence[str]) -> ServerAccount:
    import pwd

    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(entry.pw_uid, entry.pw_gid)
    raise StoreError(
        f"PostgreSQL cannot run as root, and none of the accounts {', '.join(names)} exists.",
        remedy="Create one with 'useradd --system postgres', or run the command as an ordinary user.",
    )
