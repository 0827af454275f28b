"""The gateway's verdicts, and that nothing refused there is executed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr

from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.registry import build_signer
from mi_bridge.simulator.clock import CHINA
from mi_bridge.simulator.gateway import Check, build_gateway

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
_KEYS = Credentials("id", SecretStr("secret"))
_SECONDS = {"kind": "csb", "timestamp": "seconds", "api_name": "hssServives"}
_BODY = b"{}"
_UPPER = {"kind": "tif", "uppercase": True}


def _profile(signing: dict[str, Any]) -> Profile:
    return Profile.model_validate(
        {**load_profile("demo").model_dump(exclude={"signing"}), "signing": signing}
    )


def _signed(profile: Profile, *, late_s: float = 0, keys: Credentials = _KEYS) -> dict[str, str]:
    signer = build_signer(profile, keys, clock=lambda: _NOW.timestamp() - late_s)
    return dict(signer.sign("1101", _BODY))


def _gateway(profile: Profile) -> Check:
    return build_gateway(profile, _KEYS, window_s=1800)


@pytest.fixture(
    params=[
        {"kind": "tif"},
        _UPPER,
        {"kind": "csb"},
        _SECONDS,
        {"kind": "x-ca"},
        {"kind": "x-ca", "timestamp": "milliseconds"},
    ],
    ids=["tif", "TIF", "csb", "csb-seconds", "x-ca", "x-ca-milliseconds"],
)
def profile(request: pytest.FixtureRequest) -> Profile:
    return _profile(request.param)


def test_what_the_sdk_signs_passes(profile: Profile) -> None:
    assert _gateway(profile)(_signed(profile), _BODY, _NOW) == ""


@pytest.mark.parametrize(
    ("late_s", "verdict"),
    [(1799, ""), (-1799, ""), (1802, "gateway.timestamp"), (-1802, "gateway.timestamp")],
)
def test_a_signature_holds_half_an_hour(profile: Profile, late_s: int, verdict: str) -> None:
    assert _gateway(profile)(_signed(profile, late_s=late_s), _BODY, _NOW) == verdict


def test_every_header_is_needed(profile: Profile) -> None:
    signed = _signed(profile)

    for name in signed:
        rest = {key: value for key, value in signed.items() if key != name}
        assert _gateway(profile)(rest, _BODY, _NOW) == "gateway.header_missing"


def test_a_stranger_is_turned_away(profile: Profile) -> None:
    stranger = Credentials("somebody", SecretStr("secret"))

    assert _gateway(profile)(_signed(profile, keys=stranger), _BODY, _NOW) == "gateway.unknown_user"


def test_a_wrong_secret_is_noticed(profile: Profile) -> None:
    forger = Credentials("id", SecretStr("guess"))

    assert _gateway(profile)(_signed(profile, keys=forger), _BODY, _NOW) == "gateway.signature"


@pytest.mark.parametrize("stamp", ["yesterday", "²", "-1", "9" * 400])
def test_a_time_that_is_none_is_out_of_time(profile: Profile, stamp: str) -> None:
    signed = _signed(profile)
    name = next(key for key in signed if key.endswith(("timestamp", "x-ca-signature")))
    rest = ":0" if name == "x-ca-signature" else ""

    assert _gateway(profile)({**signed, name: stamp + rest}, _BODY, _NOW) == "gateway.timestamp"


def test_a_body_changed_on_the_way_is_noticed_where_the_signature_covers_it() -> None:
    profile = _profile({"kind": "x-ca"})

    assert _gateway(profile)(_signed(profile), b"{ }", _NOW) == "gateway.signature"


def test_a_header_with_the_hospitals_key_lets_it_in() -> None:
    profile = load_profile("inner_mongolia")
    gateway = _gateway(profile)

    assert gateway({"apikey": "secret"}, _BODY, _NOW) == ""
    assert gateway({}, _BODY, _NOW) == "gateway.header_missing"
    assert gateway({"apikey": "guess"}, _BODY, _NOW) == "gateway.unknown_user"


def test_a_site_without_signatures_lets_everybody_in() -> None:
    assert _gateway(_profile({"kind": "none"}))({}, _BODY, _NOW) == ""


def test_the_platform_refuses_what_is_not_signed_and_does_nothing(open_window: Any) -> None:
    window = open_window(check_signature=True)

    answer = window.call("2201", {"data": {"psn_no": "990101198001016571"}})

    assert answer == {"code": 401, "message": "缺少服务网关的请求头!"}
    assert window.ledger.effects == []
