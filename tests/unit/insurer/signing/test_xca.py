from __future__ import annotations

import pytest
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.port import Credentials, sign_streamed
from mi_bridge.insurer.signing.xca import XcaSigner, xca_signature

# a worked example of the scheme, re-computed with two implementations
BODY = b'{"infno":"9001","input":{"signIn":{"opter_no":"123","mac":"00-00-00-00-00-01","ip":"192.0.2.10"}}}'
SIGNED = "1642730400:B9C536187DFFF894EA740C02F85555B99A47F3557C45C8C99A82EB69E675F6A0"
KEYS = Credentials("H99990100002", SecretStr("FAKE-SECRET"))


def test_the_worked_example() -> None:
    assert XcaSigner(KEYS, clock=lambda: 1642730400.9).sign("9001", BODY) == (
        ("x-ca-key", "H99990100002"),
        ("x-ca-signature", SIGNED),
    )


def test_every_byte_of_the_body_counts() -> None:
    assert xca_signature("1642730400", [BODY.replace(b"123", b"124")], "FAKE-SECRET") != SIGNED
    assert xca_signature("1642730400", [BODY + b" "], "FAKE-SECRET") != SIGNED


def test_a_body_in_pieces_is_signed_like_the_whole() -> None:
    signer = XcaSigner(KEYS, clock=lambda: 1642730400)

    assert sign_streamed(signer, "9101", [BODY[:7], b"", BODY[7:]]) == signer.sign("9101", BODY)


def test_the_time_in_milliseconds() -> None:
    headers = dict(XcaSigner(KEYS, milliseconds=True, clock=lambda: 5.25).sign("1101", b""))

    assert headers["x-ca-signature"].partition(":")[0] == "5250"


@pytest.mark.parametrize(("keys", "named"), [(Credentials(), "app_id"), (Credentials("x"), "app_secret")])
def test_a_missing_half_is_named(keys: Credentials, named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{named}: is empty.*x-ca"):
        XcaSigner(keys)
