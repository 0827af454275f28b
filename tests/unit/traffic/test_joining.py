"""One answer of many: rows in order, numbers as written, and of each row the truth."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mi_bridge.domain.part import EndedPart
from mi_bridge.domain.status import TERMINAL, Status
from mi_bridge.traffic.joining import PARTS_KEY, join_answers, summary

OK = '{{"infcode":{code},"inf_refmsgid":"R{n}","err_msg":null,"output":{output}}}'


def part(number: int, status: Status = Status.COMPLETED, outcome: str = "OK", **fields: Any) -> EndedPart:
    given_fields = {"infcode": "0" if outcome == "OK" else "-1", "msgid": f"M{number}"} | fields
    return EndedPart(number, number * 10 - 9, 10, status, outcome, **given_fields)


def succeeded(number: int, output: str, code: str = "0") -> EndedPart:
    return part(number, answer=OK.format(n=number, output=output, code=code))


def refused(number: int, text: str = "FSI-费用明细流水号重复") -> EndedPart:
    return part(
        number, outcome="REFUSED", err_msg=text, answer=f'{{"infcode":-1,"err_msg":"{text}","output":null}}'
    )


def test_success_is_one_answer_with_the_rows_in_order() -> None:
    joined = join_answers(
        [
            succeeded(1, '{"result":[{"sn":"1","amt":2.00},{"sn":"2","amt":1.10}]}'),
            succeeded(2, '{"result":[{"sn":"3","amt":12345678901234567890.10}]}'),
        ]
    )
    assert (joined.status, joined.outcome, joined.infcode, joined.err_msg) == (
        Status.COMPLETED,
        "OK",
        "0",
        "",
    )
    assert joined.response_data is not None
    assert '"amt":2.00}' in joined.response_data
    assert "12345678901234567890.10" in joined.response_data
    answer = json.loads(joined.response_data)
    assert [row["sn"] for row in answer["output"]["result"]] == ["1", "2", "3"]
    assert answer["infcode"] == 0
    assert [line["inf_refmsgid"] for line in answer[PARTS_KEY]] == ["R1", "R2"]
    assert [(line["first_row"], line["last_row"]) for line in answer[PARTS_KEY]] == [(1, 10), (11, 20)]


def test_a_single_value_stands_where_all_say_the_same() -> None:
    first = '{"n":{"same":"1","other":"1","only":"x"},"list":[1]}'
    second = '{"n":{"same":"1","other":"2","none":null},"list":[2]}'
    joined = join_answers([succeeded(1, first), succeeded(2, second)])
    output = json.loads(joined.response_data or "")["output"]
    assert output == {"n": {"same": "1", "only": "x", "none": None}, "list": [1, 2]}


@pytest.mark.parametrize("outputs", [("null", "null"), ('""', "null"), ('"a"', '"b"')])
def test_no_common_output_is_none(outputs: tuple[str, str]) -> None:
    joined = join_answers([succeeded(number, text) for number, text in enumerate(outputs, start=1)])
    assert json.loads(joined.response_data or "")["output"] is None


def test_partial_success_says_which_rows() -> None:
    joined = join_answers(
        [
            succeeded(1, '{"result":[{"sn":"1"}]}', '"0"'),
            succeeded(2, '{"result":[{"sn":"11"}]}', '"0"'),
            refused(3),
            part(4, Status.TIMEOUT, "", infcode="", error_message="超时未发送，请求已作废"),
            part(5, Status.CANCELLED, "", infcode="", error_message="请求已取消，未发送"),
            part(6, Status.REVERSED, "", infcode="", error_message="人工核实：医保端没有生效"),
        ]
    )
    assert (joined.status, joined.outcome, joined.infcode) == (Status.COMPLETED, "PARTIAL", "-1")
    assert joined.err_msg == (
        "共 60 行，分 6 批：第 1 至 20 行已生效；第 21 至 30 行被拒绝：FSI-费用明细流水号重复；第 31 至 40 行超时未发送；"
        "第 41 至 50 行未发送：请求已取消，未发送；第 51 至 60 行未生效：人工核实：医保端没有生效"
    )
    answer = json.loads(joined.response_data or "")
    assert answer["infcode"] == "-1"
    assert answer["err_msg"] == joined.err_msg
    assert [row["sn"] for row in answer["output"]["result"]] == ["1", "11"]
    assert [line["msgid"] for line in answer[PARTS_KEY]] == ["M1", "M2", "M3", "M4", "M5", "M6"]


def test_all_refused_is_refused() -> None:
    joined = join_answers([refused(1, "甲"), part(2, Status.CANCELLED, "")])
    assert (joined.outcome, joined.infcode) == ("REFUSED", "-1")
    assert json.loads(joined.response_data or "")["infcode"] == -1


def test_suspicious_answers_are_not_taken_for_success() -> None:
    suspicious = part(1, outcome="SUSPICIOUS", err_msg="FSI-文件查询号不能为空", answer='{"infcode":"0"}')
    assert join_answers([suspicious]).outcome == "SUSPICIOUS"
    joined = join_answers([suspicious, succeeded(2, "{}")])
    assert joined.outcome == "PARTIAL"
    assert "第 1 至 10 行结果可疑，请核实：FSI-文件查询号不能为空" in joined.err_msg


@pytest.mark.parametrize(
    ("statuses", "status", "code"),
    [
        ([Status.TIMEOUT, Status.TIMEOUT], Status.TIMEOUT, -1005),
        ([Status.CANCELLED, Status.CANCELLED], Status.CANCELLED, -1004),
        ([Status.REVERSED], Status.REVERSED, -1004),
        ([Status.ERROR, Status.TIMEOUT], Status.ERROR, -1004),
        ([Status.CANCELLED, Status.TIMEOUT], Status.ERROR, -1004),
    ],
)
def test_without_an_answer_it_ends_as_its_parts(statuses: list[Status], status: Status, code: int) -> None:
    joined = join_answers([part(number, one, "") for number, one in enumerate(statuses, start=1)])
    assert (joined.status, joined.error_code, joined.response_data) == (status, code, None)
    assert joined.error_message is not None
    assert joined.error_message.startswith(f"共 {len(statuses) * 10} 行")


def test_an_answer_nobody_can_read_still_joins() -> None:
    joined = join_answers([part(1, answer="<html>"), succeeded(2, '{"result":[1]}')])
    assert (joined.outcome, json.loads(joined.response_data or "")["output"]) == ("OK", {"result": [1]})


def test_an_answer_nested_beyond_reason_still_joins() -> None:
    deep = '{"infcode":0,"output":' + '{"a":' * 500 + "1" + "}" * 501
    joined = join_answers([part(1, answer=deep), succeeded(2, "{}")])
    assert (joined.outcome, joined.infcode) == ("OK", "0")


def test_a_long_story_fits_the_column() -> None:
    parts = [part(n, Status.ERROR, "", error_message="长" * 100) for n in range(1, 20)]
    parts[::2] = [part(n.number, Status.TIMEOUT, "") for n in parts[::2]]
    assert len(join_answers(parts).error_message or "") == 500


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(TERMINAL)),
            st.sampled_from(["OK", "REFUSED", "SUSPICIOUS"]),
            st.sampled_from(
                [
                    "",
                    "{}",
                    "[",
                    '{"infcode":0,"output":{"result":[1.50]}}',
                    '{"data":{"infcode":"0","output":""}}',
                ]
            ),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_the_parts_did_success_is_never_claimed_for_less(
    drawn: list[tuple[Status, str, str]],
) -> None:
    parts = [
        part(n, status, outcome if status is Status.COMPLETED else "", answer=answer)
        for n, (status, outcome, answer) in enumerate(drawn, start=1)
    ]
    joined = join_answers(parts)
    assert (joined.outcome == "OK") == all(one.succeeded for one in parts)
    assert (joined.infcode == "0") == all(one.succeeded for one in parts)
    if any(one.succeeded for one in parts):
        assert joined.status is Status.COMPLETED
        assert joined.outcome in ("OK", "PARTIAL")
    if joined.response_data is not None:
        assert len(json.loads(joined.response_data)[PARTS_KEY]) == len(parts)
    assert summary(parts).startswith(f"共 {parts[-1].last_row} 行")
