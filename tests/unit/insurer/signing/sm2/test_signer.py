from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mi_bridge.insurer.signing.sm2 import (
    KeySigner,
    KeyVerifier,
    Sm2Library,
    Sm2PrivateKey,
    Sm2Signer,
    Sm2Verifier,
    der,
    load_public_key,
    private_key,
)
from mi_bridge.insurer.signing.sm2.gmssl import GmsslLibrary
from mi_bridge.insurer.signing.sm2.openssl import OpensslLibrary

# GB/T 32918.5 (2017), annex A.2
MESSAGE = b"message digest"
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
FAST = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def test_the_standards_example_verifies(library: Sm2Library, key: Sm2PrivateKey) -> None:
    verifier = KeyVerifier(key.public, library=library)
    assert verifier.verify(MESSAGE, SIGNATURE)
    assert not verifier.verify(MESSAGE + b".", SIGNATURE)


def test_what_is_signed_verifies(library: Sm2Library, key: Sm2PrivateKey) -> None:
    signer: Sm2Signer = KeySigner(key, library=library)
    verifier: Sm2Verifier = KeyVerifier(key.public, library=library)
    signature = signer.sign(MESSAGE)
    assert len(signature) == 64
    assert verifier.verify(MESSAGE, signature)
    assert not signer.blocking


def test_two_signatures_of_one_message_differ(library: Sm2Library, key: Sm2PrivateKey) -> None:
    signer = KeySigner(key, library=library)
    assert signer.sign(MESSAGE) != signer.sign(MESSAGE)


@FAST
@given(
    message=st.binary(max_size=300),
    scalar=st.integers(1, 2**255),
    user_id=st.binary(max_size=40),
    other=st.binary(max_size=40),
)
def test_one_librarys_signature_is_the_others_too(
    message: bytes, scalar: int, user_id: bytes, other: bytes
) -> None:
    libraries = [found for found in (OpensslLibrary.find(), GmsslLibrary.find()) if found]
    key = private_key(scalar)
    for ours in libraries:
        signature = KeySigner(key, user_id=user_id, library=ours).sign(message)
        for theirs in libraries:
            assert KeyVerifier(key.public, user_id=user_id, library=theirs).verify(message, signature)
            stranger = KeyVerifier(key.public, user_id=other, library=theirs)
            assert stranger.verify(message, signature) is (user_id == other)


@FAST
@given(signature=st.one_of(st.binary(max_size=80), st.binary(min_size=64, max_size=64)))
def test_no_bytes_are_a_signature_and_none_raise(
    library: Sm2Library, key: Sm2PrivateKey, signature: bytes
) -> None:
    for form in ("raw", "der"):
        verifier = KeyVerifier(key.public, form="der" if form == "der" else "raw", library=library)
        assert not verifier.verify(MESSAGE, signature)


@pytest.mark.parametrize(
    "signature",
    [b"", SIGNATURE[:63], SIGNATURE + b"\0", bytes(64), SIGNATURE[:32] + bytes(32), b"\xff" * 64],
    ids=["empty", "short", "long", "zeros", "s of zero", "over the order"],
)
def test_a_signature_of_another_make_is_wrong(
    library: Sm2Library, key: Sm2PrivateKey, signature: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not KeyVerifier(key.public, library=library).verify(MESSAGE, signature)
    assert not KeyVerifier(key.public, form="der", library=library).verify(MESSAGE, signature)
    assert capfd.readouterr().err == ""


def test_der_and_raw_say_the_same(library: Sm2Library, key: Sm2PrivateKey) -> None:
    signature = KeySigner(key, form="der", library=library).sign(MESSAGE)
    assert signature[0] == 0x30
    assert KeyVerifier(key.public, form="der", library=library).verify(MESSAGE, signature)
    assert not KeyVerifier(key.public, library=library).verify(MESSAGE, signature)


def test_a_key_shows_its_secret_nowhere(key: Sm2PrivateKey) -> None:
    assert str(key.scalar) not in repr(key)
    assert "3945208f" not in repr(key).lower()


def _openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    if shutil.which("openssl") is None:
        return b""
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


@pytest.mark.skipif(not _openssl("ecparam", "-name", "SM2", "-noout", "-text"), reason="openssl has no SM2")
@pytest.mark.parametrize("user_id", ["1234567812345678", "FAKESECRET000000"])
def test_the_openssl_command_agrees(library: Sm2Library, tmp_path: Path, user_id: str) -> None:
    key = private_key(int.from_bytes(os.urandom(31), "big") + 1)
    message, signature = tmp_path / "message", tmp_path / "signature"
    private, public = tmp_path / "key.der", tmp_path / "public.der"
    message.write_bytes("医保 sign me".encode())
    private.write_bytes(der.write_private(key.raw, key.public.raw))
    public.write_bytes(_openssl("pkey", "-inform", "DER", "-in", private, "-pubout", "-outform", "DER"))
    assert load_public_key(public) == key.public
    options = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{user_id}", "-in", message)

    theirs = _openssl("pkeyutl", "-sign", "-inkey", private, "-keyform", "DER", *options)
    verifier = KeyVerifier(key.public, user_id=user_id.encode(), form="der", library=library)
    assert verifier.verify(message.read_bytes(), theirs)

    signer = KeySigner(key, user_id=user_id.encode(), form="der", library=library)
    signature.write_bytes(signer.sign(message.read_bytes()))
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", public, "-keyform", "DER", "-sigfile", signature)
    assert b"Success" in _openssl(*verify, *options)
