"""The inputs of 9001 and 9002 as sites want them, and the number in an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from mi_bridge.errors import ConfigurationError, ProfileError
from mi_bridge.insurer.call import Sender
from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.insurer.sign_in import (
    asks_for_sign_in,
    input_field,
    number_in,
    sign_in_input,
    sign_in_password,
    sign_out_input,
    valid_seconds,
)

MakeProfile = Callable[[str], Profile]
WHO = Sender("H99010100001", "0001", "王医生")
MORNING = 1642730400.0  # 2022-01-21 10:00:00 in China
GUANGZHOU = """
[sign_in]
policy = "daily"
mac = "00-00-00-00-00-01"
ip = "192.0.2.1"
[sign_in.in_fields]
userid = "{opter}"
opter_no = "{opter}"
password = "{password_md5}"
currenttime = "{time}"
mac = "{mac}"
ip = "{ip}"
"""


def test_the_national_input_is_the_default(make_profile: MakeProfile) -> None:
    site = make_profile("")
    assert site.sign_in.policy == "never"
    assert sign_in_input(site, WHO, MORNING) == {
        "opter_no": "0001",
        "mac": "00-00-00-00-00-00",
        "ip": "127.0.0.1",
    }
    assert sign_out_input(site, WHO, MORNING, sign_no="680003") == {"sign_no": "680003", "opter_no": "0001"}


def test_a_site_may_want_the_password_with_the_time(make_profile: MakeProfile) -> None:
    made = sign_in_input(make_profile(GUANGZHOU), WHO, MORNING, password="secret")
    assert made == {
        "userid": "0001",
        "opter_no": "0001",
        "password": hashlib.md5(b"20220121100000secret").hexdigest(),  # noqa: S324 - the platform's own choice
        "currenttime": "20220121100000",
        "mac": "00-00-00-00-00-01",
        "ip": "192.0.2.1",
    }


def test_templates_know_capitals_names_and_braces(make_profile: MakeProfile) -> None:
    site = make_profile(
        '[sign_in.in_fields]\na = "{password_md5_upper}"\nb = "{opter_name}/{org_code}"\nc = "{{x}}"\nd = "{password}"'
    )
    made = sign_in_input(site, WHO, MORNING, password="p")
    assert made["a"] == hashlib.md5(b"20220121100000p").hexdigest().upper()  # noqa: S324 - the platform's own choice
    assert (made["b"], made["c"], made["d"]) == ("王医生/H99010100001", "{x}", "p")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('[sign_in]\npolicy = "sometimes"', "sign_in.policy"),
        ('[sign_in.in_fields]\nuser = "{nobody}"', r"knows no \{nobody\}; known: ip, mac"),
        ('[sign_in.in_fields]\nuser = "{opter.__class__}"', "knows no"),
        ('[sign_in.out_fields]\nuser = "{opter"', "is no template"),
        ('[sign_in]\ntexts = ["("]', "is no regular expression"),
        ('[sign_in]\nsign_out_at = "24:00"', "is no time of day; write it like 23:50"),
        ("[sign_in]\nmax_age_s = 5", "sign_in.max_age_s"),
        ("[sign_in]\nsecret = 5", "sign_in.secret"),
    ],
)
def test_a_wrong_profile_is_named(make_profile: MakeProfile, wrong: str, said: str) -> None:
    with pytest.raises(ProfileError, match=said):
        make_profile(wrong)


def test_a_password_is_wanted_only_where_a_template_sends_it(make_profile: MakeProfile) -> None:
    with pytest.raises(ConfigurationError, match=r"insurer\.sign_in_password: is empty"):
        sign_in_password(make_profile(GUANGZHOU), SecretStr(""))
    assert sign_in_password(make_profile(GUANGZHOU), SecretStr("x")) == "x"
    assert sign_in_password(make_profile(GUANGZHOU.replace("daily", "never")), SecretStr("")) == ""
    assert sign_in_password(make_profile('[sign_in]\npolicy = "daily"'), SecretStr("")) == ""


@pytest.mark.parametrize(
    ("output", "number"),
    [
        ({"signinoutb": {"sign_time": "2022-01-21 00:00:00", "sign_no": "680003"}}, "680003"),
        ({"result": [{"sign_no": 680003}]}, "680003"),
        ({"sign_no": " 680003 "}, "680003"),
        ({"signinoutb": {"sign_no": ""}}, ""),
        ({"signinoutb": {"sign_no": None}}, ""),
        ({"signinoutb": {"sign_no": {"x": 1}}}, ""),
        ({"signinoutb": {"sign_no": True}}, ""),
        ({"signinoutb": []}, ""),
        (None, ""),
        ("680003", ""),
    ],
)
def test_the_number_is_found_whatever_its_node_is_called(output: object, number: str) -> None:
    assert number_in(output) == number


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["sign_no", "result", "x"]), inner),
    )
)
def test_no_output_raises(output: object) -> None:
    assert isinstance(number_in(output), str)


def test_a_refusal_that_asks_for_a_sign_in(make_profile: MakeProfile) -> None:
    site = make_profile('[sign_in]\ntexts = ["签到", "会话已失效"]')
    assert asks_for_sign_in(site, "2207", "FSI-签到编号无效或已失效，请先签到")
    assert asks_for_sign_in(site, "1101", "会话已失效[x_1]")
    assert not asks_for_sign_in(site, "1101", "参保人不存在")
    assert not asks_for_sign_in(site, "9002", "当天没有签到信息，不能签退")
    assert not asks_for_sign_in(site, "9001", "签到失败")


@given(st.floats(MORNING, MORNING + 400 * 24 * 3600))
def test_a_number_of_the_day_ends_at_local_midnight(now: float) -> None:
    demo = load_profile("demo")
    site = demo.model_copy(update={"sign_in": demo.sign_in.model_copy(update={"policy": "daily"})})
    zone = ZoneInfo("Asia/Shanghai")
    seconds = valid_seconds(site, now)
    assert 1 <= seconds <= 24 * 3600
    if seconds > 1:
        assert (
            datetime.fromtimestamp(now + seconds - 1, zone).date() == datetime.fromtimestamp(now, zone).date()
        )
    end = datetime.fromtimestamp(now + seconds + 1, zone)
    assert end.date() > datetime.fromtimestamp(now, zone).date()


def test_a_number_may_hold_shorter_or_longer_than_the_day(make_profile: MakeProfile) -> None:
    assert valid_seconds(make_profile('[sign_in]\npolicy = "daily"\nmax_age_s = 3600'), MORNING) == 3600
    assert valid_seconds(make_profile('[sign_in]\npolicy = "on_demand"'), MORNING + 13 * 3600) == 86400


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"input":{"signIn":{"opter_no":"0007"}}}', "0007"),
        (b'{"input":"{\\"data\\":{\\"opter_no\\":\\"0007\\"}}"}', "0007"),
        (b'{"input":{"opter_no":7}}', "7"),
        (b'{"input":{"signIn":{}}}', ""),
        (b'{"input":"x"}', ""),
        (b"[]", ""),
        (b"\xff\xfe", ""),
    ],
)
def test_a_field_of_what_is_sent(body: bytes, found: str) -> None:
    assert input_field(body, "opter_no") == found


def test_the_password_and_the_number_are_in_no_repr(make_profile: MakeProfile) -> None:
    assert "王医生" not in repr(WHO)
