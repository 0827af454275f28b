"""9001 and 9002, and platforms that insist on them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

_WHO = {"signIn": {"opter_no": "0001", "mac": "00-00-00-00-00-01", "ip": "192.0.2.1"}}
_ASK = {"data": {"psn_no": "990101198001016571"}}


def _sign_in(window: Any) -> str:
    return str(window.ok("9001", _WHO)["signinoutb"]["sign_no"])


def _sign_out(number: str) -> dict[str, Any]:
    return {"signOut": {"sign_no": number, "opter_no": "0001"}}


def test_every_sign_in_has_its_number(window: Any) -> None:
    first = window.ok("9001", _WHO)["signinoutb"]

    assert re.fullmatch(r"\d{6}", first["sign_no"])
    assert first["sign_time"] == "2026-03-02 09:00:00"
    assert _sign_in(window) != first["sign_no"]


def test_a_sign_in_is_ended_once_and_on_its_day(window: Any, clock: Any) -> None:
    number, second = _sign_in(window), _sign_in(window)

    assert window.ok("9002", _sign_out(number)) == {"signoutoutb": {"sign_time": "2026-03-02 09:00:00"}}
    assert "当天没有签到信息" in window.refused("9002", _sign_out(number))
    clock.advance(days=1)
    assert "当天没有签到信息" in window.refused("9002", _sign_out(second))


def test_a_platform_that_does_not_insist_takes_any_number(window: Any) -> None:
    assert window.ok("1101", _ASK, sign_no="null")


@pytest.mark.parametrize("number", ["", "null", "000000"])
def test_a_platform_that_insists_refuses_other_numbers(open_window: Any, number: str) -> None:
    window = open_window(require_sign_in=True)

    assert "请先签到" in window.refused("1101", _ASK, sign_no=number)


def test_a_sign_in_holds_for_its_hospital_and_its_day(open_window: Any, clock: Any) -> None:
    window = open_window(require_sign_in=True)
    number = _sign_in(window)

    assert window.ok("1101", _ASK, sign_no=number)
    assert "请先签到" in window.other("H99010100002").refused("1101", _ASK, sign_no=number)
    clock.advance(days=1)
    assert "请先签到" in window.refused("1101", _ASK, sign_no=number)


def test_a_sign_in_can_be_refused_and_taken_again(window: Any) -> None:
    window.simulator.platform.centre.sign_ins.refusal = "操作员不存在"
    assert window.refused("9001", _WHO) == "操作员不存在"
    window.simulator.platform.centre.sign_ins.refusal = ""
    assert _sign_in(window)


def test_a_platform_may_want_the_password_with_the_time(open_window: Any) -> None:
    window = open_window(sign_in_password="secret")
    digest = hashlib.md5(b"20260302090000secret").hexdigest()  # noqa: S324 - the platform's own choice
    content = {"signIn": {**_WHO["signIn"], "currenttime": "20260302090000", "password": digest.upper()}}

    assert window.ok("9001", content)
    content["signIn"]["currenttime"] = "20260302090001"
    assert "密码不正确" in window.refused("9001", content)
    assert "密码不正确" in window.refused("9001", _WHO)
