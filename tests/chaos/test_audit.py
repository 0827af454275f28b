"""The audit itself: every kind of difference is found, and a clean account has none."""

from __future__ import annotations

from typing import Any

import pytest

from chaos_audit import Audit, audit
from mi_bridge.store.driver import load_pyodbc


class Account:
    """A database and a ledger written by hand."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.effects: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self._connection = load_pyodbc().connect(database, autocommit=True)

    def request(self, status: str, *msgids: str, infcode: str = "", code: str = "2102", key: str = "") -> int:
        number: int = self._connection.execute(
            "INSERT INTO medical_insurance_requests (interface_code, input_data, money_class, queue_rank, order_key, status,"
            " create_time, update_time, expires_at, epoch) VALUES (?, '{}', 'M', 1, nullif(?, ''), ?, now(), now(), now(), 1)"
            " RETURNING request_id",
            *(code, key, status),
        ).fetchone()[0]
        for msgid in msgids:
            self._connection.execute(
                "INSERT INTO medical_insurance_attempts (request_id, epoch, msgid, node_id, body_hash, create_time)"
                " VALUES (?, 1, ?, 'n', '', now())",
                *(number, msgid),
            )
        if infcode:
            self._connection.execute(
                "INSERT INTO medical_insurance_responses (request_id, infcode, outcome, create_time) VALUES (?, ?, 'OK', now())",
                *(number, infcode),
            )
        return number

    def effect(self, msgid: str, state: str = "applied") -> None:
        ended = None if state == "applied" else "r"
        place = {"effect": len(self.effects) + 1, "time": "", "infno": "2102", "ended_by": ended}
        self.effects.append({**place, "msgid": msgid, "state": state})
        self.message(msgid)

    def message(self, msgid: str) -> None:
        self.messages.append({"msgid": msgid})

    def audit(self, *accepted: int, **options: Any) -> Audit:
        return audit(self.database, {"effects": self.effects}, self.messages, accepted, **options)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def account(hospital_database: str) -> Any:
    written = Account(hospital_database)
    yield written
    written.close()


def _kinds(result: Audit) -> list[str]:
    return [finding.split(":", maxsplit=1)[0] for finding in result.findings]


def test_a_clean_account_has_no_differences(account: Account) -> None:
    succeeded = account.request("COMPLETED", "m1", infcode="0", key="P:1")
    account.effect("m1")
    account.request("COMPLETED", "m2", infcode="-1", key="P:2")
    account.message("m2")
    account.request("REVERSED", "m3", key="P:1")
    account.effect("m3", "reversed")
    account.request("MANUAL", "m4", key="P:3")
    account.effect("m4")
    account.request("CANCELLED")

    result = account.audit(succeeded)

    result.demand()
    assert (result.requests, result.effects, result.standing, result.twice, result.lost) == (5, 3, 2, 0, 0)


@pytest.mark.parametrize(
    ("status", "infcode", "effects", "found"),
    [
        ("COMPLETED", "0", [], "SUCCESS WITHOUT EFFECT"),
        ("COMPLETED", "0", ["reversed"], "SUCCESS WITHOUT EFFECT"),
        ("COMPLETED", "0", ["applied", "applied"], "TWICE"),
        ("MANUAL", "", ["applied", "applied"], "TWICE"),
        ("COMPLETED", "-1", ["applied"], "ENDED WITHOUT SUCCESS, AND THE EFFECT STANDS"),
        ("REVERSED", "", ["applied"], "ENDED WITHOUT SUCCESS, AND THE EFFECT STANDS"),
        ("ERROR", "", ["applied"], "ENDED WITHOUT SUCCESS, AND THE EFFECT STANDS"),
        ("CANCELLED", "", ["reversed"], "SENT, AND HIS WAS TOLD IT WAS NOT"),
        ("SENDING", "", [], "NOT AT REST"),
    ],
)
def test_a_difference_is_found_and_explained(
    status: str, infcode: str, effects: list[str], found: str, account: Account
) -> None:
    msgids = [f"m{number}" for number in range(len(effects))]
    account.request(status, *msgids, infcode=infcode)
    for msgid, state in zip(msgids, effects, strict=True):
        account.effect(msgid, state)

    result = account.audit()

    assert found in _kinds(result)
    with pytest.raises(AssertionError, match=r"request 1 .2102, class M"):
        result.demand()


def test_a_request_his_was_told_of_and_an_effect_nobody_wrote_down_are_missed(account: Account) -> None:
    account.effect("stray")

    result = account.audit(77)

    assert _kinds(result) == ["UNKNOWN", "LOST"]
    assert result.lost == 1


def test_the_networks_doubles_are_counted_apart(account: Account) -> None:
    account.request("COMPLETED", "m1", infcode="0")
    account.effect("m1")
    account.effect("m1")

    assert _kinds(account.audit()) == ["TWICE"]
    excused = account.audit(network_doubles=True)
    assert (excused.findings, excused.networks_own, excused.twice) == ([], 1, 0)


def test_what_the_network_doubled_and_a_reversal_took_back_once_is_the_networks(account: Account) -> None:
    """2601 takes back one effect of a message; the second is beyond any client's reach, and only reconciliation finds it."""
    account.request("REVERSED", "m1")
    account.effect("m1", "reversed")
    account.effect("m1")

    assert _kinds(account.audit()) == ["ENDED WITHOUT SUCCESS, AND THE EFFECT STANDS"]
    excused = account.audit(network_doubles=True)
    assert (excused.findings, excused.networks_own) == ([], 1)


def test_one_keys_messages_come_in_the_order_of_their_requests(account: Account) -> None:
    account.request("COMPLETED", "first", infcode="0", key="P:1")
    account.request("COMPLETED", "second", infcode="0", key="P:1")
    account.effect("second")
    account.effect("first")

    assert _kinds(account.audit()) == ["OUT OF ORDER after request 2"]
