"""Is the driver there, does the database answer, are our objects in it, may we use them, do the clocks agree?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mi_bridge.cli.doctor.patient import Level, Patient, Verdict
from mi_bridge.errors import ConfigurationError, StoreRejected, StoreUnavailable

if TYPE_CHECKING:
    from mi_bridge.settings import Settings
    from mi_bridge.store.connection import DatabaseConnection

_CLOCK_OFF_S = 2.0
_DENIED = ("42501", "(229)")
_ABSENT = ("42883", "42P01", "(2812)", "(208)")
_NO_CONNECTION = Verdict(Level.SKIP, "no connection to the database")
_NOTHING_READ = Verdict(Level.SKIP, "sp_mi_schema could not be called")
_LOGIN_WORDS = ("password", "authentication", "login failed", "does not exist")
# calls that change nothing when they name no request
_HARMLESS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("sp_mi_requests", ("", "", None, 1)),
    ("sp_mi_request_result", ("[]",)),
    ("sp_mi_request_attempts", (0,)),
    ("sp_mi_monitor", ()),
    ("sp_mi_begin_send", ("doctor", 30, "[]")),
    ("sp_mi_finish", ("doctor", "[]")),
    ("sp_mi_release", ("doctor", "[]")),
    ("sp_mi_renew", ("doctor", 30, "[]")),
)


def driver(patient: Patient) -> Iterator[Verdict]:
    """Is pyodbc there, and an ODBC driver for the database?"""
    from mi_bridge.store.driver import find_driver, load_pyodbc

    try:
        yield Verdict(Level.OK, f"pyodbc {load_pyodbc().version}")
        if patient.settings is None:
            return
        database = patient.settings.database
        if database.connection_string is not None:
            yield Verdict(Level.OK, "the connection string names its driver")
            return
        yield Verdict(Level.OK, f"{database.dialect}: {database.driver or find_driver(database.dialect)}")
    except ConfigurationError as error:
        yield Verdict(Level.FAIL, error.message, error.remedy)


def connection(patient: Patient) -> Iterator[Verdict]:
    """Does the database answer?"""
    if patient.settings is None:
        yield Verdict(Level.SKIP, "the settings are wrong")
        return
    from mi_bridge.daemon import connect

    made = connect(patient.settings)
    try:
        began = time.perf_counter()
        patient.schema = made.call("sp_mi_schema")
        took = (time.perf_counter() - began) * 1000
    except StoreUnavailable as error:
        yield Verdict(Level.FAIL, error.message, _connection_remedy(error, patient.settings))
        return
    except StoreRejected as error:
        patient.connection = made
        yield Verdict(Level.OK, _where(patient.settings))
        yield _why_no_schema(error)
        return
    patient.connection = made
    yield Verdict(Level.OK, f"{_where(patient.settings)}, {took:.0f} ms to connect and ask")


def schema(patient: Patient) -> Iterator[Verdict]:
    """Are our objects there, in this release's version?"""
    if patient.connection is None or not patient.schema:
        yield _why_skipped(patient)
        return
    from mi_bridge import __version__
    from mi_bridge.store.installer import Installer

    status = Installer(patient.connection).status()
    if status.current:
        yield Verdict(Level.OK, f"{len(patient.schema)} objects, all of version {__version__}")
    remedy = "Have a DBA run `mi-bridge sql upgrade`, or review `mi-bridge sql upgrade --print`."
    if status.missing:
        yield Verdict(Level.FAIL, f"missing: {_some(status.missing)}", remedy)
    if status.outdated:
        names = tuple(f"{name} ({version})" for name, version in status.outdated)
        yield Verdict(Level.FAIL, f"not of version {__version__}: {_some(names)}", remedy)


def grants(patient: Patient) -> Iterator[Verdict]:
    """May this login do the bridge's work?"""
    if patient.connection is None or not patient.schema:
        yield _why_skipped(patient)
        return
    faults = [fault for name, values in _HARMLESS if (fault := _refusal(patient.connection, name, values))]
    yield from faults
    if not faults:
        yield Verdict(Level.OK, f"{len(_HARMLESS)} of the bridge's procedures tried")


