from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.mobile import MobileSite
from mi_bridge.insurer.signing.sm2 import KeyVerifier

from .conftest import APP_ID, APP_SECRET, HOSPITAL


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"app_id": "short"}, "app_id: has 5 characters"),
        ({"app_id": "应用" * 8}, "app_id: has 16 characters, at least 16 ASCII"),
        ({"app_secret": SecretStr("")}, "app_secret: is empty"),
    ],
)
def test_says_what_cannot_be_used(make_site: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make_site(**changes)


def test_shows_no_secret(make_site: Any) -> None:
    assert "FAKESECRET" not in repr(make_site())
    assert "Signer" not in repr(make_site())


def test_reads_its_keys_from_memory_and_files(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(HOSPITAL.raw.hex())
    site = MobileSite.from_keys(
        app_id=APP_ID,
        app_secret=APP_SECRET,
        private_key=path,
        platform_key=HOSPITAL.public.raw.hex(),
        user_id=b"agreed",
        version="1.0.0",
    )
    assert site.version == "1.0.0"
    assert site.verifier.verify(b"m", site.signer.sign(b"m"))
    assert not KeyVerifier(HOSPITAL.public).verify(b"m", site.signer.sign(b"m"))


@pytest.mark.parametrize("wrong", ["private_key", "platform_key"])
def test_names_the_key_that_is_none(wrong: str) -> None:
    keys = {"private_key": HOSPITAL.raw.hex(), "platform_key": HOSPITAL.public.raw.hex(), wrong: "canary"}
    with pytest.raises(ConfigurationError, match=f"{wrong}: is neither") as raised:
        MobileSite.from_keys(
            app_id=APP_ID,
            app_secret=SecretStr(APP_SECRET),
            private_key=keys["private_key"],
            platform_key=keys["platform_key"],
        )
    assert "canary" not in str(raised.value)
