"""The resident program: settings in, parts wired, run until told to stop."""

from __future__ import annotations

import asyncio
import math
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from functools import partial
from typing import Any, Protocol

import structlog

from mi_bridge import __version__
from mi_bridge.bridge.claimer import ClaimPace
from mi_bridge.bridge.daily_jobs import JobOffice
from mi_bridge.bridge.database_clock import DatabaseClock
from mi_bridge.bridge.job import JobDatabase
from mi_bridge.bridge.node import Node
from mi_bridge.bridge.options import NodeOptions
from mi_bridge.bridge.process import loop_factory, signals, spare_the_collector, wake
from mi_bridge.bridge.profile_watch import ProfileWatch
from mi_bridge.bridge.saga_engine import SagaEngine
from mi_bridge.bridge.sign_in_office import SignInOffice
from mi_bridge.domain.backoff import Backoff
from mi_bridge.domain.interface import Interface
from mi_bridge.domain.verdict import Judge
from mi_bridge.errors import ConfigurationError, SchemaError, StoreUnavailable
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.core import InsurerClient
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.profile.changing import ProfileFile
from mi_bridge.insurer.rules.rule_book import RuleBook
from mi_bridge.insurer.sign_in import sign_in_password
from mi_bridge.insurer.signing.port import Clock, Credentials
from mi_bridge.settings import BridgeSettings, Settings, file_folders
from mi_bridge.store.address import connection_string
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.dialect import Dialect
from mi_bridge.store.installer import Installer, SchemaStatus
from mi_bridge.store.odbc_job_store import OdbcJobStore
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.store.odbc_sign_in_store import OdbcSignInStore
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import RescuePatience, Store, StoreFactory
from mi_bridge.traffic.breaker import Breaker
from mi_bridge.traffic.file_insurer import FileInsurer
from mi_bridge.traffic.route import Route
from mi_bridge.traffic.saga_library import SagaLibrary, saga_folder
from mi_bridge.traffic.undoing import Undoing

_log: Any = structlog.get_logger()
_SIGN_OUT_LOOK_S = 60.0
# what a stopped node still has to say about its sign-ins
_LAST_WORDS_S = 5.0
_JOB_PATIENCE_S = 60.0


class Supervisor(Protocol):
    """Whoever started the daemon and wants to know how it does: systemd, Windows, or nobody."""

    def ready(self) -> None:
        """The node takes requests."""
        ...

    def stopping(self) -> None:
        """The node has been told to stop."""
        ...

    def watching(self, alive: Callable[[], bool]) -> AbstractContextManager[object]:
        """Feed the watchdog from the running loop while inside, as long as the node is alive."""
        ...


class StopRequest(Protocol):
    """A stop asked for from another thread, by service managers that send no signals."""

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Have a function called when the stop is wanted, at once when it already is."""
        ...


def run_daemon(settings: Settings, supervisor: Supervisor, *, stop: StopRequest | None = None) -> None:
    """Run a node until SIGTERM, SIGINT or the given request.

    Args:
        settings: validated.
        supervisor: hears of the node's life.
        stop: heard besides the signals.

    Raises:
        ConfigurationError: the profile or a credential cannot be used.
        SchemaError: the database lacks our objects, or has another release's.
        StoreError: the database refuses the first heartbeat.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve(settings, supervisor, stop=stop))


async def serve(settings: Settings, supervisor: Supervisor, *, stop: StopRequest | None = None) -> None:
    """Run a node inside an event loop; see ``run_daemon``."""
    stopping = asyncio.Event()
    if stop is not None:
        loop = asyncio.get_running_loop()
        stop.subscribe(partial(wake, loop, stopping))
    file = ProfileFile(settings.insurer.profile)  # looked at before it is read: a change in between is seen
    clock = DatabaseClock()
    client = build_client(settings, load_profile(settings.insurer.profile), clock=clock)
    try:
        with signals(stopping):
            await _run_node(settings, supervisor, client, clock, file, stopping)
    finally:
        await client.aclose()


async def _run_node(
    settings: Settings,
    supervisor: Supervisor,
    client: InsurerClient,
    clock: DatabaseClock,
    file: ProfileFile,
    stopping: asyncio.Event,
) -> None:
    if not await _database_ready(settings, client, clock, stopping):
        return
    options = node_options(settings.bridge, client.profile)
    breaker = Breaker()
    desk = sign_in_office(settings, client, options.holder, breaker)
    try:
        await _run_signed(settings, supervisor, desk, options, breaker, clock, file, stopping)
    finally:
        await desk.stop(_LAST_WORDS_S)


