from __future__ import annotations

from collections.abc import Callable

import pytest

from mi_bridge.insurer.signing.sm2 import Sm2Library, Sm2PrivateKey, load_private_key
from mi_bridge.insurer.signing.sm2.gmssl import GmsslLibrary
from mi_bridge.insurer.signing.sm2.openssl import OpensslLibrary

# GB/T 32918.5 (2017), annex A.2: the standard's own example
STANDARD_KEY = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"

_FINDERS: dict[str, Callable[[], Sm2Library | None]] = {
    "openssl": OpensslLibrary.find,
    "gmssl": GmsslLibrary.find,
}


@pytest.fixture(params=_FINDERS)
def library(request: pytest.FixtureRequest) -> Sm2Library:
    found = _FINDERS[request.param]()
    if found is None:
        pytest.skip(f"{request.param} with SM2 is not on this machine")
    return found


@pytest.fixture
def key() -> Sm2PrivateKey:
    return load_private_key(STANDARD_KEY)
