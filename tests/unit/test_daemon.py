from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

import pytest

from mi_bridge import __version__
from mi_bridge.daemon import (
    build_client,
    connect,
    interfaces_of,
    node_options,
    run_daemon,
    serve,
    store_factory,
)
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.request import Heartbeat
from mi_bridge.errors import ConfigurationError, ProfileError, SchemaError, StoreRejected, StoreUnavailable
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.profile import load_profile
from mi_bridge.service import StopSignal
from mi_bridge.settings import BridgeSettings, Settings
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.free_port import free_port
from mi_bridge.store.installer import Installer
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.script import interfaces_json
from site_settings import ORG, site_values

_PERSON = {"psn_no": "1"}


class Listener:
    """Hears of the node's life."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.alive: Callable[[], bool] = lambda: False
        self.is_ready = asyncio.Event()

    def ready(self) -> None:
        self.heard.append(f"ready, {'alive' if self.alive() else 'dead'}")
        self.is_ready.set()

    def stopping(self) -> None:
        self.heard.append("stopping")

    def watching(self, alive: Callable[[], bool]) -> contextlib.AbstractContextManager[object]:
        self.alive = alive
        return contextlib.nullcontext()


def settings_for(database: str = "Driver=none", **sections: dict[str, object]) -> Settings:
    values = site_values(database, "http://127.0.0.1:1", "node-u")
    for section, keys in sections.items():
        values[section] |= keys
    return Settings.model_validate(values)


def nowhere() -> str:
    """A database server that is not there."""
    from mi_bridge.store.driver import find_driver

    return (
        f"Driver={{{find_driver('postgresql')}}};Server=127.0.0.1;Port={free_port('127.0.0.1')};Database=x;"
    )


@pytest.fixture
def installed(database: str) -> str:
    """A database of the test's own with our objects and no interface in it."""
    connection = connect(settings_for(database))
    Installer(connection).install([])
    connection.close()
    return database


def test_every_transaction_becomes_an_interface() -> None:
    interfaces = {one.interface_code: one for one in interfaces_of(Catalogue.load())}

    assert len(interfaces) == 291
    settlement = interfaces["2207"]
    assert (settlement.money_class, settlement.ordered, settlement.reversed_by) == (
        MoneyClass.MONEY,
        True,
        "2601",
    )
    assert (interfaces["1101"].money_class, interfaces["1101"].ordered) == (MoneyClass.QUERY, False)


def test_the_settings_become_a_nodes_options() -> None:
    bridge = settings_for(
        bridge={"window": 7, "batch": 5, "lease_s": 9, "drain_s": 3, "retry_base_s": 0.2}
    ).bridge

    options = node_options(bridge, load_profile("demo"))

    assert (options.node_id, options.version, options.window) == ("node-u", __version__, 7)
    assert (options.pace.batch, options.pace.lease_seconds, options.pace.wait_max_ms) == (5, 9, 1000)
    assert (options.renew_s, options.heartbeat_s, options.drain_s) == (1, 1, 3)
    assert (options.judge.backoff.base_seconds, options.judge.backoff.cap_seconds) == (0.2, 0.2)


async def test_the_client_is_the_settings_site() -> None:
    settings = settings_for(insurer={"call_timeout_s": 3}, bridge={"max_payload_bytes": 2048, "window": 4000})

    client = build_client(settings, load_profile("demo"))

    prepared = client.prepare(Call("1101", _PERSON))
    await client.aclose()
    assert prepared.url.startswith("http://127.0.0.1:1/")
    assert f'"fixmedins_code":"{ORG}","fixmedins_name":"仿真市人民医院"'.encode() in prepared.body
    assert client.profile.call_timeout_s == 3
    assert client.profile.max_input_bytes == 2048
    assert client.profile.max_connections == 4000, "every request in flight finds a connection"


async def test_the_profile_decides_where_the_settings_say_nothing() -> None:
    profile = load_profile("demo").model_copy(update={"max_input_bytes": 1024})

    client = build_client(settings_for(), profile)

    await client.aclose()
    assert client.profile.call_timeout_s == profile.call_timeout_s
    assert client.profile.max_input_bytes == 1024, "the smaller of the two limits holds"


def test_a_missing_secret_is_named() -> None:
    settings = settings_for(insurer={"app_id": "", "app_secret": ""})

    with pytest.raises(ConfigurationError, match="app_id: is empty"):
        build_client(settings, load_profile("demo"))


