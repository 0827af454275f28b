from __future__ import annotations

import pytest
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.port import Credentials


def test_both_halves_are_handed_over() -> None:
    assert Credentials("id", SecretStr("secret")).require("TIF") == ("id", "secret")


@pytest.mark.parametrize(
    ("credentials", "key"),
    [(Credentials("", SecretStr("CANARY")), "app_id"), (Credentials("id"), "app_secret")],
)
def test_an_empty_half_is_named(credentials: Credentials, key: str) -> None:
    with pytest.raises(
        ConfigurationError, match=f"^{key}: is empty, but this site signs with TIF"
    ) as refused:
        credentials.require("TIF")

    assert "CANARY" not in str(refused.value)


def test_an_id_no_header_carries_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="app_id: holds characters"):
        Credentials("编号", SecretStr("secret")).require("TIF")


def test_the_secret_shows_nowhere() -> None:
    assert "CANARY" not in repr(Credentials("id", SecretStr("CANARY")))
