"""A PostgreSQL server of our own for demonstrations and tests; no system cluster is touched.

Where the data lives: in the folder the caller names, normally one inside the project. Root cannot run
PostgreSQL and lends it to an account without rights (see `server_account`). That account may be unable to enter
the project, which often lies under /root with mode 700. Only then the data lives in
``/var/lib/mi-bridge-private/<key>``, where the key is derived from the folder's path, so that each project has
its own. (/var/tmp would do, but systemd deletes old files there, and others could take the name first.)

What lies there: ``data`` (PostgreSQL's own), ``postgresql.log``, ``secret`` (the superuser's password, mode
0600), ``port`` (the last port, taken again when it is free so that connection strings outlive a restart).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mi_bridge.errors import StoreError, StoreUnavailable
from mi_bridge.store.driver import find_driver
from mi_bridge.store.free_port import free_port
from mi_bridge.store.server_account import ServerAccount
from mi_bridge.store.server_programs import server_programs

_SUPERUSER = "postgres"
_HOST = "127.0.0.1"
_LAUNCHES = 8
_LAUNCH_PAUSE_SECONDS = 0.25
_READY_SECONDS = 120.0
_PID_FILE_LINES = 8
_FALLBACK = Path("/var/lib/mi-bridge-private")
_SETTINGS = (
    f"listen_addresses = '{_HOST}'",
    "unix_socket_directories = ''",  # the socket's folder would need the same care as the data, for nothing
    "max_connections = 100",
    "shared_buffers = 128MB",
    "log_line_prefix = '%m [%p] '",
)


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """Where a running server listens, and its superuser.

    Args:
        port: a TCP port on 127.0.0.1.
        password: the superuser's; shown in no representation.
    """

    port: int
    password: str = field(repr=False)
    host: str = _HOST
    user: str = _SUPERUSER

    def connection_string(self, database: str = "postgres") -> str:
        """Return the ODBC connection string of one of the server's databases, with the password in it.

        Raises:
            ConfigurationError: no PostgreSQL ODBC driver is installed.
        """
        return (
            f"Driver={{{find_driver('postgresql')}}};Server={self.host};Port={self.port};Database={database};"
            f"Uid={self.user};Pwd={self.password};"
        )


class PrivateCluster:
    """A server in a folder: created at the first start, with the same data at every later one.

    Args:
        folder: where the data goes if the server's account can reach it; need not exist.
        durable: survive a power cut. Without it the server is faster and still survives every kill.
        account: who runs the server; found by itself when not given.
        fallback: the parent of the data's folder when the account cannot reach `folder`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        account: ServerAccount | None = None,
        fallback: Path = _FALLBACK,
    ) -> None:
        self._account = account or ServerAccount.suitable()
        self._home = _home(folder.resolve(), self._account, fallback)
        self._data = self._home / "data"
        self._durable = durable

    def __repr__(self) -> str:
        """Name the folder; there is nothing secret in it."""
        return f"PrivateCluster({str(self._home)!r})"

    @property
    def home(self) -> Path:
        """The folder that really holds the data, the log and the secret."""
        return self._home

    @property
    def log_file(self) -> Path:
        """The server's log."""
        return self._home / "postgresql.log"

    @property
    def running(self) -> bool:
        """Whether the server is up. A process id left behind by a kill or a power cut does not count."""
        return self._process_id() is not None

    def start(self) -> ClusterAddress:
        """Start the server unless it runs already, and return its address.

        Raises:
            StoreError: PostgreSQL is not installed, or the data cannot be used.
            StoreUnavailable: the server does not come up.
        """
        with _locked(self._home / "start.lock"):
            if not self.running:
                self._create()
                self._launch()
            return self._address()

    def stop(self) -> None:
        """Stop the server and wait until it is gone; do nothing when it is not running.

        Raises:
            StoreError: the server does not stop.
        """
        with _locked(self._home / "start.lock"):
            if self.running and not any(self._stopped_by(mode) for mode in ("fast", "immediate")):
                raise StoreError(
                    f"The private PostgreSQL server in {self._home} does not stop.",
                    remedy=f"Look into {self.log_file}, then end its process.",
                )

    @contextmanager
    def shared(self) -> Iterator[ClusterAddress]:
        """Give the address to one of several processes: the first starts the server, the last one stops it.

        The kernel counts the users (shared locks on a file), so a killed process does not count any more.
        """
        with _locked(self._home / "users.lock", shared=True) as users:
            try:
                yield self.start()
            finally:
                if _is_last(users):
                    self.stop()

    def destroy(self) -> None:
        """Stop the server and delete its data, log and secret."""
        self.stop()
        shutil.rmtree(self._home)

    def _process_id(self) -> int | None:
        """Return the server's process id if that process is PostgreSQL serving this folder."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].isdigit():
            return None
        try:
            command = Path(f"/proc/{lines[0]}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return None
        return int(lines[0]) if os.fsencode(self._data) in command else None

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _address(self) -> ClusterAddress:
        port = int(self._ready_lines()[3])
        (self._home / "port").write_text(str(port))
        return ClusterAddress(port=port, password=(self._home / "secret").read_text())

    def _ready_lines(self) -> list[str]:
        """Return the process id file once its last line says so: whoever launched the server may have died."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            lines = self._pid_file_lines()
            if len(lines) >= _PID_FILE_LINES and lines[-1].strip() == "ready":
                return lines
            time.sleep(_LAUNCH_PAUSE_SECONDS)
        raise StoreUnavailable(f"The private PostgreSQL server in {self._home} does not become ready.")

    def _create(self) -> None:
        """Create the data in a folder beside its place and move it there: half-made data is never used."""
        if self._data.exists():
            return
        draft = self._home / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._account.own(draft)
        self._initialise(server_programs(), draft)
        with (draft / "postgresql.conf").open("a") as configuration:
            configuration.write("\n".join(("", "# mi-bridge", *_SETTINGS, "")))
        draft.rename(self._data)

    def _initialise(self, programs: Path, draft: Path) -> None:
        password_file = self._home / "secret.new"
        _write_secret(password_file, secrets.token_urlsafe(24))
        _write_secret(self._home / "secret", password_file.read_text())
        self._account.own(password_file)
        outcome = self._account.run(
            programs / "initdb",
            f"--pgdata={draft}",
            f"--username={_SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            *(() if self._durable else ("--no-sync",)),
        )
        password_file.unlink()
        if outcome.returncode != 0:
            raise StoreError(f"initdb failed in {draft}: {_last_line(outcome.stderr)}")

    def _launch(self) -> None:
        """Start the server; try again while a predecessor's processes fade, or when the port is snatched."""
        programs = self._programs()
        for launch in range(_LAUNCHES):
            time.sleep(_LAUNCH_PAUSE_SECONDS if launch else 0)
            if self._launched(programs):
                return
        raise StoreUnavailable(
            f"The private PostgreSQL server in {self._home} does not start: {_last_line(self._log())}",
            remedy=f"Look into {self.log_file}; when in doubt delete {self._home}: it holds nothing but trials.",
        )

    def _launched(self, programs: Path) -> bool:
        self._forget_stranger()
        self.log_file.touch(mode=0o600)
        self._account.own(self.log_file)
        port = free_port(_HOST, preferred=self._last_port())
        return self._control(
            programs,
            f"--log={self.log_file}",
            f"--options=-p {port}{'' if self._durable else ' -F'}",
            f"--timeout={_READY_SECONDS:.0f}",
            "start",
        )

    def _forget_stranger(self) -> None:
        """Remove a process id that now belongs to another program; PostgreSQL itself would take it for a server.

        A dead process id stays: PostgreSQL then also checks that no child of the dead server lives on.
        """
        lines = self._pid_file_lines()
        if lines and Path(f"/proc/{lines[0]}").exists() and self._process_id() is None:
            (self._data / "postmaster.pid").unlink()

    def _last_port(self) -> int | None:
        try:
            return int((self._home / "port").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def _stopped_by(self, mode: str) -> bool:
        programs = self._programs()
        return self._control(programs, f"--mode={mode}", "--timeout=30", "stop") or not self.running

    def _control(self, programs: Path, *arguments: str) -> bool:
        outcome = self._account.run(programs / "pg_ctl", f"--pgdata={self._data}", "--wait", *arguments)
        return outcome.returncode == 0

    def _programs(self) -> Path:
        return server_programs((self._data / "PG_VERSION").read_text().strip())

    def _log(self) -> str:
        return self.log_file.read_text(errors="replace")


def _home(folder: Path, account: ServerAccount, fallback: Path) -> Path:
    """Return the folder itself if the account can reach it, else the project's own place under `fallback`."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    if account.reaches(folder):
        return folder
    home = fallback / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    for made in (fallback, home):
        made.mkdir(mode=0o711, exist_ok=True)
    if account.reaches(home):
        return home
    raise StoreError(
        f"PostgreSQL's account can enter neither {folder} nor {home}.",
        remedy="Let other users pass through one of them (chmod o+x on every folder above it).",
    )


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"


@contextmanager
def _locked(path: Path, *, shared: bool = False) -> Iterator[IO[str]]:
    """Hold a lock on a file; the kernel lets go of it when the process dies."""
    import fcntl

    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield file


def _is_last(users: IO[str]) -> bool:
    """Tell whether nobody else shares the lock; if so, newcomers wait until the file is closed."""
    import fcntl

    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
