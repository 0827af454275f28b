from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.insurer.mobile.cipher import DataCipher, derive_key

# the worked example of the facts this project was founded on (fake identity)
APP_ID, APP_SECRET = "99FAKEAPPID0000000000000000000AA", "FAKESECRET000000"
PLAIN = '{"orgId":"H99990100002","payOrdId":"ORD0001"}'
ENC_DATA = "8B4A19817F977CDC68086753578C191B9E7E0F3B3F97F3135493657427EB61DD517798AB7EFD0401D836D380C003AB10"


def test_the_key_of_the_worked_example() -> None:
    assert derive_key(APP_ID, APP_SECRET) == b"513497B9EA679DDF"


def test_the_worked_example_both_ways() -> None:
    cipher = DataCipher(derive_key(APP_ID, APP_SECRET))
    assert cipher.encrypt(PLAIN) == ENC_DATA
    assert cipher.decrypt(ENC_DATA) == PLAIN
    assert cipher.decrypt(ENC_DATA.lower()) == PLAIN


@given(st.text(max_size=200), st.text(st.characters(codec="ascii"), min_size=16), st.text(min_size=1))
def test_what_is_encrypted_is_decrypted(text: str, app_id: str, secret: str) -> None:
    cipher = DataCipher(derive_key(app_id, secret))
    assert cipher.decrypt(cipher.encrypt(text)) == text


@pytest.mark.parametrize("damaged", ["", "zz", ENC_DATA[:-2], ENC_DATA[:-32], "00" * 16, "é"])
def test_what_was_not_encrypted_with_this_key_is_refused(damaged: str) -> None:
    with pytest.raises(ValueError, match=r"padding|block length|hexadecimal|codec"):
        DataCipher(derive_key(APP_ID, APP_SECRET)).decrypt(damaged)


def test_another_key_does_not_decrypt() -> None:
    with pytest.raises(ValueError, match=r"padding|block length|hexadecimal|codec"):
        DataCipher(derive_key(APP_ID, "another")).decrypt(ENC_DATA)
