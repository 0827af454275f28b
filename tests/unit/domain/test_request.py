"""Requests on their way; none shows what it carries."""

from __future__ import annotations

import dataclasses

import pytest

from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion, Lease
from mi_bridge.domain.status import Status

CANARY = "990101198001016571"


def test_a_claimed_request_knows_its_number() -> None:
    assert ClaimedRequest(Lease(7, 1), "1101", "{}", MoneyClass.QUERY).request_id == 7


def test_no_repr_shows_a_person() -> None:
    request = ClaimedRequest(Lease(7, 1), "1101", CANARY, MoneyClass.QUERY, opter=CANARY, opter_name=CANARY)
    attempt = Attempt("m1", "a" * 64, Outcome.OK, err_msg=CANARY, response_data=CANARY)
    completion = Completion(request.lease, Status.ERROR, attempt, error_message=CANARY)
    assert CANARY not in f"{request!r} {attempt!r} {completion!r}"


def test_a_lease_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Lease(7, 1).epoch = 2  # type: ignore[misc] # that is the point
