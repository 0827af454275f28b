from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from mi_bridge.insurer.mobile import MobileSite
from mi_bridge.insurer.mobile.envelope import MobileEnvelope
from mi_bridge.insurer.signing.sm2 import KeySigner, KeyVerifier, private_key

APP_ID = "99FAKEAPPID0000000000000000000AA"
APP_SECRET = "FAKESECRET000000"
HOSPITAL, PLATFORM = private_key(0xA11CE), private_key(0xB0B)
NOW = 1642730400.123

Sites = Callable[..., MobileSite]


@pytest.fixture
def make_site() -> Sites:
    """Make the hospital's side, or with ``platform=True`` the other."""

    def make(*, platform: bool = False, **changes: Any) -> MobileSite:
        ours, theirs = (PLATFORM, HOSPITAL) if platform else (HOSPITAL, PLATFORM)
        values: dict[str, Any] = {
            "app_id": APP_ID,
            "app_secret": SecretStr(APP_SECRET),
            "signer": KeySigner(ours),
            "verifier": KeyVerifier(theirs.public),
        }
        return MobileSite(**(values | changes))

    return make


@pytest.fixture
def hospital(make_site: Sites) -> MobileEnvelope:
    return MobileEnvelope(make_site(), clock=lambda: NOW)


@pytest.fixture
def platform(make_site: Sites) -> MobileEnvelope:
    return MobileEnvelope(make_site(platform=True), clock=lambda: NOW)
