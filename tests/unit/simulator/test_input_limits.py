"""How large an input the simulated platform takes."""

from __future__ import annotations

from typing import Any

import pytest

PERSON = {"mdtrt_cert_type": "02", "mdtrt_cert_no": "990101198001010012"}


def test_without_limits_everything_is_looked_at(open_window: Any) -> None:
    refused = open_window().refused("2301", {"feedetail": [{}] * 500})
    assert "上限" not in refused


def test_too_many_rows_are_refused_by_the_name_of_their_node(open_window: Any) -> None:
    refused = open_window(max_rows=2).refused("2301", {"feedetail": [{}] * 3})
    assert refused == "FSI-交易输入节点feedetail的行数3超过上限2"
    assert "上限" not in open_window(max_rows=2).refused("2301", {"feedetail": [{}] * 2})


@pytest.mark.parametrize(("limit", "refuses"), [(40, True), (400, False)])
def test_too_long_an_input_is_refused_with_its_length(open_window: Any, limit: int, refuses: bool) -> None:
    words = open_window(max_input_bytes=limit).refused("2301", {"data": {"名": "药" * 20}})
    assert ("FSI-交易输入input长度" in words and f"超过上限{limit}" in words) is refuses
