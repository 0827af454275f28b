"""Transactions without a desk of their own."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.insurer.answer import parse_answer
from mi_bridge.insurer.catalogue import Catalogue, Kind
from mi_bridge.simulator.codec import encode
from mi_bridge.simulator.desks import desk_for
from mi_bridge.simulator.generic import succeed

_REST = [one for one in Catalogue.load() if desk_for(one.infno) is succeed and one.enabled]


@pytest.mark.parametrize("transaction", _REST, ids=[one.infno for one in _REST])
def test_each_succeeds_and_only_those_that_change_something_leave_an_effect(
    window: Any, transaction: Any
) -> None:
    content = encode(window.call(transaction.infno, {"data": {"psn_no": "990101198001016571"}}))

    assert parse_answer(content, http_status=200, transaction=transaction).outcome is Outcome.OK
    reads = transaction.kind in (Kind.QUERY, Kind.SEARCH, Kind.DOWNLOAD, Kind.TRIAL)
    assert [one.psn_no for one in window.ledger.effects] == ([] if reads else ["990101198001016571"])


def test_a_download_says_that_nothing_is_newer(window: Any) -> None:
    for infno, version in (("1301", "v0001"), ("1322", "v0000")):
        output = window.ok(infno, {"data": {"ver": version}})

        assert output["data_cnt"] == 0
        assert output["file_qury_no"].startswith("fsi/plc/")
