"""Everything the demo needs around HIS: server, SQL, simulator, bridge. Set up in order, taken down in the opposite one."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from mi_bridge.cli.demo.child import Child
from mi_bridge.cli.demo.interruption import Interruption
from mi_bridge.cli.demo.place import Place
from mi_bridge.daemon import interfaces_of
from mi_bridge.errors import BridgeError, StoreError
from mi_bridge.insurer.profile import load_profile
from mi_bridge.resources import folder
from mi_bridge.settings import Settings, load_settings
from mi_bridge.store.address import connection_string
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.his import HisClient, HisConnection
from mi_bridge.store.installer import Installer
from mi_bridge.store.private_cluster import ClusterAddress, PrivateCluster
from mi_bridge.store.script import statements

DATABASE = "mi_bridge_demo"
_HIS, _BRIDGE = "mi_demo_his", "mi_demo_bridge"
_READY_S = 60.0
_LOOK_S = 0.01
_LEAVING_S = 10.0
_IN_USE = "55006"
_BRIDGE_LIMIT_S = 15.0  # its drain_s and the time to give back
_SIMULATOR_LIMIT_S = 5.0
Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where everything can be reached.

    Args:
        address: of the server.
        base_url: of the simulator.
        his: the settings with HIS's login.
        bridge: the settings with the bridge's.
    """

    address: ClusterAddress
    base_url: str
    his: Settings = field(repr=False)
    bridge: Settings = field(repr=False)


class Stage:
    """Server, SQL, simulator and bridge of one demo.

    Args:
        place: where they keep their things.
        interruption: put off while a process is being started.
        tell: hears the name and the milliseconds of every part that is ready.
    """

    def __init__(
        self, place: Place, interruption: Interruption, tell: Tell = lambda _name, _ms: None
    ) -> None:
        self._place = place
        self._interruption = interruption
        self._tell = tell
        self._simulator = Child(place, "simulator")
        self._bridge = Child(place, "bridge")
        self._cluster = PrivateCluster(place.cluster, durable=False)

    def set_up(self) -> Scene:
        """Start everything afresh and return when the bridge takes requests.

        Raises:
            BridgeError: a part does not come up; the message holds its last words.
        """
        self._end_processes()
        with self._interruption.shielded():
            self._simulator.start(["simulate", "--port", "0", "--json"])
        with self._timed("postgresql"), self._interruption.shielded():
            address = self._cluster.start()
        with self._timed("sql"):
            passwords = {_HIS: secrets.token_urlsafe(18), _BRIDGE: secrets.token_urlsafe(18)}
            _install(address, passwords)
        with self._timed("simulator"):
            base_url = self._base_url()
        with self._timed("bridge"):
            return self._start_bridge(address, base_url, passwords)

    def take_down(self) -> None:
        """End everything, also what an earlier demo left running."""
        self._end_processes()
        self._cluster.stop()

    @property
    def standing(self) -> bool:
        """Whether anything runs."""
        return self._bridge.alive or self._simulator.alive or self._cluster.running

    def _end_processes(self) -> None:
        self._bridge.stop(_BRIDGE_LIMIT_S)
        self._simulator.stop(_SIMULATOR_LIMIT_S)

    def _start_bridge(self, address: ClusterAddress, base_url: str, passwords: dict[str, str]) -> Scene:
        for file, user in ((self._place.his_settings, _HIS), (self._place.bridge_settings, _BRIDGE)):
            _write_settings(file, address, base_url, user, passwords[user])
        scene = Scene(
            address,
            base_url,
            load_settings(self._place.his_settings),
            load_settings(self._place.bridge_settings),
        )
        with self._interruption.shielded():
            self._bridge.start(["run", "--config", str(self._place.bridge_settings)])
        with his_of(scene) as his:
            self._until("take requests", self._bridge, his.service_alive)
        return scene

    def _base_url(self) -> str:
        """Return the address that the simulator's first line tells."""
        told: list[str] = []

        def has_told() -> bool:
            line, end, _ = self._simulator.log.read_text(encoding="utf-8", errors="replace").partition("\n")
            if end:
                told.append(str(json.loads(line)["base_url"]))
            return bool(told)

        self._until("listen", self._simulator, has_told)
        return told[0]

    def _until(self, what: str, child: Child, done: Callable[[], bool]) -> None:
        give_up = time.monotonic() + _READY_S
        while not _holds(done, child):
            child.must_be_alive()
            if time.monotonic() > give_up:
                remedy = f"Its log: {child.log}"
                raise BridgeError(
                    f"The demo's {child.name} does not {what} within {_READY_S:.0f} s.", remedy=remedy
                )
            time.sleep(_LOOK_S)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._tell(name, round((time.perf_counter() - began) * 1000, 1))


def _holds(condition: Callable[[], bool], child: Child) -> bool:
    try:
        return condition()
    except ValueError as fault:
        # its first line is no JSON: it has complained instead
        child.must_be_alive()
        raise BridgeError(f"The demo's {child.name} says something unexpected ({fault}).") from None


@contextmanager
def his_of(scene: Scene) -> Iterator[HisClient]:
    """Give HIS's connection."""
    client = HisClient(HisConnection(connection_string(scene.his.database), Dialect.POSTGRESQL))
    try:
        yield client
    finally:
        client.close()


def _install(address: ClusterAddress, passwords: dict[str, str]) -> None:
    """Make a fresh database with our objects in it, and a login for each side."""
    with _superuser(address, "postgres") as server:
        for statement in _demo_sql("new_database", {}):
            _run_patiently(server, statement)
    with _superuser(address, DATABASE) as connection:
        installer = Installer(connection)
        installer.install(interfaces_of(load_profile("demo").catalogue()))
        installer.grant()
        words = {"his_password": passwords[_HIS], "bridge_password": passwords[_BRIDGE]}
        connection.transaction(_demo_sql("logins", words), "logins")


def _run_patiently(server: DatabaseConnection, statement: str) -> None:
    """Run a statement that the last run's connections may still be in the way of: a session sent away takes a moment."""
    give_up = time.monotonic() + _LEAVING_S
    while True:
        try:
            server.run(statement, "new_database")
        except StoreError as error:
            if error.sqlstate != _IN_USE or time.monotonic() > give_up:
                raise
            time.sleep(_LOOK_S)
        else:
            return


@contextmanager
def _superuser(address: ClusterAddress, database: str) -> Iterator[DatabaseConnection]:
    connection = DatabaseConnection(address.connection_string(database), Dialect.POSTGRESQL)
    try:
        yield connection
    finally:
        connection.close()


def _demo_sql(name: str, words: dict[str, str]) -> list[str]:
    text = (folder("sql") / "postgresql" / "demo" / f"{name}.sql").read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"{{{{{word}}}}}", value)
    return list(statements(Dialect.POSTGRESQL, text))


def _write_settings(file: Path, address: ClusterAddress, base_url: str, user: str, password: str) -> None:
    text = (folder("config") / "demo" / "settings.toml").read_text("utf-8")
    filled = Template(text).safe_substitute(
        server=address.host,
        port=address.port,
        database=DATABASE,
        user=user,
        password=password,
        base_url=base_url,
    )
    file.unlink(missing_ok=True)
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as target:
        target.write(filled)
