"""The test stand: a private PostgreSQL server, a fresh database a run, the stub insurer and the bridge as processes."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any

from mi_bridge.daemon import interfaces_of
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.installer import Installer
from mi_bridge.store.private_cluster import ClusterAddress, PrivateCluster
from scripts.bench_parts.process import cpu_seconds, memory_mb, running, tree_cpu_seconds

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".run" / "bench"
PARTS = Path(__file__).resolve().parent
TEMPLATE = "mi_bench_template"
WINDOW = 400
_PATIENCE_S = 120.0


class BenchError(Exception):
    """The run did not go as it should; its figures would mean nothing."""


@cache
def statement(name: str) -> str:
    """Return the text of ``sql/<name>.sql`` without its comments: the driver counts question marks in them."""
    lines = (PARTS / "sql" / f"{name}.sql").read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


def wait_until(
    done: Callable[[], bool], what: str, *, step_s: float = 0.02, patience_s: float = _PATIENCE_S
) -> None:
    """Look every so often until something is true.

    Raises:
        BenchError: it does not become true within so many seconds.
    """
    until = time.monotonic() + patience_s
    while not done():
        if time.monotonic() > until:
            raise BenchError(f"Waited {patience_s:.0f} s in vain for {what}. See {FOLDER / 'node.log'}.")
        time.sleep(step_s)


@dataclass(frozen=True, slots=True)
class Stub:
    """The stub insurer.

    Args:
        port: where it listens.
    """

    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def counters(self) -> dict[str, float]:
        """Return what it has seen since it started."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            found: dict[str, float] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """The bridge's process.

    Args:
        pid: its number.
    """

    pid: int

    def cpu(self) -> float:
        """Return the CPU seconds it has used."""
        return cpu_seconds(self.pid)

    def memory(self, *, peak: bool = False) -> float:
        """Return its resident memory in MB."""
        return memory_mb(self.pid, peak=peak)


class Database:
    """One database of the private server, as its owner sees it.

    Args:
        address: of the server.
        name: of the database.
    """

    def __init__(self, address: ClusterAddress, name: str) -> None:
        self._address = address
        self.name = name
        self._connection: Any = None

    def connect(self, *, autocommit: bool = True) -> Any:
        """Make a further connection; the caller's to close."""
        return load_pyodbc().connect(self.own_connection_string, autocommit=autocommit)

    @property
    def own_connection_string(self) -> str:
        """The owner's ODBC connection string."""
        return self._address.connection_string(self.name)

    def connection_string(self, user: str, password: str) -> str:
        """Return another account's ODBC connection string."""
        own = self.own_connection_string
        return own.replace(f"Uid={self._address.user};", f"Uid={user};").replace(
            f"Pwd={self._address.password};", f"Pwd={password};"
        )

    def run(self, name: str, *parameters: Any, **words: str) -> None:
        """Run a statement of ours that returns nothing, with ``{{word}}`` filled in."""
        self._cursor(name, parameters, words).close()

    def rows(self, name: str, *parameters: Any) -> list[Any]:
        """Run a statement of ours and return its rows."""
        cursor = self._cursor(name, parameters, {})
        try:
            found: list[Any] = cursor.fetchall()
        finally:
            cursor.close()
        return found

    def value(self, name: str, *parameters: Any) -> Any:
        """Run a statement of ours and return its only value."""
        return self.rows(name, *parameters)[0][0]

    def close(self) -> None:
        """Close the connection that ``run`` and ``rows`` share."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _cursor(self, name: str, parameters: tuple[Any, ...], words: dict[str, str]) -> Any:
        if self._connection is None:
            self._connection = self.connect()
        text = statement(name)
        for word, value in words.items():
            text = text.replace(f"{{{{{word}}}}}", value)
        return self._connection.execute(text, *parameters)


class Stand:
    """Everything a measurement needs; made by ``stand``.

    Args:
        cluster: the private server, running.
        address: of the server.
        profile: where the bridge's profile goes; None to run it as users do.
    """

    def __init__(self, cluster: PrivateCluster, address: ClusterAddress, profile: Path | None) -> None:
        self.log_file = cluster.log_file
        self._data = cluster.home / "data"
        self._address = address
        self._profile = profile
        self._password = secrets.token_urlsafe(24)
        self._numbers = count(1)
        self.server = Database(address, "postgres")

    def prepare(self) -> None:
        """Make the database that all others are copies of."""
        self.server.run("drop_database", database=TEMPLATE)
        self.server.run("create_database", database=TEMPLATE, template="template0")
        connection = DatabaseConnection(self._address.connection_string(TEMPLATE), Dialect.POSTGRESQL)
        try:
            installer = Installer(connection)
            installer.install(interfaces_of(load_profile("demo").catalogue()))
            installer.grant()
        finally:
            connection.close()
        self.server.run("login", password=self._password)

    def clear(self) -> None:
        """Remove what ``prepare`` made."""
        self.server.run("log_no_statements")
        self.server.run("drop_database", database=TEMPLATE)
        self.server.close()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Lend a fresh database with our objects in it."""
        name = f"mi_bench_{next(self._numbers)}"
        self.server.run("drop_database", database=name)
        self.server.run("create_database", database=name, template=TEMPLATE)
        self.server.run("checkpoint")
        database = Database(self._address, name)
        try:
            yield database
        finally:
            database.close()
            self.server.run("drop_database", database=name)

    @contextmanager
    def stub(self, delay_ms: float) -> Iterator[Stub]:
        """Run the stub insurer."""
        command = [sys.executable, str(PARTS / "stub_insurer.py"), "--delay-ms", str(delay_ms)]
        with running(command, stdout=subprocess.PIPE) as process:
            if process.stdout is None or not (line := process.stdout.readline()).startswith("port="):
                raise BenchError("The stub insurer does not start.")
            yield Stub(int(line.removeprefix("port=")))

    @contextmanager
    def node(self, database: Database, stub: Stub) -> Iterator[NodeProcess]:
        """Run the bridge against a database and a stub; it has said that it lives."""
        config = self._write_config(database, stub)
        with running(self._command(config), cwd=PROJECT, env=_clean_environment()) as process:

            def alive() -> bool:
                if process.poll() is not None:
                    raise BenchError(f"The bridge ended by itself. See {FOLDER / 'node.log'}.")
                return bool(database.value("alive", process.pid))

            wait_until(alive, "the bridge's first heartbeat")
            yield NodeProcess(process.pid)

    def server_cpu(self) -> float:
        """Return the CPU seconds that all of the server's processes have used."""
        return tree_cpu_seconds(int((self._data / "postmaster.pid").read_text().split()[0]))

    def _command(self, config: Path) -> list[str]:
        given = ["--config", str(config)]
        if self._profile is None:
            return [sys.executable, "-m", "mi_bridge", "run", *given]
        return [sys.executable, "-m", "scripts.bench_parts.launch", *given, "--profile", str(self._profile)]

    def _write_config(self, database: Database, stub: Stub) -> Path:
        connection = database.connection_string("mi_bench", self._password)
        path = FOLDER / "mi-bridge.toml"
        path.touch(mode=0o600)
        path.write_text(
            f'[database]\ndialect = "postgresql"\nconnection_string = {json.dumps(connection)}\n\n'
            f'[insurer]\nprofile = "demo"\nbase_url = "{stub.url}"\napp_id = "bench"\napp_secret = "bench"\n'
            'org_code = "H99010100001"\norg_name = "测试医院"\n\n'
            f'[bridge]\nnode_name = "bench"\nwindow = {WINDOW}\n\n'
            '[reconciliation]\nat = ""\n\n'
            '[schedule]\ncatalogue_at = ""\n\n'
            f"[log]\nfile = {json.dumps(str(FOLDER / 'node.log'))}\n"
        )
        return path


