"""Everything the demo needs around HIS: server, SQL, simulator, bridge. Set up in order, taken down in the opposite one."""

from __future__ import annotations

import os
import secrets
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from mi_bridge.cli.database import as_his
from mi_bridge.cli.demo.child import Child
from mi_bridge.cli.demo.interruption import Interruption
from mi_bridge.cli.demo.place import Place
from mi_bridge.cli.demo.readiness import await_part, base_url_of
from mi_bridge.cli.demo.site import Site
from mi_bridge.cli.demo.trial_database import BRIDGE_LOGIN, HIS_LOGIN, NAME, make_database
from mi_bridge.resources import folder
from mi_bridge.settings import Settings
from mi_bridge.store.private_cluster import ClusterAddress, PrivateCluster

_BRIDGE_LIMIT_S = 15.0  # its drain_s and the time to give back
_SIMULATOR_LIMIT_S = 5.0
Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where everything can be reached.

    Args:
        base_url: of the simulator.
        his: the settings with HIS's login.
        bridge: the settings with the bridge's.
    """

    base_url: str
    his: Settings = field(repr=False)
    bridge: Settings = field(repr=False)


class Stage:
    """Server, SQL, simulator and bridge of one demo.

    Args:
        place: where they keep their things.
        interruption: put off while a process is being started.
        site: whose dialect is spoken.
        tell: hears the name and the milliseconds of every part that is ready.
    """

    def __init__(
        self,
        place: Place,
        interruption: Interruption,
        site: Site | None = None,
        tell: Tell = lambda _name, _milliseconds: None,
    ) -> None:
        self._site = site or Site.of("demo")
        self._place = place
        self._interruption = interruption
        self._tell = tell
        self._simulator = Child(place, "simulator")
        self._bridge = Child(place, "bridge")
        self._cluster = PrivateCluster(place.cluster, durable=False)

    def set_up(self) -> Scene:
        """Start everything afresh and return when the bridge takes requests.

        Raises:
            BridgeError: a part does not come up; the remedy holds its last words.
        """
        self._end_processes()
        with self._interruption.shielded():
            self._simulator.start(["simulate", "--port", "0", "--json", *self._site.simulation])
        with self._timed("postgresql"), self._interruption.shielded():
            address = self._cluster.start()
        passwords = {login: secrets.token_urlsafe(18) for login in (HIS_LOGIN, BRIDGE_LOGIN)}
        with self._timed("sql"):
            make_database(address, passwords)
        with self._timed("simulator"):
            base_url = base_url_of(self._simulator)
        with self._timed("bridge"):
            words = self._words(address, base_url)
            his = _settings(self._place.his_settings, words, HIS_LOGIN, passwords)
            bridge = _settings(self._place.bridge_settings, words, BRIDGE_LOGIN, passwords)
            self._start_bridge(his)
        return Scene(base_url, his, bridge)

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

    def _words(self, address: ClusterAddress, base_url: str) -> dict[str, object]:
        others = self._site.base_urls(base_url).items()
        return {
            "server": address.host,
            "port": address.port,
            "database": NAME,
            "base_url": base_url,
            "profile": self._site.reference,
            "base_urls": "{ " + ", ".join(f'{name} = "{url}"' for name, url in others) + " }",
        }

    def _start_bridge(self, his_settings: Settings) -> None:
        with self._interruption.shielded():
            self._bridge.start(["run", "--config", str(self._place.bridge_settings)])
        with as_his(his_settings) as his:
            await_part("take requests", self._bridge, his.service_alive)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._tell(name, round((time.perf_counter() - began) * 1000, 1))


def _settings(file: Path, words: dict[str, object], login: str, passwords: dict[str, str]) -> Settings:
    """Write a settings file for its owner's eyes, and return exactly what stands in it.

    The machine's own settings have no say: a variable MI_BRIDGE_DATABASE__SERVER would lead the demo into a real database.
    """
    text = Template((folder("config") / "demo" / "settings.toml").read_text("utf-8")).safe_substitute(
        words, user=login, password=passwords[login]
    )
    file.unlink(missing_ok=True)
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as target:
        target.write(text)
    return Settings(**tomllib.loads(text))
