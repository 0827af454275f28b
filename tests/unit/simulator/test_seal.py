from __future__ import annotations

import json
from typing import Any

import pytest

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.sm2 import private_key
from mi_bridge.insurer.signing.sm3 import sm3_hex
from mi_bridge.simulator.seal import build_seal

_KEY = private_key(7**40).public.raw.hex()


def _profile(kind: str) -> Profile:
    return Profile.model_validate({**load_profile("demo").model_dump(), "cainfo_kind": kind})


def _right(kind: str, document: dict[str, Any], key: str = "") -> bool:
    return build_seal(_profile(kind), key)(document, json.dumps(document).encode())


def test_a_plain_text_is_never_checked() -> None:
    assert _right("text", {"cainfo": "whatever"})


@pytest.mark.parametrize("content", [{"data": {"psn_no": "1"}}, '{"data": {"psn_no": "1"}}'])
def test_a_digest_is_that_of_the_inputs_own_text(content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content)

    assert _right("sm3", {"cainfo": sm3_hex(text.encode()), "input": content})
    assert not _right("sm3", {"cainfo": sm3_hex(b"{}"), "input": content})


def test_a_message_without_an_input_has_no_right_digest() -> None:
    assert not _right("sm3", {"cainfo": sm3_hex(b"")})


@pytest.mark.parametrize("cainfo", ["", "no digits", "00" * 64])
def test_what_is_no_signature_of_the_hospital_is_wrong(cainfo: str) -> None:
    assert not _right("sm2", {"cainfo": cainfo, "infno": "1101"}, _KEY)


def test_a_site_that_verifies_needs_the_hospitals_key() -> None:
    with pytest.raises(ConfigurationError, match="public_key: is empty"):
        build_seal(_profile("sm2"), "")