async def _run_signed(
    settings: Settings,
    supervisor: Supervisor,
    desk: SignInOffice,
    options: NodeOptions,
    breaker: Breaker,
    clock: DatabaseClock,
    file: ProfileFile,
    stopping: asyncio.Event,
) -> None:
    client, org_code = desk.client, settings.insurer.org_code
    route = Route(
        FileInsurer(client, file_folders(settings.files).files),
        org_code=org_code,
        breaker=breaker,
        sign_ins=desk.sign_ins,
        layout=client.profile.msgid,
    )
    undoing = Undoing(client, client.profile, org_code=org_code, get_ready=client.ready)
    with (
        closing(saga_engine(settings, client.catalogue)) as sagas,
        closing(job_office(settings, client, options.holder)) as office,
    ):
        look = (desk.sign_out.turn, _SIGN_OUT_LOOK_S)
        watch = ProfileWatch(file, client.profile, (client, undoing, desk), partial(adjusted, settings))
        node = Node(
            store_factory(settings),
            route,
            undoing,
            options,
            sagas,
            client.rules,
            watch,
            periodic=(look,),
            hear=clock.hear,
        )
        with supervisor.watching(lambda: node.alive):
            spare_the_collector()
            async with office.scheduled(stopping, _LAST_WORDS_S):
                await node.run(stopping, ready=supervisor.ready, stopping=supervisor.stopping)


def build_client(
    settings: Settings, profile: Profile, rules: RuleBook | None = None, *, clock: Clock = time.time
) -> InsurerClient:
    """Make the SDK's client that the settings describe.

    Args:
        settings: validated.
        profile: the site.
        rules: the quality rules of a client that this one replaces; read from the settings' folder when None.
        clock: tells the time of messages and signatures.

    Raises:
        ConfigurationError: a credential or the address cannot be used.
    """
    insurer = settings.insurer
    return InsurerClient(
        profile=adjusted(settings, profile),
        credentials=Credentials(insurer.app_id.get_secret_value(), insurer.app_secret, insurer.sign_key),
        base_url=insurer.base_url,
        base_urls=insurer.base_urls,
        org_code=insurer.org_code,
        org_names={insurer.org_code: insurer.org_name},
        ca_bundle=insurer.ca_bundle,
        rules=rules or RuleBook(settings.bridge.rules_dir),
        clock=clock,
    )


def adjusted(settings: Settings, profile: Profile) -> Profile:
    """Return a profile with the settings' own limits on top.

    Raises:
        ConfigurationError: the profile wants a password of the operators that the settings do not have.
    """
    sign_in_password(profile, settings.insurer.sign_in_password)
    stricter: dict[str, Any] = {
        # a request in flight must not wait for a connection that another one holds
        "max_connections": max(profile.max_connections, settings.bridge.window),
        "max_input_bytes": min(profile.max_input_bytes, settings.bridge.max_payload_bytes),
    }
    if settings.insurer.call_timeout_s is not None:
        stricter["call_timeout_s"] = settings.insurer.call_timeout_s
    return profile.model_copy(update=stricter)


def store_factory(settings: Settings) -> StoreFactory:
    """Return what makes stores that wait for a lost database until they are stopped."""

    def make(attend: str = "") -> Store:
        return OdbcStore(connect(settings, patience_s=None, attend=attend))

    return make


def job_office(
    settings: Settings, client: InsurerClient, node_id: str, *, patience_s: float = _JOB_PATIENCE_S
) -> JobOffice:
    """Return what daily jobs need, with a connection of their own that is made when the first one is due."""
    store = OdbcJobStore(connect(settings, patience_s=patience_s))
    return JobOffice(settings, client, JobDatabase(store), node_id)


def sign_in_office(
    settings: Settings,
    client: InsurerClient,
    node_id: str,
    breaker: Breaker | None = None,
    *,
    attend: bool = False,
) -> SignInOffice:
    """Return what signs operators in and out, with connections that are made when they are first needed.

    Args:
        settings: the operator's.
        client: the SDK's client itself.
        node_id: who signs in.
        breaker: learns what could not be sent.
        attend: whether these connections say that the node lives; a daemon has others for that.

    Raises:
        ConfigurationError: the site wants the operators' password and there is none.
    """
    return SignInOffice(
        client,
        lambda: OdbcSignInStore(
            connect(settings, patience_s=0 if attend else None, attend=node_id if attend else "")
        ),
        node_id,
        org_code=settings.insurer.org_code,
        password=sign_in_password(client.profile, settings.insurer.sign_in_password),
        breaker=breaker,
    )


def saga_engine(settings: Settings, catalogue: Catalogue) -> SagaEngine:
    """Return what drives sagas, with a connection of its own that is made when the first saga needs it."""
    library = SagaLibrary(saga_folder(settings.bridge.saga_dir), catalogue)
    store = OdbcSagaStore(connect(settings, patience_s=None))
    return SagaEngine(store, settings.bridge.node_name, library)


