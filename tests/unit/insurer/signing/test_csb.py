from __future__ import annotations

from pydantic import SecretStr

from mi_bridge.insurer.signing.csb import CsbSigner, csb_signature
from mi_bridge.insurer.signing.port import Credentials

CREDENTIALS = Credentials("FAKEAK", SecretStr("FAKESK"))


def test_the_known_answer_of_a_public_client() -> None:
    parameters = {
        "a": "1",
        "b": "2",
        "_api_name": "PING",
        "_api_version": "vcsb",
        "_api_timestamp": "1234567890123",
        "_api_access_key": "ak",
    }

    assert csb_signature(parameters, "sk") == "FJZJ2EhieLec7iJQXe8XzuE9kL4="


def test_the_five_headers_of_hunan() -> None:
    signer = CsbSigner(CREDENTIALS, clock=lambda: 1642730400.123)

    assert signer.sign("1101", b"{}") == (
        ("_api_name", "1101"),
        ("_api_version", "1.0.0"),
        ("_api_timestamp", "1642730400123"),
        ("_api_access_key", "FAKEAK"),
        ("_api_signature", "K5P4LpoGhV9UFtDmBF6mFNiAXOI="),
    )


def test_jiangsu_has_one_name_and_counts_seconds() -> None:
    signer = CsbSigner(CREDENTIALS, api_name="hssServives", seconds=True, clock=lambda: 1642730400.9)
    headers = dict(signer.sign("1101", b"{}"))

    assert (headers["_api_name"], headers["_api_timestamp"]) == ("hssServives", "1642730400")
