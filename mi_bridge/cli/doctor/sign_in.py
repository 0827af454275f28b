"""Do operators have to sign in at this site, and are they signed in?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mi_bridge.cli.doctor.patient import Level, Patient, Verdict
from mi_bridge.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from mi_bridge.store.connection import DatabaseConnection


def sign_in(patient: Patient) -> Iterator[Verdict]:
    """Does the profile sign in, has it the password it needs, and did the last sign-ins work? Sends nothing."""
    if patient.settings is None or patient.profile is None:
        yield Verdict(Level.SKIP, "the settings or the profile are wrong")
        return
    from mi_bridge.insurer.sign_in import sign_in_password

    policy = patient.profile.sign_in.policy
    if policy == "never":
        yield Verdict(Level.OK, "not needed: the profile never signs in")
        return
    try:
        sign_in_password(patient.profile, patient.settings.insurer.sign_in_password)
    except ConfigurationError as error:
        yield Verdict(Level.FAIL, error.message, error.remedy)
    if patient.connection is None:
        yield Verdict(Level.SKIP, "no connection to the database")
        return
    yield from _rows(patient.connection, policy)


def _rows(connection: DatabaseConnection, policy: str) -> Iterator[Verdict]:
    from mi_bridge.store.odbc_sign_in_store import OdbcSignInStore

    try:
        rows = OdbcSignInStore(connection).sign_ins()
    except StoreError as error:
        yield Verdict(Level.FAIL, error.message, error.remedy)
        return
    for row in rows:
        if row.state == "FAILED":
            remedy = "Correct [sign_in] of the profile or the operator, then `mi-bridge sign-in now`."
            yield Verdict(
                Level.WARN, f"operator {row.opter} of {row.org_code} cannot sign in: {row.message}", remedy
            )
    signed = sum(row.state == "SIGNED_IN" for row in rows)
    yield Verdict(Level.OK, f"policy {policy}; {signed} of {len(rows)} known operators signed in")