def test_each_connection_is_a_new_one() -> None:
    settings = settings_for()
    make = store_factory(settings)

    first, second = make(), make()

    assert isinstance(first, OdbcStore)
    assert first is not second
    assert connect(settings).dialect is Dialect.POSTGRESQL


def test_a_command_does_not_wait_for_a_lost_database() -> None:
    connection = connect(settings_for(nowhere()))

    with pytest.raises(StoreUnavailable):
        connection.call("sp_mi_schema")


def test_a_nodes_store_waits_until_it_is_stopped() -> None:
    store = store_factory(settings_for(nowhere()))()
    faults: list[BaseException] = []

    def beat() -> None:
        try:
            store.heartbeat(Heartbeat("n", "h", 1, "v", "RUNNING"))
        except StoreUnavailable as fault:
            faults.append(fault)

    thread = threading.Thread(target=beat)
    thread.start()
    thread.join(0.3)
    waited = thread.is_alive()
    store.stop()
    thread.join(30)

    assert waited
    assert len(faults) == 1


async def test_a_node_from_its_start_to_its_stop(installed: str) -> None:
    listener, stop = Listener(), StopSignal()
    task = asyncio.create_task(serve(settings_for(installed), listener, stop=stop))
    await asyncio.wait({task, asyncio.create_task(listener.is_ready.wait())}, return_when="FIRST_COMPLETED")

    # from another thread, as a service manager does
    await asyncio.to_thread(stop.set, "the manager said so")
    await task

    assert listener.heard == ["ready, alive", "stopping"]
    connection = connect(settings_for(installed))
    [[alive]] = connection.call("sp_check_sdk_service_status")
    [[added]] = connection.call(
        "sp_mi_sync_interfaces", interfaces_json(interfaces_of(load_profile("demo").catalogue()))
    )
    connection.close()
    assert alive == 0, "its last heartbeat says that it stopped"
    assert added == 0, "it brought the catalogue along"


def test_a_stop_that_was_wanted_before_the_start(installed: str) -> None:
    listener, stop = Listener(), StopSignal()
    stop.set("changed my mind")

    run_daemon(settings_for(installed), listener, stop=stop)

    assert "ready, alive" not in listener.heard


async def test_a_stop_while_the_database_is_waited_for() -> None:
    listener, stop = Listener(), StopSignal()
    task = asyncio.create_task(serve(settings_for(nowhere()), listener, stop=stop))
    done, _ = await asyncio.wait({task}, timeout=0.3)
    assert not done, "a database may come up later than we"

    stop.set("enough")
    await task

    assert listener.heard == []


@pytest.mark.parametrize(
    ("what", "command"), [("nothing", "sql install"), ("another release", "sql upgrade")]
)
async def test_a_database_that_is_not_ours_ends_it(what: str, command: str, database: str) -> None:
    settings = settings_for(database)
    if what == "another release":
        connection = connect(settings)
        Installer(connection).install([])
        connection.run("UPDATE medical_insurance_schema SET version = '0.0.1'", "the test")
        connection.close()

    with pytest.raises(SchemaError, match=command):
        await serve(settings, Listener())


async def test_a_profile_that_is_not_there_ends_it() -> None:
    with pytest.raises(ProfileError, match="atlantis"):
        await serve(settings_for(insurer={"profile": "atlantis"}), Listener())


async def test_a_refused_first_heartbeat_ends_it(installed: str) -> None:
    connection = connect(settings_for(installed))
    connection.run("ALTER TABLE sdk_heartbeat ADD CONSTRAINT spoilt CHECK (process_id < 0)", "the test")
    connection.close()

    with pytest.raises(StoreRejected, match="sp_mi_heartbeat failed"):
        await serve(settings_for(installed), Listener())


def test_a_quiet_period_outlasts_lease_and_call() -> None:
    """Else an absence would be believed while a node that lost the database may still send."""
    profile = load_profile("demo")
    longest = profile.quiet_period_s - profile.call_timeout_s

    assert node_options(BridgeSettings(lease_s=longest), profile).rescue.quiet_seconds == 120
    with pytest.raises(
        ConfigurationError, match=r"quiet_period_s: is 120 in the profile, less than .* \(121\)"
    ):
        node_options(BridgeSettings(lease_s=longest + 1), profile)


def test_each_process_holds_leases_of_its_own() -> None:
    profile = load_profile("demo")
    bridge = BridgeSettings(node_name="front-desk")

    first, second = (node_options(bridge, profile) for _ in range(2))

    assert first.node_id == second.node_id == "front-desk"
    assert first.holder != second.holder