@contextmanager
def stand(profile: Path | None = None) -> Iterator[Stand]:
    """Start the private server, lend the stand, and leave nothing running.

    Raises:
        BenchError: another bench is running.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _alone():
        for path in FOLDER.glob("node.log*"):
            path.unlink()
        cluster = PrivateCluster(FOLDER / "postgresql", durable=True)
        with cluster.shared() as address:
            yield from _prepared(cluster, address, profile)


def _prepared(cluster: PrivateCluster, address: ClusterAddress, profile: Path | None) -> Iterator[Stand]:
    made = Stand(cluster, address, profile)
    made.prepare()
    try:
        yield made
    finally:
        made.clear()


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other benches of this project away: two would measure each other."""
    with (FOLDER / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError("Another bench is running in this project; wait for its end.") from None
        yield


def input_text(code: str) -> str:
    """Return the input of an interface, with ``{{psn_no}}`` in it."""
    return (PARTS / f"input_{code}.json").read_text("utf-8").strip()


def all_done(database: Database) -> Callable[[], bool]:
    """Return what tells whether no request is open any more."""
    return partial(_none_open, database)


def _none_open(database: Database) -> bool:
    return int(database.value("open")) == 0


def _clean_environment() -> dict[str, str]:
    """Keep the caller's own settings of the bridge out of the measurement."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MI_BRIDGE_")}
