"""The daemon as a process: starts, works, stops in order, dies, and is replaced."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import visits
from bridge_process import BridgeProcess
from bridge_thread import BridgeThread
from his_desk import HisDesk
from insurer_platform import InsurerPlatform
from mi_bridge.daemon import interfaces_of
from mi_bridge.insurer.profile import load_profile
from mi_bridge.store.free_port import free_port
from own_cluster import OwnCluster, own_cluster
from waiting import eventually

Spawn = Callable[..., BridgeProcess]
StartBridge = Callable[..., BridgeThread]
BOTH_SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)


def _queue_people(his: HisDesk, count: int, first: int = 1, **options: Any) -> list[int]:
    numbers = range(first, first + count)
    return [his.submit("1101", visits.person(visits.citizen(number)), **options) for number in numbers]


def _received(platform: InsurerPlatform, count: int, infno: str = "1101") -> None:
    eventually(lambda: len(platform.messages(infno=infno)) >= count, f"{count} messages at the platform")


def test_it_lives_works_and_stops(spawn_bridge: Spawn, his: HisDesk) -> None:
    assert not his.alive()
    daemon = spawn_bridge()
    daemon.ready()

    told = his.call_v2("1101", visits.person(visits.citizen(1)))
    lived = his.nodes(), his.alive()
    daemon.tell(signal.SIGTERM)

    assert told.error_code == 0
    assert lived == ({"node-a": "RUNNING"}, True)
    assert daemon.ended() == 0, daemon.output
    assert (his.nodes(), his.alive()) == ({"node-a": "STOPPED"}, False)
    assert "SERVICE_DOWN" in his.alerts()
    assert [event["status"] for event in daemon.events("request")] == ["COMPLETED"]
    assert daemon.stderr.read_text() == ""


@BOTH_SIGNALS
def test_a_stop_finishes_what_is_in_flight_and_leaves_the_rest_to_others(
    number: signal.Signals,
    spawn_bridge: Spawn,
    start_bridge: StartBridge,
    his: HisDesk,
    platform: InsurerPlatform,
) -> None:
    daemon = spawn_bridge(window=3)
    daemon.ready()
    platform.order({"fault": "latency", "ms": 700})
    requests = _queue_people(his, 12)
    _received(platform, 1)

    daemon.tell(number)

    assert daemon.ended() == 0, daemon.output
    finished, left = his.in_status("COMPLETED"), his.in_status("PENDING")
    assert sorted(finished + left) == requests
    assert left, "the stop claims nothing more"
    assert len(finished) == len(platform.messages(infno="1101")), "what was sent is recorded"
    assert {his.row(request)[1] for request in left} == {0}, "what is left was never claimed"
    assert [event["given_back"] for event in daemon.events("node stopped")] == [0]
    assert his.nodes() == {"node-a": "STOPPED"}

    platform.order()
    start_bridge("node-b")
    assert {his.ended(request).result_status for request in requests} == {"SUCCESS"}
    assert len(platform.messages(infno="1101")) == len(requests), "nothing is sent twice"


def test_a_stop_waits_no_longer_than_it_may(
    spawn_bridge: Spawn, start_bridge: StartBridge, his: HisDesk, platform: InsurerPlatform
) -> None:
    daemon = spawn_bridge(drain_s=0)
    daemon.ready()
    platform.order({"fault": "silence_before"})
    query = his.submit("1101", visits.person(visits.citizen(1)))
    money = his.submit("2201", visits.registration(visits.citizen(2), "OP1"))
    _received(platform, 1)
    _received(platform, 1, "2201")

    daemon.tell(signal.SIGTERM)

    assert daemon.ended() == 0, daemon.output
    # the query may be sent again; of the registration nobody knows
    assert (his.row(query)[:2], his.row(money)[:2]) == (("PENDING", 1), ("UNCERTAIN", 1))
    assert [event["fault"] for event in daemon.events("request")] == ["node_stopped", "node_stopped"]
    assert his.nodes() == {"node-a": "STOPPED"}

    platform.order()
    start_bridge("node-b")
    assert his.ended(query).result_status == "SUCCESS"
    assert his.row(query)[:2] == ("COMPLETED", 2)
    assert his.line(money).result_status == "UNCERTAIN"
    assert len(platform.messages(infno="2201")) == 1, "money is never sent twice"


@BOTH_SIGNALS
def test_an_idle_node_stops_in_the_middle_of_its_wait(
    number: signal.Signals, spawn_bridge: Spawn, his: HisDesk
) -> None:
    daemon = spawn_bridge(wait_max_ms=30_000)
    daemon.ready()

    daemon.tell(number)

    assert daemon.ended() == 0, daemon.output
    [stopped] = daemon.events("node stopped")
    assert stopped["seconds"] < 15, "the waiting call was not waited out"
    assert his.nodes() == {"node-a": "STOPPED"}


def test_a_second_signal_changes_nothing(
    spawn_bridge: Spawn, his: HisDesk, platform: InsurerPlatform
) -> None:
    daemon = spawn_bridge()
    daemon.ready()
    platform.order({"fault": "latency", "ms": 500})
    [request] = _queue_people(his, 1)
    _received(platform, 1)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        daemon.tell(number)

    assert daemon.ended() == 0, daemon.output
    assert his.line(request).result_status == "SUCCESS"


def test_broken_settings_end_it_for_good(spawn_bridge: Spawn) -> None:
    daemon = spawn_bridge(lease_s=1, windw=5)

    assert daemon.ended() == 78
    said = daemon.stderr.read_text()
    assert "bridge.lease_s" in said
    assert "must be at least 5" in said
    assert "bridge.windw" in said
    assert "Did you mean bridge.window?" in said


def test_a_profile_that_is_not_there_ends_it_for_good(spawn_bridge: Spawn, tmp_path: Any) -> None:
    daemon = spawn_bridge(window=5)
    daemon.kill()
    text = daemon.settings.read_text()
    daemon.settings.write_text(text.replace("[insurer]", '[insurer]\nprofile = "atlantis"'))

    daemon.start()

    assert daemon.ended() == 78
    assert "atlantis" in daemon.stderr.read_text()


def test_a_database_without_our_objects_is_refused(spawn_bridge: Spawn, database: str) -> None:
    daemon = spawn_bridge(database=database)

    assert daemon.ended() == 1
    assert "The database's objects are not installed" in daemon.stderr.read_text()
    assert "mi-bridge sql install" in daemon.stderr.read_text()
    assert [event["level"] for event in daemon.events("bridge ended")] == ["error"]


def test_a_database_of_another_release_is_refused(
    spawn_bridge: Spawn, new_database: Callable[..., str], hospital_template: str
) -> None:
    database = new_database(hospital_template)
    with HisDesk(database) as his:
        his.sql.execute("DELETE FROM medical_insurance_schema WHERE object_name = 'sp_mi_claim'")
        his.sql.execute(
            "UPDATE medical_insurance_schema SET version = '0.0.1' WHERE object_name = 'sp_mi_finish'"
        )

        daemon = spawn_bridge(database=database)

        assert daemon.ended() == 1
        assert "another release (1 missing, 1 outdated)" in daemon.stderr.read_text()
        assert "mi-bridge sql upgrade" in daemon.stderr.read_text()
        assert his.nodes() == {}


def test_a_killed_nodes_work_is_taken_over(
    spawn_bridge: Spawn, start_bridge: StartBridge, his: HisDesk, platform: InsurerPlatform
) -> None:
    """The query is answered by the next node; the registration took effect, so nobody sends it again."""
    daemon = spawn_bridge()
    daemon.ready()
    platform.order({"fault": "silence_before", "infno": "1101"}, {"fault": "silence_after", "infno": "2201"})
    query = his.submit("1101", visits.person(visits.citizen(1)))
    money = his.submit("2201", visits.registration(visits.citizen(2), "OP1"))
    behind = his.submit("2206", {"psn_no": visits.citizen(2), "mdtrt_id": "1"})
    _received(platform, 1)
    _received(platform, 1, "2201")

    daemon.kill()
    platform.order()
    start_bridge("node-b")

    assert his.ended(query).result_status == "SUCCESS"
    assert his.ended(money).result_status == "UNCERTAIN"
    assert his.wait(money, 0).error_code == -1009
    # what the dead node's last wait inside the database still took is rescued once more
    assert his.row(query)[3] in (1, 2)
    assert his.row(money)[3] == 1
    assert his.row(behind)[0] == "PENDING", "the patient waits until it is known"
    [effect] = platform.effects(infno="2201")
    [sent] = platform.messages(infno="2201")
    assert effect["msgid"] == sent["msgid"]
    assert len(platform.messages(infno="1101")) == 2
    [attempt] = his.sql.execute(
        "SELECT msgid FROM medical_insurance_attempts WHERE request_id = ?", money
    ).fetchall()
    assert attempt[0] == sent["msgid"], "what is needed to reverse it was on disk before it was sent"


@pytest.mark.chaos
def test_a_node_that_comes_back_under_its_own_name_works_on(
    spawn_bridge: Spawn, his: HisDesk, platform: InsurerPlatform
) -> None:
    first = spawn_bridge()
    first.ready()
    platform.order({"fault": "silence_before"})
    [query] = _queue_people(his, 1)
    _received(platform, 1)
    first.kill()
    platform.order()

    spawn_bridge().ready()

    fresh = his.call_v2("1101", visits.person(visits.citizen(2)))
    assert fresh.error_code == 0, "new work does not wait for the rescue of the old"
    assert his.ended(query).result_status == "SUCCESS"


def test_an_insurer_that_goes_and_comes_back(spawn_bridge: Spawn, his: HisDesk, stack: Any) -> None:
    port = free_port("127.0.0.1")
    daemon = spawn_bridge(base_url=f"http://127.0.0.1:{port}")
    daemon.ready()
    requests = _queue_people(his, 15, retry_count=20)

    eventually(lambda: "BREAKER_OPEN" in his.alerts(), "the alert BREAKER_OPEN")
    assert his.in_status("COMPLETED") == []
    stack.enter_context(InsurerPlatform(port=port))

    assert {his.ended(request).result_status for request in requests} == {"SUCCESS"}
    eventually(lambda: "BREAKER_OPEN" not in his.alerts(), "the end of the alert BREAKER_OPEN")
    daemon.tell(signal.SIGTERM)
    assert daemon.ended() == 0, daemon.output


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnCluster]:
    """A database server that may be stopped."""
    interfaces = interfaces_of(load_profile("demo").catalogue())
    with own_cluster(tmp_path_factory.mktemp("server"), interfaces) as running:
        yield running


def test_a_database_that_goes_and_comes_back(
    server: OwnCluster, spawn_bridge: Spawn, platform: InsurerPlatform
) -> None:
    database = server.new_database()
    daemon = spawn_bridge(database=database)
    daemon.ready()
    platform.order({"fault": "latency", "ms": 1000})
    with HisDesk(database) as his:
        queries = _queue_people(his, 3)
        money = his.submit("2201", visits.registration(visits.citizen(9), "OP1"))
        _received(platform, 3)
        _received(platform, 1, "2201")

    # the answers come while there is nowhere to write them down
    server.stop()
    eventually(lambda: len(platform.effects(infno="2201")) == 1, "the registration's effect")
    server.start()

    with HisDesk(database) as his:
        lines = [his.ended(request) for request in (*queries, money)]
        later = his.call_v2("1101", visits.person(visits.citizen(20)))
    daemon.tell(signal.SIGTERM)
    assert daemon.ended() == 0, daemon.output
    assert daemon.events("database unavailable, trying again")
    assert daemon.events("database available again")
    assert {line.result_status for line in lines} == {"SUCCESS"}
    assert later.error_code == 0
    assert len(platform.messages(infno="2201")) == len(platform.effects(infno="2201")) == 1


@pytest.mark.chaos
def test_a_stop_while_the_database_is_away(
    server: OwnCluster, spawn_bridge: Spawn, start_bridge: StartBridge, platform: InsurerPlatform
) -> None:
    database = server.new_database()
    daemon = spawn_bridge(database=database, drain_s=0)
    daemon.ready()
    platform.order({"fault": "silence_before"})
    with HisDesk(database) as his:
        query = his.submit("1101", visits.person(visits.citizen(1)))
        money = his.submit("2201", visits.registration(visits.citizen(2), "OP1"))
        _received(platform, 1)
        _received(platform, 1, "2201")

    server.stop()
    daemon.tell(signal.SIGTERM)
    status = daemon.ended()
    server.start()

    assert status == 0, daemon.output
    left = [event["request_id"] for event in daemon.events("request left to its lease")]
    assert sorted(left) == [query, money]
    platform.order()
    other = spawn_bridge("node-b", database=database)
    other.ready()
    with HisDesk(database) as his:
        assert his.ended(query).result_status == "SUCCESS"
        assert his.ended(money).result_status == "UNCERTAIN"
    assert len(platform.messages(infno="2201")) == 1


@BOTH_SIGNALS
def test_a_stop_while_it_waits_for_the_database_at_its_start(
    number: signal.Signals, server: OwnCluster, spawn_bridge: Spawn
) -> None:
    database = server.new_database()
    server.stop()
    daemon = spawn_bridge(database=database)

    daemon.saw("database unavailable, trying again")
    daemon.tell(number)

    assert daemon.ended() == 0, daemon.output
    assert daemon.events("node started") == []


def test_a_database_that_comes_later_is_waited_for(server: OwnCluster, spawn_bridge: Spawn) -> None:
    database = server.new_database()
    server.stop()
    daemon = spawn_bridge(database=database)
    daemon.saw("database unavailable, trying again")

    server.start()

    daemon.ready()
    with HisDesk(database) as his:
        assert his.call_v2("1101", visits.person(visits.citizen(1))).error_code == 0
