"""Can the insurer be reached? No transaction is sent: one GET tells whether the way is open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mi_bridge.cli.doctor.patient import Level, Patient, Verdict
from mi_bridge.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

    from mi_bridge.settings import InsurerSettings

_TIMEOUT_S = 5.0
_CLOCK_OFF_S = 2.0


def insurer(patient: Patient) -> Iterator[Verdict]:
    """Is the platform's address reachable, over TLS where it says so, and does its clock agree with the one messages go by?"""
    if patient.settings is None:
        yield Verdict(Level.SKIP, "the settings are wrong")
        return
    settings = patient.settings.insurer
    clock_off_s = patient.clock_off_s
    yield from _reach("base_url", settings.base_url, settings, clock_off_s)
    for name, address in settings.base_urls.items():
        yield from _reach(f"base_urls.{name}", address, settings, clock_off_s)


def _reach(key: str, address: str, settings: InsurerSettings, clock_off_s: float | None) -> Iterator[Verdict]:
    import httpx

    try:
        began = time.perf_counter()
        answer = _get(address, settings)
    except ConfigurationError as error:
        yield Verdict(Level.FAIL, error.message, error.remedy)
    except httpx.HTTPError as error:
        yield _fault(error, key, address)
    else:
        took = (time.perf_counter() - began) * 1000
        yield Verdict(Level.OK, f"{address} answers (HTTP {answer.status_code}, {took:.0f} ms)")
        yield from _clock(answer.headers.get("date", ""), clock_off_s)


def _get(address: str, settings: InsurerSettings) -> httpx.Response:
    import httpx

    from mi_bridge.insurer.transport.factory import tls_context

    context = tls_context(settings.ca_bundle)
    with httpx.Client(verify=context, trust_env=False, timeout=_TIMEOUT_S) as client:
        return client.get(address)


def _fault(error: httpx.HTTPError, key: str, address: str) -> Verdict:
    import httpx

    what = f"{address}: {type(error).__name__}: {error}"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        remedy = "Give insurer.ca_bundle the certificate authority of the platform, as a PEM file."
        return Verdict(Level.FAIL, what, remedy)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        remedy = f"Check insurer.{key}, the dedicated line to the platform, and the firewall on the way."
        return Verdict(Level.FAIL, what, remedy)
    return Verdict(
        Level.WARN, f"connected, but no proper answer to a GET: {what}", "Ask the platform's support."
    )


def _clock(date: str, clock_off_s: float | None) -> Iterator[Verdict]:
    """Compare the platform's clock with the database's, which messages go by; with this host's where there is no database."""
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return  # many gateways send none
    whose = "this host's clock" if clock_off_s is None else "the database's clock"
    # the header has whole seconds: on average half of one is cut off
    off = time.time() - (clock_off_s or 0) - theirs - 0.5
    if abs(off) > _CLOCK_OFF_S:
        remedy = "Let NTP set it: messages go by the database's clock, and the gateway refuses signatures with a wrong time."
        yield Verdict(Level.WARN, f"{whose} is {off:+.0f} s off the platform's", remedy)
        return
    yield Verdict(Level.OK, f"{whose} agrees with the platform's")
