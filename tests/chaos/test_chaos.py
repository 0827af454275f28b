"""Whatever dies, hangs, lies or comes back late: every request ends or is listed, the ledger agrees, nothing happens twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import chaos_his as his
from chaos_processes import Fleet, SimulatorProcess
from chaos_site import LEASE_S, QUIET_S, Site
from chaos_trial import SEED, judge, under
from mi_bridge.daemon import interfaces_of
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.free_port import free_port
from mi_bridge.store.installer import Installer
from mi_bridge.store.private_cluster import PrivateCluster

Figures = Callable[[str], None]
_ROB = (
    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = 'hospital'"
    " AND pid <> pg_backend_pid() AND query NOT LIKE '%greedy%' LIMIT 6) AS others"
)
_LIES: tuple[dict[str, Any], ...] = (
    {"fault": "silence_after", "infno": "2102", "probability": 0.2},
    {"fault": "reset_after", "infno": "2102", "probability": 0.1},
    {"fault": "act_late", "infno": "2102", "probability": 0.1, "seconds": 1.3},
    {"fault": "error_after", "infno": "2102", "probability": 0.1},
    {"fault": "silence_before", "infno": "1101", "probability": 0.05},
    {"fault": "reset_before", "probability": 0.1},
    {"fault": "unauthorised", "probability": 0.03},
    {"fault": "busy", "probability": 0.03},
    {"fault": "half_answer", "infno": "2102", "probability": 0.05},
    {"fault": "html_body", "infno": "2102", "probability": 0.03},
)


@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.chaos)])
@pytest.mark.timeout(400)
def test_a_node_is_killed_every_few_seconds(seconds: int, site: Site, figures: Figures) -> None:
    chance = random.Random(SEED)  # noqa: S311 - chance that can be repeated
    site.platform.order({"fault": "latency", "distribution": "uniform", "from_ms": 5, "to_ms": 150})
    running = [site.start("kill-a"), site.start("kill-b")]
    kills = 0

    def kill() -> None:
        nonlocal kills
        time.sleep(chance.uniform(0.5, 3.0))
        place = chance.randrange(2)
        running[place].kill()
        kills += 1
        running[place] = site.start(f"kill-{'ab'[place]}", ready=False)

    tally = under(site, seconds, kill)
    site.platform.order()

    result = judge(site, tally, figures, f"{kills} kills in {seconds} s")
    assert tally.interruptions == []
    assert result.statuses["COMPLETED"] > 0


@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.chaos)])
@pytest.mark.timeout(400)
def test_the_insurer_is_down(
    seconds: int, hospital_database: str, tmp_path: Path, fleet: Fleet, profile: Path, figures: Figures
) -> None:
    port = free_port("127.0.0.1")
    with SimulatorProcess(profile, tmp_path / "simulator.err", port=port) as platform:
        site = Site(hospital_database, tmp_path, fleet, platform, profile)
        platform.order({"fault": "latency", "ms": 20})
        site.start()

        def gone() -> None:
            time.sleep(1)
            platform.order({"fault": "refuse_connections", "seconds": seconds - 4})
            time.sleep(seconds)

        tally = under(site, seconds, gone)
        judge(site, tally, figures, f"insurer gone for {seconds - 4} of {seconds} s")


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_an_insurer_that_lies(site: Site, figures: Figures) -> None:
    """Acts and never answers, resets, answers too late, fails after acting, is busy, garbles: all at once, from three nodes."""
    site.platform.order(*_LIES)
    for name in ("lies-a", "lies-b", "lies-c"):
        site.start(name)

    tally = under(site, 40)
    struck = site.platform.struck()
    site.platform.order()

    figures(f"faults struck {sum(struck.values())}: {struck}")
    result = judge(site, tally, figures, "an insurer that lies", limit_s=300)
    assert result.statuses["REVERSED"] > 0


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("platform_takes", ["accept", "refuse"])
def test_a_network_that_delivers_twice(
    platform_takes: str, hospital_database: str, tmp_path: Path, fleet: Fleet, profile: Path, figures: Figures
) -> None:
    """We send one message. Whether its second delivery has an effect is the platform's to prevent; where it takes both, the double is
    counted, and it is proved that every pair stems from one message of ours."""
    arguments = ("--duplicate-msgid", platform_takes)
    with SimulatorProcess(profile, tmp_path / "simulator.err", *arguments) as platform:
        site = Site(hospital_database, tmp_path, fleet, platform, profile)
        platform.order({"fault": "duplicate", "infno": "2102", "probability": 0.2})
        site.start()

        tally = under(site, 15)
        platform.order()

        result = judge(
            site, tally, figures, f"platform that would {platform_takes} both", network_doubles=True
        )
        sends = [message["msgid"] for message in platform.messages()]
    assert len(sends) == len(set(sends)), "no message number is ever used twice"
    assert (result.networks_own > 0) == (platform_takes == "accept")


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_backends_are_terminated_at_random(site: Site, figures: Figures) -> None:
    chance = random.Random(SEED)  # noqa: S311 - chance that can be repeated
    site.platform.order({"fault": "latency", "distribution": "uniform", "from_ms": 5, "to_ms": 300})
    site.start()
    site.start()
    ended = 0

    def terminate() -> None:
        nonlocal ended
        time.sleep(chance.uniform(0.05, 0.5))
        found = site.rows(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for (pid,) in chance.sample(found, k=min(len(found), chance.choice((1, 1, 2, len(found))))):
            ended += site.rows("SELECT pg_terminate_backend(?)::integer", pid)[0][0]

    tally = under(site, 30, terminate)
    site.platform.order()

    judge(site, tally, figures, f"{ended} backends terminated in 30 s")


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_a_node_stands_still_longer_than_lease_and_quiet_period(site: Site, figures: Figures) -> None:
    site.platform.order({"fault": "latency", "distribution": "uniform", "from_ms": 50, "to_ms": 500})
    nodes = [site.start("still-a"), site.start("still-b")]
    pauses = 0

    def pause() -> None:
        nonlocal pauses
        time.sleep(2)
        node = nodes[pauses % 2]
        node.tell(signal.SIGSTOP)
        time.sleep(LEASE_S + QUIET_S + 3)
        node.tell(signal.SIGCONT)
        pauses += 1

    tally = under(site, 45, pause)
    site.platform.order()

    judge(site, tally, figures, f"{pauses} pauses of {LEASE_S + QUIET_S + 3:g} s", limit_s=180)
    late = site.rows(
        "SELECT count(*)::integer FROM medical_insurance_attempts WHERE fault = 'deadline_passed'"
    )
    figures(f"sends refused because their lease was over: {late[0][0]}")


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_a_his_session_keeps_its_transaction_open(site: Site, figures: Figures) -> None:
    """An old snapshot and an uncommitted submit change neither claims nor the submits of others."""
    site.start()
    calm = under(site, 8, pause_s=0.005)
    site.rest()
    holder = load_pyodbc().connect(site.database, autocommit=False)
    holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    held = holder.execute("CALL sp_medical_insurance_call('1101', '{\"psn_no\": \"1\"}', NULL)").fetchone()[0]
    holder.execute("SELECT count(*) FROM medical_insurance_requests").fetchone()

    tally = under(site, 20, pause_s=0.005, seed=SEED + 1)
    statuses = site.rest()
    holder.rollback()
    holder.close()

    tally.accepted.update({f"calm-{key}": number for key, number in calm.accepted.items()})
    figures(
        f"slowest submit: calm {calm.slowest_s * 1000:.0f} ms, beside the transaction {tally.slowest_s * 1000:.0f} ms"
    )
    judge(site, tally, figures, f"request {held} never committed; {dict(statuses)}")
    assert held not in tally.accepted.values()


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_nodes_join_and_leave(site: Site, figures: Figures) -> None:
    """Three nodes; one is stopped in order, one killed, new ones join, over and over, beside an insurer that lies."""
    chance = random.Random(SEED)  # noqa: S311 - chance that can be repeated
    site.platform.order(*_LIES[:4])
    running = [site.start() for _ in range(3)]
    left = 0

    def change() -> None:
        nonlocal left
        time.sleep(chance.uniform(0.5, 2.0))
        node = running.pop(chance.randrange(len(running)))
        node.tell(chance.choice((signal.SIGTERM, signal.SIGKILL)))
        running.append(site.start(ready=False))
        left += 1

    tally = under(site, 40, change)
    site.platform.order()

    judge(site, tally, figures, f"{left} nodes left and joined", limit_s=300)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[PrivateCluster]:
    """A database server of the test's own."""
    server = PrivateCluster(tmp_path / "server", durable=False)
    try:
        server.start()
        yield server
    finally:
        server.destroy()


