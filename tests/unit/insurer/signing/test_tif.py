from __future__ import annotations

from pydantic import SecretStr

from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.tif import TifSigner, tif_signature

TIMESTAMP, TOKEN, NONCE = "1642730400", "FAKE-TOKEN-0123456789", "a1b2c3"
SIGNATURE = "a97471c09d087a511949bed18cfdc5f688b29824b9403686b1eb215850da59a7"
CREDENTIALS = Credentials("fake_paasid", SecretStr(TOKEN))


def test_the_known_vector() -> None:
    assert tif_signature(TIMESTAMP, TOKEN, NONCE) == SIGNATURE


def test_the_four_headers() -> None:
    signer = TifSigner(CREDENTIALS, clock=lambda: 1642730400.9, nonce=lambda: NONCE)

    assert signer.sign("1101", b"{}") == (
        ("x-tif-paasid", "fake_paasid"),
        ("x-tif-timestamp", TIMESTAMP),
        ("x-tif-nonce", NONCE),
        ("x-tif-signature", SIGNATURE),
    )


def test_some_gateways_want_capitals() -> None:
    signer = TifSigner(CREDENTIALS, clock=lambda: 1642730400.0, nonce=lambda: NONCE, uppercase=True)

    assert dict(signer.sign("1101", b"{}"))["x-tif-signature"] == SIGNATURE.upper()


def test_a_nonce_is_used_once() -> None:
    signer = TifSigner(CREDENTIALS)
    nonces = {dict(signer.sign("1101", b"{}"))["x-tif-nonce"] for _ in range(100)}

    assert len(nonces) == 100
