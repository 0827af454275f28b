from __future__ import annotations

from collections.abc import Callable

import pytest

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.plain import PlainSigner
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.registry import build_signer


def test_the_profile_names_the_scheme(credentials: Credentials, demo: Profile) -> None:
    tif = dict(build_signer(demo, credentials, lambda: 5.0).sign("1101", b""))
    csb = dict(build_signer(load_profile("hunan"), credentials, lambda: 5.0).sign("1101", b""))

    assert tif["x-tif-timestamp"] == "5"
    assert csb["_api_timestamp"] == "5000"


def test_the_profiles_parameters_arrive(
    credentials: Credentials, make_profile: Callable[[str], Profile]
) -> None:
    site = make_profile('[signing]\nkind = "csb"\napi_name = "hss"\napi_version = "2"\ntimestamp = "seconds"')
    headers = dict(build_signer(site, credentials, lambda: 5.0).sign("1101", b""))

    assert (headers["_api_name"], headers["_api_version"], headers["_api_timestamp"]) == ("hss", "2", "5")


def test_no_signature_needs_no_credentials(make_profile: Callable[[str], Profile]) -> None:
    assert isinstance(build_signer(make_profile(""), Credentials()), PlainSigner)


def test_a_missing_credential_is_named(demo: Profile) -> None:
    with pytest.raises(ConfigurationError, match="app_id"):
        build_signer(demo, Credentials())
