"""Paths as profiles write them."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.insurer.profile import Profile, load_profile
from mi_bridge.simulator.address import fits


def _profile(**changes: Any) -> Profile:
    return Profile.model_validate({**load_profile("demo").model_dump(), **changes})


@pytest.mark.parametrize(
    ("changes", "path", "right"),
    [
        ({"url": {"layout": "single", "path": "/fsi/api/call"}}, "/gate/fsi/api/call", True),
        ({"url": {"layout": "single", "path": "/fsi/api/call"}}, "/fsi/api/call/", True),
        ({"url": {"layout": "single", "path": "/fsi/api/call"}}, "/fsi/api/other", False),
        ({"url": {"layout": "single", "path": ""}}, "/", True),
        ({"url": {"layout": "prefix", "path": "/isp-api/"}}, "/isp-api/1101", True),
        ({"url": {"layout": "prefix", "path": "/isp-api/"}}, "/isp-api/2207", False),
        ({"interfaces": {"1101": {"path": "/psn/query"}}}, "/psn/query", True),
        ({"interfaces": {"1101": {"path": "http://10.0.0.1/psn/query"}}}, "/psn/query", True),
        ({"url": {"layout": "table", "paths": {"1101": "/t/1101"}}}, "/t/1101", True),
        ({"url": {"layout": "table", "paths": {"2207": "/t/2207"}}}, "/anywhere", False),
        ({"url": {"layout": "prefix", "path": "/p/"}, "interfaces": {"1101": {"path": "/q"}}}, "/q", True),
    ],
)
def test_a_path_ends_as_the_profile_writes_it(changes: dict[str, Any], path: str, right: bool) -> None:
    assert fits(_profile(**changes), "1101", "1101", path) is right


def test_a_transaction_lives_where_its_code_on_the_wire_does() -> None:
    zhejiang = load_profile("zhejiang")

    assert fits(zhejiang, "2207", "2207A", "/fsi/api/outpatientSettleService/saveSettletmentA")
    assert not fits(zhejiang, "2207", "2207", "/fsi/api/outpatientSettleService/saveSettletmentA")
