from __future__ import annotations

import pytest
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.signing.cainfo import Sm2Cainfo, Sm3Cainfo, signed_text
from mi_bridge.insurer.signing.port import Credentials
from mi_bridge.insurer.signing.registry import build_cainfo
from mi_bridge.insurer.signing.sm2 import KeySigner, KeyVerifier, private_key
from mi_bridge.insurer.signing.sm3 import sm3_hex

# the envelope of a published description of the SM2 form; every name and number in it is invented
ENVELOPE = {
    "infno": "1101",
    "msgid": "H99990100002202201211000000001",
    "mdtrtarea_admvs": "330100",
    "insuplc_admdvs": "330100",
    "recer_sys_code": "MBS_LOCAL",
    "dev_no": "",
    "dev_safe_info": "",
    "signtype": "SM2",
    "infver": "1.0",
    "opter_type": "1",
    "opter": "0001",
    "opter_name": "测试",
    "inf_time": "2022-01-21 10:00:00",
    "fixmedins_code": "H99990100002",
    "fixmedins_name": "测试医院",
    "sign_no": "900001",
}
KEY = private_key(0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8)


def site(kind: str) -> Profile:
    return Profile.model_validate({**load_profile("demo").model_dump(), "cainfo_kind": kind})


def test_sm3_of_the_inputs_text() -> None:
    digest = Sm3Cainfo().make(ENVELOPE, '{"data":{"psn_no":"99000000000000000001"}}')

    assert digest == "155442FC86C71DCDC26C019372851579DB14E16D965ABE7662D972F35D927DC8"


def test_the_text_that_sm2_signs() -> None:
    text = signed_text(ENVELOPE)

    assert text.startswith(
        "dev_no=&dev_safe_info=&fixmedins_code=H99990100002&fixmedins_name=测试医院&inf_time="
    )
    assert sm3_hex(text.encode()) == "508F403765A3C65819EC8D503132864E8B974F58F28B9E548AB8149C490F942A"


def test_an_sm2_signature_verifies_and_covers_the_envelope() -> None:
    made = Sm2Cainfo(KeySigner(KEY)).make(ENVELOPE, "{}")
    verifier = KeyVerifier(KEY.public)

    assert (len(made), made) == (128, made.upper())
    assert verifier.verify(signed_text(ENVELOPE).encode(), bytes.fromhex(made))
    assert not verifier.verify(signed_text({**ENVELOPE, "opter": "0002"}).encode(), bytes.fromhex(made))


def test_the_profile_names_the_kind() -> None:
    assert build_cainfo(site("text"), Credentials()) is None
    assert isinstance(build_cainfo(site("sm3"), Credentials()), Sm3Cainfo)
    made = build_cainfo(site("sm2"), Credentials(sign_key=SecretStr(f"{KEY.scalar:064x}")))
    assert isinstance(made, Sm2Cainfo)
    assert not made.blocking


@pytest.mark.parametrize("key", ["", "CANARY-NO-KEY"])
def test_what_is_no_key_is_named_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="sign_key: is") as refused:
        build_cainfo(site("sm2"), Credentials(sign_key=SecretStr(key)))

    assert "CANARY" not in str(refused.value)
