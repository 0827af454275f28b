from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.signing.sm2 import (
    Sm2PrivateKey,
    der,
    load_private_key,
    load_public_key,
    private_key,
)
from mi_bridge.insurer.signing.sm2.curve import N

SECRET = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
KEY = private_key(SECRET)
PKCS8 = der.write_private(KEY.raw, KEY.public.raw)
SPKI = der.write_public(KEY.public.raw)
SEC1 = der._tlv(0x30, b"\x02\x01\x01" + der._tlv(0x04, KEY.raw))
# a key of another curve (prime256v1), made for this test
P256 = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAGhRANCAARrF9Hy"
    "4SxCR/i85uVjpEDydwN9gS3rM6D0oTlF2JjClk/jQuL+Gn+bjufrSnwPnhYrzjNXazFezsu2QGg3v1H1"
)


def pem(label: str, data: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n"


PRIVATE_FORMS = {
    "hexadecimal": KEY.raw.hex(),
    "upper case, spaces": f" {KEY.raw.hex().upper()}\n",
    "base64": base64.b64encode(KEY.raw).decode(),
    "base64 of Java's number": base64.b64encode(b"\0" + KEY.raw).decode(),
    "hexadecimal of Java's number": "00" + KEY.raw.hex(),
    "PKCS#8": pem("PRIVATE KEY", PKCS8),
    "PKCS#8 in base64": base64.b64encode(PKCS8).decode(),
    "SEC 1": pem("EC PARAMETERS", b"\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d") + pem("EC PRIVATE KEY", SEC1),
}
PUBLIC_FORMS = {
    "hexadecimal": KEY.public.raw.hex(),
    "hexadecimal with 04": "04" + KEY.public.raw.hex(),
    "base64": base64.b64encode(KEY.public.raw).decode(),
    "base64 with 04": base64.b64encode(b"\x04" + KEY.public.raw).decode(),
    "PEM": pem("PUBLIC KEY", SPKI),
    "SubjectPublicKeyInfo in base64": base64.b64encode(SPKI).decode(),
}


@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_reads_every_form_of_a_private_key(form: str, tmp_path: Path) -> None:
    text = PRIVATE_FORMS[form]
    path = tmp_path / "key"
    path.write_text(text)
    assert load_private_key(text) == KEY
    assert load_private_key(SecretStr(text)) == KEY
    assert load_private_key(path) == KEY
    assert load_private_key(str(path)) == KEY


@pytest.mark.parametrize("form", PUBLIC_FORMS)
def test_reads_every_form_of_a_public_key(form: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("\ufeff" + PUBLIC_FORMS[form], encoding="utf-8")
    assert load_public_key(PUBLIC_FORMS[form]) == KEY.public
    assert load_public_key(path) == KEY.public


def test_reads_der_files(tmp_path: Path) -> None:
    path = tmp_path / "key.der"
    path.write_bytes(PKCS8)
    assert load_private_key(path) == KEY
    path.write_bytes(SPKI)
    assert load_public_key(path) == KEY.public


BAD_PRIVATE = {
    "": "is empty",
    "   ": "is empty",
    "0" * 64: "outside the curve's order",
    f"{N - 1:064X}": "outside the curve's order",
    "zz": "neither hexadecimal digits nor base64",
    KEY.raw.hex()[:-2]: "an SM2 private key has 32",
    pem("ENCRYPTED PRIVATE KEY", b"x"): "is encrypted",
    pem("CERTIFICATE", b"x"): "holds CERTIFICATE, but PRIVATE KEY is wanted",
    "-----BEGIN PRIVATE KEY-----\nabc": "holds no whole block",
    "-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----": "base64 is broken",
    P256: "the key of another curve than SM2",
    base64.b64encode(SPKI).decode(): "neither PKCS#8 nor an EC private key",
    base64.b64encode(PKCS8[:-9]).decode(): "cut short or no DER",
    base64.b64encode(b"\x30\x00" + bytes(40)).decode(): "neither PKCS#8 nor an EC",
    base64.b64encode(
        der.write_private(KEY.raw, private_key(2).public.raw)
    ).decode(): "does not belong to its private key",
}
BAD_PUBLIC = {
    "04" + "11" * 64: "no point of the SM2 curve",
    "0411": "an SM2 public key has 64",
    pem("PRIVATE KEY", PKCS8): "holds PRIVATE KEY, but PUBLIC KEY is wanted",
    base64.b64encode(PKCS8).decode(): "SubjectPublicKeyInfo",
    base64.b64encode(
        der._tlv(0x30, der._tlv(0x30, b"") + der._tlv(0x03, bytes(66)))
    ).decode(): "is no elliptic-curve key",
}


@pytest.mark.parametrize(("text", "fault"), BAD_PRIVATE.items())
def test_says_what_is_wrong_with_a_private_key(text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^insurer\.key: ") as raised:
        load_private_key(text, setting="insurer.key")
    assert fault in str(raised.value)
    assert "64 hexadecimal digits" in raised.value.remedy
    assert KEY.raw.hex()[:20] not in str(raised.value)


@pytest.mark.parametrize(("text", "fault"), BAD_PUBLIC.items())
def test_says_what_is_wrong_with_a_public_key(text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_public_key(text)
    assert fault in str(raised.value)


def test_names_a_file_that_is_not_a_key(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("not a key at all, canary-4711")
    with pytest.raises(ConfigurationError, match=r"note\.txt, which is not a key: it is neither") as raised:
        load_private_key(str(path))
    assert "canary" not in str(raised.value)


def test_a_key_that_looks_like_a_path_is_not_shown() -> None:
    # found by fuzzing: base64 has slashes too
    for text in ("/" + KEY.raw.hex(), "/" + base64.b64encode(KEY.raw).decode(), "/etc/keys/canary"):
        with pytest.raises(ConfigurationError) as raised:
            load_private_key(text)
        assert text not in str(raised.value)


def test_names_a_file_that_is_missing_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"lost\.pem, which cannot be read \(No such file"):
        load_private_key(str(tmp_path / "lost.pem"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_private_key(tmp_path)
    large = tmp_path / "large"
    large.write_bytes(bytes(70_000))
    with pytest.raises(ConfigurationError, match="too large for one"):
        load_private_key(large)


@given(
    st.one_of(
        st.text(max_size=200), st.binary(max_size=200).map(lambda data: base64.b64encode(data).decode())
    )
)
def test_no_text_raises_anything_else(text: str) -> None:
    for load in (load_private_key, load_public_key):
        try:
            load(text)
        except ConfigurationError:
            continue


@given(st.binary(max_size=150), st.integers(0, len(PKCS8)))
def test_no_structure_raises_anything_else(noise: bytes, at: int) -> None:
    broken = PKCS8[:at] + noise + PKCS8[at + len(noise) :]
    readers: tuple[Callable[[bytes], object], ...] = (der.read_private, der.read_public)
    for read in readers:
        try:
            read(broken)
        except ValueError:
            continue


def test_a_loaded_key_is_equal_to_itself() -> None:
    assert load_private_key(KEY.raw.hex()) == Sm2PrivateKey(SECRET, KEY.public)
