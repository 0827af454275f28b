from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError


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
