"""One run of the demo: set up, play, show, take down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

from mi_bridge.cli.database import as_his
from mi_bridge.cli.demo import report
from mi_bridge.cli.demo.interruption import Interruption
from mi_bridge.cli.demo.place import Place
from mi_bridge.cli.demo.player import Played, Player
from mi_bridge.cli.demo.scenario import Scenario
from mi_bridge.cli.demo.site import Site
from mi_bridge.cli.demo.stage import Stage
from mi_bridge.cli.failure import FAILED
from mi_bridge.cli.output import print_json
from mi_bridge.cli.waiting import interruptible
from mi_bridge.store.his import HisClient

_PARTS = {
    "postgresql": "PostgreSQL 已启动 / server up",
    "sql": "SQL 已安装 / objects and logins installed",
    "simulator": "模拟医保平台已就绪 / simulated platform up",
    "bridge": "桥接程序已就绪 / bridge takes requests",
    "visit": "就诊流程已走完 / visit played",
    "stop": "已全部停止 / everything stopped",
}


@dataclass(slots=True)
class Performance:
    """One run.

    Args:
        place: where its things lie.
        interruption: Ctrl-C.
        site: whose dialect is spoken.
        scenario: what is played.
        keep: whether everything is left running.
        as_json: whether one JSON object is all it prints.
    """

    place: Place
    interruption: Interruption
    site: Site
    scenario: Scenario
    keep: bool
    as_json: bool
    _timings: dict[str, float] = field(default_factory=dict)

    def run(self) -> int:
        """Run it and return the exit status.

        Raises:
            BridgeError: a part does not come up, or the script is wrong; everything is taken down by then.
            KeyboardInterrupt: somebody wanted an end; the same.
        """
        began = time.perf_counter()
        self.scenario, left_out = self.site.playable(self.scenario)
        stage = Stage(self.place, self.interruption, self.site, self._note)
        with self._standing(stage):
            scene = stage.set_up()
            with as_his(scene.his) as his:
                played = self._timed_visit(his)
            if not self.as_json:
                report.show(scene, self.scenario, played, _since(began))
                report.show_left_out(left_out)
        kept = report.kept_facts(scene, self.place) if self.keep else None
        self._timings["total"] = _since(began)
        if self.as_json:
            words = report.as_dict(self.scenario, played, self._timings, kept)
            print_json(
                {"profile": self.site.profile.name, **words, "left_out": [step.infno for step in left_out]}
            )
        else:
            report.show_next(kept)
        return 0 if report.succeeded(self.scenario, played) else FAILED

    @contextmanager
    def _standing(self, stage: Stage) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with self.interruption.shielded():
                stage.take_down()
            raise
        if not self.keep:
            began = time.perf_counter()
            with self.interruption.shielded():
                stage.take_down()
            self._note("stop", _since(began))

    def _timed_visit(self, his: HisClient) -> list[Played]:
        began = time.perf_counter()
        player = Player(his, self.scenario)
        played = interruptible(lambda: list(player.play()), his.interrupt)
        self._note("visit", _since(began))
        return played

    def _note(self, part: str, milliseconds: float) -> None:
        self._timings[part] = milliseconds
        if not self.as_json:
            click.echo(f"{_PARTS[part]} … {milliseconds / 1000:.2f} s", err=True)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
