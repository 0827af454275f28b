"""9001 签到 and 9002 签退: their inputs as a site wants them, and the number in an answer.

Source: ``signIn{opter_no, mac, ip}`` → ``signinoutb{sign_time, sign_no}``, ``signOut{sign_no, opter_no}`` (national specification);
Guangzhou's code sends ``data{userid, opter_no, password, currenttime, mac, ip}`` and reads ``result``. The site's node names come
from ``[interfaces.9001]`` of its profile, its fields from ``[sign_in]``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.answer_text import parsed
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.profile import Profile
from mi_bridge.insurer.verdict import says

SIGN_IN = "9001"
SIGN_OUT = "9002"
SESSION = frozenset({SIGN_IN, SIGN_OUT})
"""Their own refusals speak of 签到 and ask for none."""


def sign_in_password(profile: Profile, password: SecretStr) -> str:
    """Return the operators' password, empty where the site asks for none.

    Raises:
        ConfigurationError: the profile's templates use it and there is none.
    """
    value = password.get_secret_value()
    if profile.sign_in.policy != "never" and profile.sign_in.needs_password and not value:
        raise ConfigurationError(
            "insurer.sign_in_password",
            f"is empty, though sign_in of profile {profile.name} sends it",
            remedy="Put the operators' password into the secret file insurer.sign_in_password.",
        )
    return value


def sign_in_input(profile: Profile, sender: Sender, now_s: float, *, password: str = "") -> dict[str, str]:
    """Return the input of 9001.

    Args:
        profile: the site.
        sender: who signs in.
        now_s: seconds since 1970.
        password: the operator's, where the site asks for one.
    """
    facts = _facts(profile, sender, now_s, password)
    return {name: text.format_map(facts) for name, text in profile.sign_in.in_fields.items()}


def sign_out_input(
    profile: Profile, sender: Sender, now_s: float, *, sign_no: str, password: str = ""
) -> dict[str, str]:
    """Return the input of 9002.

    Args:
        profile: the site.
        sender: who signs out.
        now_s: seconds since 1970.
        sign_no: the number to end.
        password: the operator's, where the site asks for one.
    """
    facts = _facts(profile, sender, now_s, password) | {"sign_no": sign_no}
    return {name: text.format_map(facts) for name, text in profile.sign_in.out_fields.items()}


def number_in(output: Any) -> str:
    """Return the sign-in number of an output, whatever its node is called; empty when there is none."""
    for part in _parts(output):
        value = part.get("sign_no")
        if value not in (None, "") and not isinstance(value, dict | list | bool):
            return str(value).strip()
    return ""


def asks_for_sign_in(profile: Profile, infno: str, err_msg: str) -> bool:
    """Tell whether a definite refusal of this transaction means "not signed in, or no longer"."""
    return infno not in SESSION and says(profile.sign_in.texts, err_msg)


def valid_seconds(profile: Profile, now_s: float) -> int:
    """Return how long a number that is given now may be used, in seconds: never past local midnight with ``daily``."""
    longest = int(profile.sign_in.max_age_s)
    if profile.sign_in.policy != "daily":
        return longest
    now = datetime.fromtimestamp(now_s, ZoneInfo(profile.timezone))
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, min(longest, int(midnight.timestamp() - now_s)))


def input_field(body: bytes, name: str) -> str:
    """Return a field of a message's input, from the bytes that are sent; empty when it is nowhere."""
    message = parsed(body.decode("utf-8", "replace"))
    source = message.get("input") if isinstance(message, dict) else None
    if isinstance(source, str):
        source = parsed(source)
    return next((str(part[name]) for part in _parts(source) if part.get(name)), "")


def _facts(profile: Profile, sender: Sender, now_s: float, password: str) -> dict[str, str]:
    stamp = f"{datetime.fromtimestamp(now_s, ZoneInfo(profile.timezone)):%Y%m%d%H%M%S}"
    digest = hashlib.md5(f"{stamp}{password}".encode(), usedforsecurity=False).hexdigest()
    return {
        "opter": sender.opter,
        "opter_name": sender.opter_name or profile.operator.name,
        "org_code": sender.org_code,
        "mac": profile.sign_in.mac,
        "ip": profile.sign_in.ip,
        "time": stamp,
        "password": password,
        "password_md5": digest,
        "password_md5_upper": digest.upper(),
        "sign_no": "",
    }


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(value, Mapping):
        return
    yield value
    for inner in value.values():
        part = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(part, Mapping):
            yield part
