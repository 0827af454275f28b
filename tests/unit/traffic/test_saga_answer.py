"""What an answer offers to later steps."""

from __future__ import annotations

import pytest

from mi_bridge.domain.exact_json import write
from mi_bridge.traffic.saga_answer import answer_parts


@pytest.mark.parametrize(
    "text",
    [
        '{"infcode":0,"inf_refmsgid":"R1","output":{"sum":1.50}}',
        '{"code":0,"type":"success","data":{"infcode":"0","inf_refmsgid":"R1","output":{"sum":1.50}}}',
    ],
)
def test_output_and_number_are_found_with_and_without_a_wrapper(text: str) -> None:
    assert write(answer_parts(text)) == '{"output":{"sum":1.50},"inf_refmsgid":"R1"}'


@pytest.mark.parametrize("text", ["", "<html>", "[1]", '{"infcode":0,"output":""}'])
def test_an_answer_without_output_offers_none(text: str) -> None:
    assert answer_parts(text).get("output") is None