def connect(settings: Settings, *, patience_s: float | None = 0, attend: str = "") -> DatabaseConnection:
    """Make a connection as the settings describe; it connects at its first call.

    Raises:
        ConfigurationError: no ODBC driver is installed.
    """
    database = settings.database
    return DatabaseConnection(
        connection_string(database),
        Dialect(database.dialect),
        connect_timeout_s=round(database.connect_timeout_s),
        patience_s=patience_s,
        greeting=("sp_mi_attend", attend) if attend else (),
    )


def interfaces_of(catalogue: Catalogue) -> list[Interface]:
    """Return a site's transactions as the database needs to know them."""
    return [
        Interface(
            interface_code=transaction.infno,
            interface_name=transaction.name,
            interface_group=transaction.group,
            money_class=transaction.money_class,
            ordered=transaction.ordered,
            enabled=transaction.enabled,
            reversed_by=transaction.reversed_by,
        )
        for transaction in catalogue
    ]


def node_options(bridge: BridgeSettings, profile: Profile) -> NodeOptions:
    """Translate the ``[bridge]`` section, and the site's own times.

    Raises:
        ConfigurationError: the quiet period would end while a node may still send.
    """
    longest_call_s = max([profile.call_timeout_s, *map(profile.call_timeout, profile.interfaces)])
    _require_quiet(profile.quiet_period_s, bridge.lease_s + longest_call_s)
    return NodeOptions(
        node_id=bridge.node_name,
        incarnation=secrets.token_hex(3),
        host_name=socket.gethostname()[:64],
        version=__version__,
        window=bridge.window,
        pace=ClaimPace(
            batch=bridge.batch,
            lease_seconds=round(bridge.lease_s),
            wait_max_ms=bridge.wait_max_ms,
            busy_step_ms=bridge.wait_busy_step_ms,
            idle_step_ms=bridge.wait_idle_step_ms,
        ),
        renew_s=bridge.renew_s,
        heartbeat_s=bridge.heartbeat_s,
        drain_s=bridge.drain_s,
        rescue=RescuePatience(quiet_seconds=math.ceil(profile.quiet_period_s)),
        step_s=math.ceil(2 * longest_call_s) + 30,
        judge=Judge(Backoff(bridge.retry_base_s, bridge.retry_cap_s), quiet_s=profile.quiet_period_s),
    )


def _require_quiet(quiet_s: float, least_s: float) -> None:
    """Refuse a quiet period that believes an absence too early: a node cut off from the database sends until its lease is over."""
    if quiet_s < least_s:
        raise ConfigurationError(
            "quiet_period_s",
            f"is {quiet_s:g} in the profile, less than bridge.lease_s and the longest call together ({least_s:g})",
            remedy=f"Write {least_s:g} plus the platform's longest processing time, or a smaller bridge.lease_s.",
        )


async def _database_ready(
    settings: Settings, client: InsurerClient, clock: DatabaseClock, stopping: asyncio.Event
) -> bool:
    """Wait for the database and check it; tell whether that was possible before the stop."""
    connection = connect(settings, patience_s=None)
    impatient = asyncio.create_task(_lose_patience_at(stopping, connection))
    try:
        await asyncio.to_thread(_prepare_database, connection, client, clock)
    except StoreUnavailable:
        if not stopping.is_set():
            raise
    finally:
        impatient.cancel()
        connection.close()
    return not stopping.is_set()


async def _lose_patience_at(stopping: asyncio.Event, connection: DatabaseConnection) -> None:
    await stopping.wait()
    connection.stop()


def _prepare_database(connection: DatabaseConnection, client: InsurerClient, clock: DatabaseClock) -> None:
    installer = Installer(connection)
    status = installer.status()
    _require_current(status)
    clock.hear(status.database_time_ms)
    clock_off_ms = round(time.time() * 1000) - status.database_time_ms
    changed = installer.sync_interfaces(interfaces_of(client.catalogue))
    layout = client.profile.msgid
    if installer.sync_msgid_step(layout.step):
        _log.warning("message numbers change their layout", layout=layout.value, step=layout.step)
    _log.info("database checked", interfaces_changed=changed, clock_off_ms=clock_off_ms)


def _require_current(status: SchemaStatus) -> None:
    if status.current:
        return
    command = "upgrade" if status.installed else "install"
    what = (
        f"are of another release ({len(status.missing)} missing, {len(status.outdated)} outdated)"
        if status.installed
        else "are not installed, or the login may not use them"
    )
    remedy = (
        f"Have a DBA run 'mi-bridge sql {command}' and 'mi-bridge sql grants', or review them with --print."
    )
    raise SchemaError(f"The database's objects {what}.", remedy=remedy)