@pytest.fixture
def own_site(
    cluster: PrivateCluster, tmp_path: Path, fleet: Fleet, platform: SimulatorProcess, profile: Path
) -> Site:
    """A hospital on a database server of its own."""
    address = cluster.start()
    administrator = load_pyodbc().connect(address.connection_string(), autocommit=True)
    administrator.execute("CREATE DATABASE hospital")
    administrator.close()
    connection = DatabaseConnection(address.connection_string("hospital"), Dialect.POSTGRESQL)
    Installer(connection).install(interfaces_of(load_profile("demo").catalogue()))
    connection.close()
    return Site(address.connection_string("hospital"), tmp_path, fleet, platform, profile)


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_the_database_is_restarted_and_crashes_under_load(
    own_site: Site, cluster: PrivateCluster, figures: Figures
) -> None:
    """Stopped in order, and its processes killed so that it recovers from its log."""
    site = own_site
    site.platform.order({"fault": "latency", "distribution": "uniform", "from_ms": 5, "to_ms": 300})
    site.start()
    site.start()
    restarts = crashes = 0

    def restart() -> None:
        nonlocal restarts
        time.sleep(3)
        cluster.stop()
        time.sleep(1.5)
        cluster.start()
        restarts += 1

    def crash() -> None:
        nonlocal crashes
        time.sleep(3)
        [(pid,)] = site.rows("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        # a process of this test's own server; the server then takes all of itself down and recovers
        os.kill(pid, signal.SIGKILL)
        crashes += 1
        his.until(site.reachable, "the database's recovery")

    def disturb() -> None:
        restart()
        crash()

    tally = under(site, 40, disturb)
    site.platform.order()

    judge(site, tally, figures, f"{restarts} restarts, {crashes} crashes of the database", limit_s=180)


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_connections_run_out(own_site: Site, figures: Figures) -> None:
    """Somebody takes every connection the server has, over and over, while nodes lose theirs."""
    site = own_site
    site.start()
    site.start()
    greedy = _Greedy(site.database)

    def starve() -> None:
        greedy.take()
        greedy.rob()
        greedy.take()
        time.sleep(2)
        greedy.let_go()
        time.sleep(2)

    try:
        tally = under(site, 30, starve)
    finally:
        greedy.let_go()

    judge(
        site,
        tally,
        figures,
        f"starved {greedy.rounds} times, {greedy.most} connections eaten, {greedy.lost} taken away",
    )
    assert greedy.most > 50


class _Greedy:
    """Takes connections until the server has none left."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._taken: list[Any] = []
        self._lock = threading.Lock()
        self.rounds = self.most = self.lost = 0

    def take(self) -> None:
        """Take all there are."""
        pyodbc = load_pyodbc()
        self.rounds += not self._taken
        while True:
            try:
                connection = pyodbc.connect(self._database, autocommit=True, timeout=5)
            except pyodbc.Error:
                break
            connection.execute("SELECT 'greedy'").fetchall()
            self._taken.append(connection)
        self.most = max(self.most, len(self._taken))

    def rob(self) -> None:
        """Take some of the others' connections away."""
        self.lost += len(self._taken[0].execute(_ROB).fetchall())

    def let_go(self) -> None:
        """Give them all back."""
        for connection in self._taken:
            connection.close()
        self._taken.clear()
