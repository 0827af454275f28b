"""What goes to the routines, as JSON the database can keep; the rest is proved against real databases."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, Completion, Intent, Lease
from mi_bridge.domain.status import Status
from mi_bridge.domain.uncertain import StepIntent, StepKind, StepResult
from mi_bridge.store.connection import DatabaseConnection
from mi_bridge.store.odbc_store import OdbcStore


class Calls:
    """Stands for a connection and keeps what was called."""

    def __init__(self) -> None:
        self.made: list[tuple[Any, ...]] = []
        self.told: list[str] = []

    def call(self, *call: Any) -> list[Any]:
        self.made.append(call)
        return []

    def interrupt(self) -> None:
        self.told.append("interrupt")

    def stop(self) -> None:
        self.told.append("stop")

    def close(self) -> None:
        self.told.append("close")


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def store(calls: Calls) -> OdbcStore:
    return OdbcStore(cast("DatabaseConnection", calls))


def test_a_completion_without_an_attempt_tells_no_send(store: OdbcStore, calls: Calls) -> None:
    store.finish("n1", [Completion(Lease(7, 2), Status.ERROR, error_code=-1001, error_message="节点缺失")])
    routine, node, items = calls.made[0]
    assert (routine, node) == ("sp_mi_finish", "n1")
    assert json.loads(items) == [
        {
            "request_id": 7,
            "epoch": 2,
            "status": "ERROR",
            "delay_ms": 0,
            "quiet_ms": 0,
            "error_code": -1001,
            "error_message": "节点缺失",
        }
    ]


def test_a_completion_with_an_attempt_tells_all_of_it(store: OdbcStore, calls: Calls) -> None:
    attempt = Attempt(
        "m1", "a" * 64, Outcome.OK, infcode="0", http_status=200, duration_ms=9, response_data='{"a":1}'
    )
    store.finish("n1", [Completion(Lease(7, 2), Status.COMPLETED, attempt)])
    (item,) = json.loads(calls.made[0][2])
    assert {name: item[name] for name in ("msgid", "outcome", "infcode", "http_status", "duration_ms")} == {
        "msgid": "m1", "outcome": "OK", "infcode": "0", "http_status": 200, "duration_ms": 9,
    }  # fmt: skip
    assert item["response_data"] == '{"a":1}'


def test_a_steps_result_and_intent_tell_all_of_it(store: OdbcStore, calls: Calls) -> None:
    tried = Attempt("m2", "b" * 64, Outcome.REFUSED, infcode="-1", err_msg="未查询到原交易")
    store.begin_step("n1", [StepIntent(7, 3, StepKind.REVERSAL, "m2", "b" * 64)])
    store.finish_step("n1", [StepResult(7, 3, Status.REVERSED, tried, needs_quiet=True, error_code=-1004)])
    store.finish_step("n1", [StepResult(7, 3, Status.MANUAL)])
    assert [call[:2] for call in calls.made] == [("sp_mi_begin_step", "n1")] + 2 * [
        ("sp_mi_finish_step", "n1")
    ]
    intent, told, untried = (json.loads(call[2])[0] for call in calls.made)
    assert intent == {
        "request_id": 7, "resolve_epoch": 3, "kind": "reversal", "msgid": "m2", "body_hash": "b" * 64,
    }  # fmt: skip
    assert (told["resolve_epoch"], told["status"], told["needs_quiet"], told["err_msg"]) == (
        3, "REVERSED", 1, "未查询到原交易")  # fmt: skip
    assert (untried["status"], untried["needs_quiet"], "msgid" in untried) == ("MANUAL", 0, False)


def test_what_a_routine_returns_nothing_of_is_no(store: OdbcStore) -> None:
    assert store.lead("housekeep", "n1", 60) is False
    assert store.housekeep() == 0
    assert store.claim_uncertain("n1", 5, 30) == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\0b", "a\ufffdb"),
        ("\ud840", "\ufffd"),
        ("\udfb7\0", "\ufffd\ufffd"),
        ("𠮷 \\u0000 written out", "𠮷 \\u0000 written out"),
    ],
)
def test_text_no_database_takes_is_replaced(store: OdbcStore, calls: Calls, text: str, kept: str) -> None:
    attempt = Attempt("m1", "a" * 64, Outcome.REFUSED, err_msg=text, response_data=text)
    store.finish("n1", [Completion(Lease(7, 2), Status.COMPLETED, attempt)])
    (item,) = json.loads(calls.made[0][2])
    assert (item["err_msg"], item["response_data"]) == (kept, kept)


def test_a_call_without_rows_is_nothing(store: OdbcStore) -> None:
    assert store.release("n1", [Lease(7, 2)]) == 0
    assert store.begin_send("n1", 30, [Intent(Lease(7, 2), "m1", "a" * 64)]) == set()


def test_the_rest_is_the_connections(store: OdbcStore, calls: Calls) -> None:
    store.interrupt()
    store.stop()
    store.close()
    assert calls.told == ["interrupt", "stop", "close"]
