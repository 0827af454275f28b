from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.errors import MalformedInput
from mi_bridge.insurer.call import Call
from mi_bridge.insurer.catalogue import Catalogue
from mi_bridge.insurer.envelope import FIELDS, Envelope
from mi_bridge.insurer.profile import Profile, load_profile

NOON = 1642730400.0  # 2022-01-21 10:00:00 in China
ORG = "H99990100002"
MSGID = "H99990100002202201211000000001"


def build(profile: Profile, call: Call, *, org_names: dict[str, str] | None = None) -> bytes:
    envelope = Envelope(
        profile, org_names={ORG: "测试医院"} if org_names is None else org_names, clock=lambda: NOON
    )
    return envelope.build(call, profile.catalogue().get(call.infno), msgid=MSGID, org_code=ORG)


def test_the_demo_envelope_byte_for_byte(demo: Profile) -> None:
    body = build(demo, Call("2207", '{"psn_no":"9","amt":2.00}'))

    assert body.decode() == (
        '{"infno":"2207","msgid":"H99990100002202201211000000001","mdtrtarea_admvs":"990101"'
        ',"insuplc_admdvs":"990101","recer_sys_code":"99","dev_no":"","dev_safe_info":"","cainfo":""'
        ',"signtype":"","infver":"1.0.0","opter_type":"1","opter":"demo","opter_name":"演示经办人"'
        ',"inf_time":"2022-01-21 10:00:00","fixmedins_code":"H99990100002","fixmedins_name":"测试医院"'
        ',"sign_no":"","input":{"data":{"psn_no":"9","amt":2.00}}}'
    )


def test_hunan_writes_null_as_a_word() -> None:
    sent = json.loads(build(load_profile("hunan"), Call("1101", "{}")))

    assert {name: sent[name] for name in ("dev_no", "dev_safe_info", "cainfo", "sign_no")} == dict.fromkeys(
        ("dev_no", "dev_safe_info", "cainfo", "sign_no"), "null"
    )
    assert (sent["recer_sys_code"], sent["signtype"], sent["infver"]) == ("99", "SM2", "1.0.0")


def test_the_calls_own_fields_come_first(demo: Profile) -> None:
    call = Call(
        "1101",
        "{}",
        insuplc_admdvs="990203",
        opter="0007",
        opter_name='王"五',
        opter_type="2",
        sign_no="680003",
    )
    sent = json.loads(build(demo, call))

    assert list(sent) == [field.name for field in FIELDS]
    assert (sent["insuplc_admdvs"], sent["opter"], sent["opter_name"]) == ("990203", "0007", '王"五')
    assert (sent["opter_type"], sent["sign_no"]) == ("2", "680003")


def test_a_missing_area_of_the_insured_is_the_null_text(make_profile: Callable[[str], Profile]) -> None:
    sent = json.loads(build(make_profile('null_text = "null"'), Call("1101", "{}")))

    assert sent["insuplc_admdvs"] == "null"


def test_a_site_may_want_its_input_as_text_and_further_fields(make_profile: Callable[[str], Profile]) -> None:
    site = make_profile('input_as = "string"\n[extra_fields]\nenc_type = ""\nfixmedins_soft_fcty = "厂商"')
    sent = json.loads(build(site, Call("1101", '{"a":"𠮷\\n"}')))

    assert sent["input"] == '{"data":{"a":"𠮷\\n"}}'
    assert list(sent)[-3:] == ["enc_type", "fixmedins_soft_fcty", "input"]


def test_an_interface_may_have_its_own_receiver(make_profile: Callable[[str], Profile]) -> None:
    site = make_profile('[interfaces.1101]\nrecer_sys_code = "MBS_LOCAL"')

    assert json.loads(build(site, Call("1101", "{}")))["recer_sys_code"] == "MBS_LOCAL"
    assert json.loads(build(site, Call("1201", "{}")))["recer_sys_code"] == "99"


def test_the_time_is_the_sites(make_profile: Callable[[str], Profile]) -> None:
    site = make_profile('timezone = "Asia/Urumqi"')

    assert json.loads(build(site, Call("1101", "{}")))["inf_time"] == "2022-01-21 08:00:00"


def test_the_code_stands_in_for_a_missing_name(demo: Profile) -> None:
    assert json.loads(build(demo, Call("1101", "{}"), org_names={}))["fixmedins_name"] == ORG


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"opter": "x" * 31}, "opter（经办人）有 31 个字符"),
        ({"opter_name": "王" * 51}, "opter_name（经办人姓名）有 51 个字符，最多 50 个"),
        ({"opter_type": "0001"}, "opter_type"),
        ({"insuplc_admdvs": "9901011"}, "insuplc_admdvs"),
        ({"sign_no": "1" * 31}, "sign_no"),
        ({"opter_name": "\ud800"}, "不成对的代理字符"),
    ],
)
def test_a_field_the_envelope_cannot_carry_is_named(demo: Profile, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedInput, match=said):
        build(demo, Call("1101", "{}", **fields))


def test_the_profiles_size_limit_holds(make_profile: Callable[[str], Profile]) -> None:
    with pytest.raises(MalformedInput, match="超过本站上限 1024 字节"):
        build(make_profile("max_input_bytes = 1024"), Call("1101", '{"a":"' + "x" * 1024 + '"}'))


def test_a_changed_transaction_is_laid_out_anew(demo: Profile) -> None:
    envelope = Envelope(demo, org_names={})
    before, after = (
        envelope.build(Call("1101", "{}"), catalogue.get("1101"), msgid=MSGID, org_code=ORG)
        for catalogue in (
            Catalogue.load(),
            Catalogue.load().with_overrides({"1101": {"input_nodes": ("person",)}}),
        )
    )

    assert json.loads(before)["input"] == {"data": {}}
    assert json.loads(after)["input"] == {"person": {}}


def test_no_input_and_no_name_is_in_a_calls_repr() -> None:
    shown = repr(Call("1101", '{"certno":"CANARY"}', opter="CANARY", opter_name="CANARY", sign_no="CANARY"))

    assert "CANARY" not in shown


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@given(
    st.dictionaries(
        texts.filter(lambda name: name.lower() != "data" and name not in ("infno", "input")),
        texts
        | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4),
        max_size=8,
    )
)
def test_decimals_and_texts_arrive_as_they_left(fields: dict[str, Any]) -> None:
    profile = load_profile("demo")
    members = (f"{json.dumps(n)}:{v if isinstance(v, Decimal) else json.dumps(v)}" for n, v in fields.items())
    written = "{" + ",".join(members) + "}"
    body = build(profile, Call("2207", written)).decode()

    assert f'"input":{{"data":{written}}}}}' in body
    assert json.loads(body, parse_float=Decimal)["input"]["data"] == fields
