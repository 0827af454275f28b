"""Limits: exact, changed without a restart, and in nobody else's way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Attempt, ClaimedRequest, Completion
from mi_bridge.domain.status import Status
from mi_bridge.store.odbc_store import OdbcStore
from mi_bridge.store.port import Claim


@pytest.fixture
def store(connect: Callable[..., Any]) -> OdbcStore:
    return OdbcStore(connect())


def limit(his: Any, **columns: Any) -> None:
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    his.execute(f"INSERT INTO medical_insurance_limits ({names}) VALUES ({marks})", *columns.values())


def submit(his: Any, times: int, code: str = "1101", org_code: str | None = None) -> None:
    for _ in range(times):
        his.execute("CALL sp_medical_insurance_call(?, '{}', org_code => ?)", code, org_code).fetchone()


def claim(store: OdbcStore, capacity: int = 100) -> list[ClaimedRequest]:
    return store.claim(Claim("n1", capacity))


def finish(store: OdbcStore, requests: list[ClaimedRequest]) -> None:
    for request in requests:
        attempt = Attempt(f"m{request.request_id}", "a" * 64, Outcome.OK)
        store.finish("n1", [Completion(request.lease, Status.COMPLETED, attempt)])


def test_in_flight(his: Any, store: OdbcStore) -> None:
    limit(his, interface_code="1101", max_in_flight=3)
    submit(his, 5)
    taken = claim(store)
    assert [request.request_id for request in taken] == [1, 2, 3]
    assert claim(store) == []
    finish(store, taken[:1])
    assert [request.request_id for request in claim(store)] == [4]


def test_per_minute(his: Any, store: OdbcStore) -> None:
    limit(his, max_per_minute=3)
    submit(his, 5)
    finish(store, claim(store, 2))
    finish(store, claim(store))
    assert claim(store) == []
    his.execute("UPDATE medical_insurance_limit_usage SET bucket_time = bucket_time - interval '62 seconds'")
    assert len(claim(store)) == 2


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"interface_code": "1101", "max_in_flight": 1}, 5),
        ({"org_code": "H99010100001", "max_in_flight": 1}, 5),
        ({"org_code": "H99010100001", "interface_code": "1101", "max_in_flight": 1}, 7),
        ({"max_in_flight": 1}, 1),
        ({"max_in_flight": 1, "enabled": 0}, 8),
        ({"interface_code": "2207", "max_in_flight": 0}, 8),
    ],
)
def test_a_limit_counts_what_it_names(
    his: Any, store: OdbcStore, rule: dict[str, Any], expected: int
) -> None:
    limit(his, **rule)
    for org_code in ("H99010100001", "H99010100002"):
        submit(his, 2, "1101", org_code)
        submit(his, 2, "3501", org_code)
    assert len(claim(store)) == expected


def test_the_narrowest_of_several_limits_decides(his: Any, store: OdbcStore) -> None:
    limit(his, max_in_flight=5)
    limit(his, interface_code="1101", max_per_minute=2)
    submit(his, 4, "1101")
    submit(his, 6, "3501")
    taken = claim(store) + claim(store)
    assert [request.interface_code for request in taken] == ["1101"] * 2 + ["3501"] * 3


def test_a_full_limit_holds_up_nobody_else(his: Any, store: OdbcStore) -> None:
    limit(his, interface_code="1101", max_in_flight=0)
    submit(his, 20, "1101")
    submit(his, 1, "3501")
    assert [request.interface_code for request in claim(store, 5)] == ["3501"]


def test_a_full_limit_lets_the_claim_sleep(his: Any, store: OdbcStore) -> None:
    limit(his, max_in_flight=0)
    submit(his, 3)
    assert his.execute("SELECT sp_mi_has_work(0)").fetchone()[0] in (False, "0")
    his.execute("UPDATE medical_insurance_limits SET max_in_flight = 2")
    assert len(claim(store)) == 2


def test_what_is_too_old_books_no_room(his: Any, store: OdbcStore) -> None:
    limit(his, max_per_minute=2)
    submit(his, 4)
    his.execute("UPDATE medical_insurance_requests SET expires_at = create_time WHERE request_id <= 2")
    assert [request.request_id for request in claim(store)] == [3, 4]


def test_four_claimers_never_share_the_same_room(his: Any, connect: Callable[..., Any]) -> None:
    limit(his, max_in_flight=7)
    limit(his, max_per_minute=11)
    submit(his, 40)
    taken: list[ClaimedRequest] = []

    def work(store: OdbcStore) -> None:
        for _ in range(5):
            mine = claim(store, 3)
            taken.extend(mine)
            finish(store, mine[:1])

    stores = [OdbcStore(connect()) for _ in range(4)]
    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    in_flight = his.execute(
        "SELECT count(*) FROM medical_insurance_requests WHERE status = 'CLAIMED'"
    ).fetchone()[0]
    assert in_flight <= 7
    assert len(taken) == len({request.request_id for request in taken}) <= 11
