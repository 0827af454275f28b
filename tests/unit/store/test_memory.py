"""The double's own side: HIS's verbs. Its store is proved by the contract tests, beside the real ones."""

from __future__ import annotations

import pytest

from mi_bridge.domain.interface import Interface
from mi_bridge.domain.money_class import MoneyClass
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, Completion, Heartbeat
from mi_bridge.domain.status import Status
from mi_bridge.errors import MalformedInput, RequestRefused, UnknownInterface
from mi_bridge.store.memory import MemoryDatabase
from mi_bridge.store.memory_submit import Submission
from mi_bridge.store.port import Claim, Store

INTERFACES = (
    Interface("1101", "人员信息获取", "人员信息", MoneyClass.QUERY, ordered=False, enabled=True),
    Interface("2207", "门诊结算", "门诊", MoneyClass.MONEY, ordered=True, enabled=True),
    Interface("9001", "签到", "签到", MoneyClass.QUERY, ordered=False, enabled=False),
)


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase(INTERFACES)


def test_it_is_a_store(database: MemoryDatabase) -> None:
    store: Store = database.connect()
    assert store.claim(Claim("n1", 1)) == []


def test_stores_share_a_database(database: MemoryDatabase) -> None:
    first, second = database.connect(), database.connect()
    number = database.submit(Submission("1101", '{"psn_no": "1"}'))
    (request,) = first.claim(Claim("n1", 5))
    assert second.claim(Claim("n2", 5)) == []
    answer = Attempt("m1", "a" * 64, Outcome.OK, infcode="0", response_data="{}")
    assert second.finish("n2", [Completion(request.lease, Status.COMPLETED, answer)]) == {number}
    result = database.result(number)
    assert (result.status, result.result_status, result.infcode, result.response_data) == (
        "COMPLETED", "SUCCESS", "0", "{}")  # fmt: skip
    assert result.attempts == 1


@pytest.mark.parametrize("code", ["", "4711", "9001"])
def test_an_unknown_or_disabled_interface(database: MemoryDatabase, code: str) -> None:
    with pytest.raises(UnknownInterface):
        database.submit(Submission(code, "{}"))


def test_bad_input_queues_nothing(database: MemoryDatabase) -> None:
    with pytest.raises(MalformedInput):
        database.submit(Submission("1101", "[]"))
    assert database.connect().claim(Claim("n1", 1)) == []


def test_a_business_key_with_other_content(database: MemoryDatabase) -> None:
    number = database.submit(Submission("1101", "{}", business_key="B"))
    assert database.submit(Submission("1101", "{}", business_key="B")) == number
    with pytest.raises(RequestRefused) as refused:
        database.submit(Submission("1101", '{"a": 1}', business_key="B"))
    assert refused.value.code == -1008


def test_what_nodes_report_can_be_read(database: MemoryDatabase) -> None:
    store = database.connect()
    beat = Heartbeat("n1", "host", 1, "0.1.0", "RUNNING")
    assert store.heartbeat(beat) > 0
    store.condition("BREAKER_OPEN", "n1", "连接不上")
    assert database.heartbeats == {"n1": beat}
    assert database.conditions == {("BREAKER_OPEN", "n1"): "连接不上"}
    store.condition("BREAKER_OPEN", "n1", "")
    store.close()
    assert database.conditions == {}


def test_rows_and_attempts_are_copies(database: MemoryDatabase) -> None:
    number = database.submit(Submission("1101", "{}"))
    (request,) = database.connect().claim(Claim("n1", 1))
    tried = Attempt("m1", "a" * 64, Outcome.NOT_SENT)
    database.connect().finish("n1", [Completion(request.lease, Status.PENDING, tried)])
    database.row(number).status = Status.MANUAL
    database.attempts(number)[0].answer = None
    assert database.row(number).status is Status.PENDING
    assert database.attempts(number)[0].answer == tried


def test_a_msgid_of_another_request_is_not_overwritten(database: MemoryDatabase) -> None:
    numbers = [database.submit(Submission("1101", "{}")) for _ in range(2)]
    store = database.connect()
    leases = [request.lease for request in store.claim(Claim("n1", 2))]
    first = Attempt("same", "a" * 64, Outcome.UNKNOWN)
    store.finish("n1", [Completion(leases[0], Status.PENDING, first)])
    store.finish("n1", [Completion(leases[1], Status.COMPLETED, Attempt("same", "a" * 64, Outcome.OK))])
    assert database.attempts(numbers[0])[0].answer == first
    assert database.attempts(numbers[1]) == []
