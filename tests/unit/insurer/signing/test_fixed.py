from __future__ import annotations

import pytest
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.fixed import fixed_headers
from mi_bridge.insurer.signing.port import Credentials


def test_credentials_are_filled_in_once() -> None:
    keys = Credentials("me", SecretStr("{app_id}"))

    assert fixed_headers({"apikey": "{app_secret}", "who": "<{app_id}>", "x": "1"}, keys) == (
        ("apikey", "{app_id}"),
        ("who", "<me>"),
        ("x", "1"),
    )


def test_no_headers_need_no_credentials() -> None:
    assert fixed_headers({}, Credentials()) == ()


@pytest.mark.parametrize(
    ("secret", "said"), [("", "is empty"), ("医保", "no HTTP header"), ("a\nb", "no HTTP")]
)
def test_a_credential_no_header_carries_is_named(secret: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"app_secret: .*{said}"):
        fixed_headers({"apikey": "{app_secret}"}, Credentials("", SecretStr(secret)))
