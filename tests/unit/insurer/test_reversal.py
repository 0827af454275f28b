"""2601: which answers mean that nothing is left standing, and which prove nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer import Answer
from mi_bridge.insurer.profile import AnswerTexts
from mi_bridge.insurer.reversal import Reading, field_of, read_reversal, reversal_input

LIVE = (
    "FSI-调用业务基础子系统冲正失败:冲正的结算信息退费结算标志不为未退费，不能办理冲正交易"
    "[iptPsnSetlMgtBO_4412][outpatientSettleBO_40]"
)
TEXTS = AnswerTexts()


def refusal(text: str) -> Answer:
    return Answer(Outcome.REFUSED, infcode="-1", err_msg=text)


def test_success_is_done() -> None:
    assert read_reversal(Answer(Outcome.OK, infcode="0"), TEXTS) is Reading.DONE


@pytest.mark.parametrize(
    "text", [LIVE, "FSI-原交易已冲正", "该结算信息已经被撤销", "原结算已撤销，不能再次冲正", "该交易已冲正"]
)
def test_what_was_undone_before_is_done(text: str) -> None:
    assert read_reversal(refusal(text), TEXTS) is Reading.DONE


@pytest.mark.parametrize(
    "text",
    [
        "FSI-调用业务基础子系统冲正失败:未查询到原交易信息，不能办理冲正交易",
        "未找到原交易",
        "查不到原报文",
        "查询不到原结算",
        "原交易信息不存在",
    ],
)
def test_no_original_is_absent(text: str) -> None:
    assert read_reversal(refusal(text), TEXTS) is Reading.ABSENT


@pytest.mark.parametrize(
    "text",
    [
        "查询到原交易，但不能冲正",
        "已查询到原交易信息",
        "找到原交易",
        "原交易存在",
        "原交易未冲正",
        "原交易已有后续业务，不能办理冲正交易",
        "交易2208不允许冲正",
        "人员编号与原交易不一致",
        "原交易未撤销，不能冲正",
        "冲正失败",
        "未查询到人员信息",
        "",
    ],
)
def test_any_other_refusal_proves_nothing(text: str) -> None:
    assert read_reversal(refusal(text), TEXTS) is Reading.OTHER


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.OK, Outcome.REFUSED}))
@pytest.mark.parametrize("text", [LIVE, "未查询到原交易"])
def test_only_the_platforms_own_yes_or_no_is_read(outcome: Outcome, text: str) -> None:
    assert read_reversal(Answer(outcome, err_msg=text), TEXTS) is Reading.UNKNOWN


def test_a_sites_own_words() -> None:
    texts = AnswerTexts(already_undone=("重复冲正",), no_original=("查无此单",))
    assert read_reversal(refusal("重复冲正"), texts) is Reading.DONE
    assert read_reversal(refusal("查无此单"), texts) is Reading.ABSENT
    assert read_reversal(refusal(LIVE), texts) is Reading.OTHER


def test_the_input_names_the_original_by_its_own_number() -> None:
    assert reversal_input(psn_no="P", msgid="M", infno="2207") == {
        "data": {"psn_no": "P", "omsgid": "M", "oinfno": "2207"}
    }


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ({"psn_no": "P1"}, "P1"),
        ({"data": {"psn_no": "P1"}}, "P1"),
        ({"mdtrtinfo": {"a": 1}, "diseinfo": [{"psn_no": "P1"}, {"psn_no": "P2"}]}, "P1"),
        ({"psn_no": "", "data": {"psn_no": 12}}, "12"),
        ({"data": []}, ""),
        ({"data": [3], "x": None, "y": "psn_no"}, ""),
        ({}, ""),
    ],
)
def test_a_field_is_found_wherever_his_put_it(source: dict[str, Any], found: str) -> None:
    assert field_of(source, "psn_no") == found
