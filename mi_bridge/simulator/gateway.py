"""The gateway before the platform: knows senders by their signature and turns everybody else away.

The four texts are those of CSB (Hunan specification); those of the other gateways were never published, so they stand for all.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import assert_never

from mi_bridge.insurer.profile import CsbSigning, NoSigning, Profile, TifSigning, XcaSigning
from mi_bridge.insurer.signing.csb import csb_signature
from mi_bridge.insurer.signing.fixed import fixed_headers
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.tif import tif_signature
from mi_bridge.insurer.signing.xca import xca_signature

Check = Callable[[Mapping[str, str], bytes, datetime], str]
"""Returns why a message is refused by its headers, as a name of ``texts.toml``; empty when they are in order."""

_TIF = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")
_XCA = ("x-ca-key", "x-ca-signature")
_PER_SECOND = {"seconds": 1, "milliseconds": 1000}
_CSB = ("_api_name", "_api_version", "_api_timestamp", "_api_access_key", "_api_signature")


def build_gateway(profile: Profile, credentials: Credentials, *, window_s: int) -> Check:
    """Return the check of a site's signatures.

    Args:
        profile: names the scheme and its parameters.
        credentials: the one sender the gateway knows.
        window_s: how far a signature's time may be off, in seconds.
    """
    signed = _signature(profile, credentials, window_s)
    wanted = fixed_headers(profile.headers, credentials)

    def check(headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        if any(not headers.get(name, "") for name, _ in wanted):
            return "gateway.header_missing"
        if not all(_same(headers[name], value) for name, value in wanted):
            return "gateway.unknown_user"
        return signed(headers, body, now)

    return check


def _signature(profile: Profile, credentials: Credentials, window_s: int) -> Check:
    match profile.signing:
        case TifSigning(uppercase=uppercase):
            return _tif(credentials, window_s, uppercase=uppercase)
        case CsbSigning(timestamp=unit):
            return _csb(credentials, window_s, per_second=_PER_SECOND[unit])
        case XcaSigning(timestamp=unit):
            return _xca(credentials, window_s, per_second=_PER_SECOND[unit])
        case NoSigning():
            return lambda _headers, _body, _now: ""
        case other:
            assert_never(other)


def _tif(credentials: Credentials, window_s: int, *, uppercase: bool) -> Check:
    token = credentials.app_secret.get_secret_value()

    def check(headers: Mapping[str, str], _body: bytes, now: datetime) -> str:
        sender, stamp, nonce, signature = (headers.get(name, "") for name in _TIF)
        wanted = tif_signature(stamp, token, nonce)
        right = _same(signature, wanted.upper() if uppercase else wanted)
        complete = all((sender, stamp, nonce, signature))
        timely = _timely(stamp, now, window_s, per_second=1)
        return _verdict(complete=complete, timely=timely, known=sender == credentials.app_id, right=right)

    return check


def _csb(credentials: Credentials, window_s: int, *, per_second: int) -> Check:
    secret = credentials.app_secret.get_secret_value()

    def check(headers: Mapping[str, str], _body: bytes, now: datetime) -> str:
        values = {name: headers.get(name, "") for name in _CSB}
        complete = all(values.values())
        signature = values.pop("_api_signature")
        timely = _timely(values["_api_timestamp"], now, window_s, per_second=per_second)
        known = values["_api_access_key"] == credentials.app_id
        right = _same(signature, csb_signature(values, secret))
        return _verdict(complete=complete, timely=timely, known=known, right=right)

    return check


def _xca(credentials: Credentials, window_s: int, *, per_second: int) -> Check:
    secret = credentials.app_secret.get_secret_value()

    def check(headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        sender, signature = (headers.get(name, "") for name in _XCA)
        stamp = signature.partition(":")[0]
        complete = all((sender, signature))
        timely = _timely(stamp, now, window_s, per_second=per_second)
        right = _same(signature, xca_signature(stamp, (body,), secret))
        return _verdict(complete=complete, timely=timely, known=sender == credentials.app_id, right=right)

    return check


def _verdict(*, complete: bool, timely: bool, known: bool, right: bool) -> str:
    if not complete:
        return "gateway.header_missing"
    if not timely:
        return "gateway.timestamp"
    if not known:
        return "gateway.unknown_user"
    return "" if right else "gateway.signature"


def _timely(stamp: str, now: datetime, window_s: int, *, per_second: int) -> bool:
    if not (stamp.isascii() and stamp.isdigit()):
        return False
    return abs(int(stamp[:20]) / per_second - now.timestamp()) <= window_s


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