def clock(patient: Patient) -> Iterator[Verdict]:
    """Do this host's clock and the database's agree?"""
    if patient.connection is None or not patient.schema:
        yield _why_skipped(patient)
        return
    before = time.time()
    rows = patient.connection.call("sp_mi_schema")
    patient.clock_off_s = off = (before + time.time()) / 2 - int(rows[0][4]) / 1000
    if abs(off) <= _CLOCK_OFF_S:
        yield Verdict(Level.OK, f"{off:+.3f} s off the database's")
        return
    ahead = "ahead of" if off > 0 else "behind"
    remedy = "Let chrony, ntpd or Windows Time set both; the bridge itself goes by the database's."
    yield Verdict(Level.WARN, f"this host is {abs(off):.1f} s {ahead} the database", remedy)


def nodes(patient: Patient) -> Iterator[Verdict]:
    """Who is at work, and does another host use this node's name?"""
    if patient.connection is None or patient.settings is None or not patient.schema:
        yield _why_skipped(patient)
        return
    try:
        rows = patient.connection.call("sp_get_medical_insurance_monitor_data", "health")
    except StoreRejected as error:
        remedy = "Make the login a member of the role mi_monitor to have this looked at."
        yield Verdict(Level.SKIP, f"the nodes cannot be listed: {error.message}", remedy)
        return
    yield from _judge_nodes([row for row in rows if row[0] != "service"], patient.settings.bridge.node_name)


def _judge_nodes(rows: list[Any], own: str) -> Iterator[Verdict]:
    import socket

    alive = [row for row in rows if row[2] not in ("STOPPED", "LOST")]
    if not alive:
        yield Verdict(
            Level.WARN, "no node is at work", "Start one: `mi-bridge service start` or `mi-bridge run`."
        )
    for name, where, state in (row[:3] for row in alive):
        elsewhere = f" {socket.gethostname()[:64]} " not in f"{where} "
        if name == own and elsewhere:
            remedy = "Give each node a bridge.node_name of its own: two of one name take over each other's requests."
            yield Verdict(Level.FAIL, f"another host runs as {name}: {where}", remedy)
        else:
            yield Verdict(Level.OK, f"{name}: {where}, {state}")


def _why_skipped(patient: Patient) -> Verdict:
    return _NO_CONNECTION if patient.connection is None else _NOTHING_READ


def _refusal(connection: DatabaseConnection, name: str, values: tuple[Any, ...]) -> Verdict | None:
    try:
        connection.call(name, *values)
    except StoreRejected as error:
        if _one_of(_DENIED, error):
            remedy = "Run `mi-bridge sql grants`, then make the login a member of the role mi_bridge."
            return Verdict(Level.FAIL, f"this login may not execute {name}", remedy)
        return Verdict(Level.FAIL, error.message, "Run `mi-bridge sql upgrade`.")
    return None


def _why_no_schema(error: StoreRejected) -> Verdict:
    if _one_of(_DENIED, error):
        remedy = "Run `mi-bridge sql grants`, then make the login a member of the role mi_bridge."
        return Verdict(Level.FAIL, "this login may not execute sp_mi_schema", remedy)
    if _one_of(_ABSENT, error):
        remedy = "Have a DBA run `mi-bridge sql install`, or review `mi-bridge sql install --print`."
        return Verdict(Level.FAIL, "mi-bridge is not installed in this database", remedy)
    return Verdict(Level.FAIL, error.message, error.remedy)


def _connection_remedy(error: StoreUnavailable, settings: Settings) -> str:
    if any(word in error.message.lower() for word in _LOGIN_WORDS):
        return "Check database.user, database.password and database.database in the settings."
    return error.remedy or f"Check that the server of {_where(settings)} runs and lets this host connect."


def _one_of(signs: tuple[str, ...], error: StoreRejected) -> bool:
    return error.sqlstate in signs or any(sign in error.message for sign in signs if sign.startswith("("))


def _where(settings: Settings) -> str:
    database = settings.database
    if database.connection_string is not None:
        return f"{database.dialect} by its connection string"
    return f"{database.dialect} {database.database} on {database.server}"


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
