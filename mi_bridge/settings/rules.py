"""Rules that bind several settings to each other. Each takes one valid section and yields what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mi_bridge.settings.finding import Finding, Severity
from mi_bridge.settings.sections import BridgeSettings, DatabaseSettings, InsurerSettings, Settings

_PARTS = ("server", "port", "database", "user", "password")
_MISSED_RENEWALS = 3


def one_way_to_connect(database: DatabaseSettings) -> Iterator[Finding]:
    """A connection string, or its parts, never both: nobody could tell which one holds."""
    given = [part for part in _PARTS if getattr(database, part)]
    if database.connection_string is not None:
        if given:
            keys = ", ".join(f"database.{part}" for part in given)
            yield Finding(
                "database.connection_string", f"is given together with {keys}", "Keep one of the two ways."
            )
        return
    for part in ("server", "database"):
        if part not in given:
            yield Finding(
                f"database.{part}", "is missing", "Write it, or write database.connection_string instead."
            )
    if database.password is not None and not database.user:
        yield Finding(
            "database.user",
            "is missing, though there is a password",
            "Write the login the password belongs to.",
        )


def strict_is_for_sql_server(database: DatabaseSettings) -> Iterator[Finding]:
    """``strict`` names a protocol only SQL Server has, and it never trusts an unchecked certificate."""
    if database.encrypt != "strict":
        return
    if database.dialect != "sqlserver":
        yield Finding(
            "database.encrypt", "strict exists for sqlserver only", 'Write encrypt = "yes".', "'strict'"
        )
    if database.trust_server_certificate:
        remedy = 'Write false, or encrypt = "yes".'
        yield Finding("database.trust_server_certificate", "contradicts encrypt = strict", remedy, "True")


def lease_outlives_renewals(bridge: BridgeSettings) -> Iterator[Finding]:
    """A lease is renewed while its request is in flight, so it need not outlast a call; it must outlast lost renewals.

    Two renewals may be lost (a failover, a deadlock retried) before another node may take the request.
    """
    if bridge.lease_s < _MISSED_RENEWALS * bridge.renew_s:
        fault = f"must be at least {_MISSED_RENEWALS} times bridge.renew_s ({bridge.renew_s:g})"
        remedy = f"Write {_MISSED_RENEWALS * bridge.renew_s:g} or more, or a smaller bridge.renew_s."
        yield Finding("bridge.lease_s", fault, remedy, f"{bridge.lease_s:g}")


def waits_grow(bridge: BridgeSettings) -> Iterator[Finding]:
    """Idle never looks more often than busy, no look comes after the call has ended, no cap lies under its base."""
    pairs = (
        ("wait_busy_step_ms", "wait_idle_step_ms"),
        ("wait_idle_step_ms", "wait_max_ms"),
        ("retry_base_s", "retry_cap_s"),
    )
    for low, high in pairs:
        least, most = getattr(bridge, low), getattr(bridge, high)
        if least > most:
            remedy = f"Write {most:g} or less, or a larger bridge.{high}."
            yield Finding(f"bridge.{low}", f"must not exceed bridge.{high} ({most:g})", remedy, f"{least:g}")


def key_has_its_secret(insurer: InsurerSettings) -> Iterator[Finding]:
    """An access key proves nothing without its secret; a secret alone can (a site known by a header). The profile says the rest."""
    if insurer.app_id.get_secret_value() and not insurer.app_secret.get_secret_value():
        yield Finding(
            "insurer.app_secret", "is missing, though there is an insurer.app_id", "Write both, or none."
        )


def drain_covers_a_call(settings: Settings) -> Iterator[Finding]:
    """A stop that does not wait for a whole call leaves payments on the wire, to be resolved after the restart."""
    call_s, drain_s = settings.insurer.call_timeout_s, settings.bridge.drain_s
    if call_s is not None and drain_s < call_s:
        fault = f"is shorter than insurer.call_timeout_s ({call_s:g})"
        remedy = "Calls cut off at a stop have to be resolved afterwards; a longer wait avoids that."
        yield Finding("bridge.drain_s", fault, remedy, f"{drain_s:g}", severity=Severity.WARNING)


SECTION_RULES: Mapping[str, tuple[Callable[[Any], Iterator[Finding]], ...]] = {
    "database": (one_way_to_connect, strict_is_for_sql_server),
    "insurer": (key_has_its_secret,),
    "bridge": (lease_outlives_renewals, waits_grow),
}
WHOLE_RULES: tuple[Callable[[Settings], Iterator[Finding]], ...] = (drain_covers_a_call,)
