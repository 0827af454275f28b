"""A saga of two steps, and the moves and answers a test makes of it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from hospitals import MONEY, NEVER, REGISTRATION
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, Completion, Intent
from mi_bridge.domain.saga import Advance, ClaimedSaga, Compensation, NextStep, Step
from mi_bridge.domain.saga_definition import define
from mi_bridge.domain.saga_status import Direction, SagaStatus
from mi_bridge.domain.status import Status
from mi_bridge.store.driver import load_pyodbc
from mi_bridge.store.odbc_saga_store import OdbcSagaStore
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim
from saga_desk import SagaDesk

VISIT = define(
    "visit",
    "门诊",
    (
        Step("reg", REGISTRATION, {"psn_no": "${input.psn_no}"}, Compensation(NEVER, {"x": "1"})),
        Step("pay", MONEY, {"psn_no": "${input.psn_no}"}, Compensation(NEVER, {"x": "2"})),
    ),
)
NODE = "n1"


_msgids = itertools.count(1)


def answer(
    store: OdbcStore, status: Status = Status.COMPLETED, outcome: Outcome = Outcome.OK, **fields: Any
) -> int:
    """Work off the one waiting request."""
    [request] = store.claim(Claim(NODE, 10))
    attempt = Attempt(
        f"m{next(_msgids)}", "a" * 64, outcome, infcode="0", response_data='{"infcode":0}', **fields
    )
    store.begin_send(NODE, 30, [Intent(request.lease, attempt.msgid, attempt.body_hash)])
    assert store.finish(NODE, [Completion(request.lease, status, attempt)])
    return request.request_id


def step(order: int, direction: Direction = Direction.FORWARD, attempt: int = 1, **fields: Any) -> NextStep:
    known = VISIT.steps[order - 1]
    values = {"input_data": '{"psn_no":"P1","n":1.50}', **fields}
    return NextStep(order, known.code, direction, attempt, known.infno, **values)


def one(store: OdbcSagaStore, node: str = NODE) -> ClaimedSaga:
    [saga] = store.claim_sagas(node, 10, 30)
    return saga


def started(store: OdbcSagaStore, desk: SagaDesk) -> int:
    """Return a saga whose first step is under way."""
    number = desk.submit("visit", '{"psn_no":"P1"}')
    assert store.advance_saga(NODE, one(store), Advance(SagaStatus.RUNNING, step(1))).moved
    return number


def raised(desk: SagaDesk, *arguments: Any, **fields: Any) -> str:
    with pytest.raises(load_pyodbc().Error) as fault:
        desk.submit(*arguments, **fields)
    return str(fault.value)
