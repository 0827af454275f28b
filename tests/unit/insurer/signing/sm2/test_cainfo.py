from __future__ import annotations

from mi_bridge.insurer.signing.sm2 import KeySigner, KeyVerifier, Sm2PrivateKey, sm3
from mi_bridge.insurer.signing.sm2.cainfo import Sm2Cainfo, cainfo_text

# the worked example of the facts this project was founded on (fake identity)
ENVELOPE = {
    "infno": "1101",
    "msgid": "H99990100002202201211000000001",
    "mdtrtarea_admvs": "330100",
    "insuplc_admdvs": "330100",
    "recer_sys_code": "MBS_LOCAL",
    "dev_no": "",
    "dev_safe_info": "",
    "cainfo": "left out",
    "signtype": "SM2",
    "infver": "1.0",
    "opter_type": "1",
    "opter": "0001",
    "opter_name": "测试",
    "inf_time": "2022-01-21 10:00:00",
    "fixmedins_code": "H99990100002",
    "fixmedins_name": "测试医院",
    "sign_no": "900001",
    "input": "left out",
}
TEXT = (
    "dev_no=&dev_safe_info=&fixmedins_code=H99990100002&fixmedins_name=测试医院&inf_time=2022-01-21 10:00:00"
    "&infno=1101&infver=1.0&insuplc_admdvs=330100&mdtrtarea_admvs=330100&msgid=H99990100002202201211000000001"
    "&opter=0001&opter_name=测试&opter_type=1&recer_sys_code=MBS_LOCAL&sign_no=900001&signtype=SM2"
)


def test_the_worked_example() -> None:
    assert cainfo_text(ENVELOPE) == TEXT
    assert sm3(TEXT.encode()).hex() == "508f403765a3c65819ec8d503132864e8b974f58f28b9e548ab8149c490f942a"


def test_the_signature_verifies_and_is_written_in_capitals(key: Sm2PrivateKey) -> None:
    maker = Sm2Cainfo(KeySigner(key))
    written = maker.make(ENVELOPE, "{}")
    assert written == written.upper()
    assert KeyVerifier(key.public).verify(TEXT.encode(), bytes.fromhex(written))
    assert not maker.blocking
