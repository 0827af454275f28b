"""One sign-in for the whole cluster: who makes it, who takes it, and when it is made anew; on both stores."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from hospitals import OdbcHospital
from mi_bridge.domain.sign_in import SignInDecision, SignInReply, SignInResult, SignInWish
from mi_bridge.store.sign_in_port import SignInStore

ORG, OPTER = "H99010100001", "0001"
DAY_S = 24 * 3600
TAKE, NONE, SIGN, WAIT, KEEP, FAILED = SignInDecision


def wish(seen: int = 0, **fields: Any) -> SignInWish:
    return SignInWish(ORG, fields.pop("opter", OPTER), seen, **fields)


def signed(store: SignInStore, number: str = "680003", node: str = "n1", **fields: Any) -> SignInReply:
    """A node signs in and takes the number."""
    given = store.take_sign_in(node, wish(**fields))
    assert given.decision is SIGN
    assert store.finish_sign_in(node, SignInResult(ORG, OPTER, given.epoch, number, DAY_S))
    return store.take_sign_in(node, wish())


@pytest.fixture
def store(hospital: Any) -> SignInStore:
    made: SignInStore = hospital.sign_in_store("n1")
    return made


@pytest.fixture
def other(hospital: Any) -> SignInStore:
    made: SignInStore = hospital.sign_in_store("n2")
    return made


def test_one_node_signs_in_and_all_take_its_number(store: SignInStore, other: SignInStore) -> None:
    given = store.take_sign_in("n1", wish(lease_seconds=15))
    assert (given.decision, given.epoch, given.sign_no) == (SIGN, 1, "")
    assert given.msgid_number >= given.database_time_ms // 1000 * 10_000
    waiting = other.take_sign_in("n2", wish())
    assert waiting.decision is WAIT
    assert 10_000 < waiting.remaining_ms <= 15_000
    assert store.finish_sign_in("n1", SignInResult(ORG, OPTER, 1, "680003", 3600))
    for node, taker in (("n1", store), ("n2", other)):
        taken = taker.take_sign_in(node, wish())
        assert (taken.decision, taken.epoch, taken.sign_no, taken.proved) == (TAKE, 1, "680003", False)
        assert 3_590_000 < taken.remaining_ms <= 3_600_000
    assert "680003" not in repr(taken)


def test_operators_and_organisations_sign_in_apart(store: SignInStore) -> None:
    signed(store)
    assert store.take_sign_in("n1", wish(opter="0002")).decision is SIGN
    assert store.take_sign_in("n1", SignInWish("H99010100002", OPTER)).decision is SIGN


def test_who_only_looks_signs_nobody_in(store: SignInStore) -> None:
    assert store.take_sign_in("n1", wish(may_sign=False)).decision is NONE
    assert store.take_sign_in("n1", wish(may_sign=False)).epoch == 0
    signed(store)
    assert store.take_sign_in("n1", wish(may_sign=False)).decision is TAKE
    assert store.take_sign_in("n1", wish(1, may_sign=False)).decision is NONE


def test_a_call_repeated_after_its_answer_was_lost_gives_the_right_again(store: SignInStore) -> None:
    first = store.take_sign_in("n1", wish())
    again = store.take_sign_in("n1", wish())
    assert (again.decision, again.epoch) == (SIGN, first.epoch + 1)
    assert again.msgid_number > first.msgid_number
    assert not store.finish_sign_in("n1", SignInResult(ORG, OPTER, first.epoch, "1", DAY_S))
    result = SignInResult(ORG, OPTER, again.epoch, "2", DAY_S)
    assert store.finish_sign_in("n1", result)
    assert store.finish_sign_in("n1", result)


def test_a_lease_that_ended_passes_on_and_fences_its_late_holder(
    hospital: Any, store: SignInStore, other: SignInStore
) -> None:
    late = store.take_sign_in("n1", wish(lease_seconds=15))
    hospital.pass_time(14)
    assert other.take_sign_in("n2", wish()).decision is WAIT
    hospital.pass_time(2)
    taken = other.take_sign_in("n2", wish())
    assert (taken.decision, taken.epoch) == (SIGN, late.epoch + 1)
    assert not store.finish_sign_in("n1", SignInResult(ORG, OPTER, late.epoch, "1", DAY_S))
    assert not store.finish_sign_in("n1", SignInResult(ORG, OPTER, taken.epoch, "1", DAY_S))
    assert other.finish_sign_in("n2", SignInResult(ORG, OPTER, taken.epoch, "2", DAY_S))


def test_a_dead_nodes_lease_passes_on_at_once(hospital: Any, store: SignInStore, other: SignInStore) -> None:
    assert store.take_sign_in("n1", wish(lease_seconds=600)).decision is SIGN
    assert other.take_sign_in("n2", wish()).decision is WAIT
    hospital.lose_connections("n1")
    assert other.take_sign_in("n2", wish()).decision is SIGN


def test_a_number_ends_with_its_day(hospital: Any, store: SignInStore) -> None:
    signed(store)
    hospital.pass_time(DAY_S - 1)
    assert store.take_sign_in("n1", wish()).decision is TAKE
    hospital.pass_time(2)
    assert store.sign_ins()[0].state == "EXPIRED"
    assert store.take_sign_in("n1", wish(may_sign=False)).decision is NONE
    assert store.take_sign_in("n1", wish()).decision is SIGN


def test_a_refused_number_is_replaced_once_however_many_saw_it(
    store: SignInStore, other: SignInStore
) -> None:
    signed(store)
    assert store.prove_sign_in(ORG, OPTER, 1)
    assert other.take_sign_in("n2", wish(1)).decision is SIGN
    assert store.take_sign_in("n1", wish(1)).decision is WAIT
    assert other.finish_sign_in("n2", SignInResult(ORG, OPTER, 2, "two", DAY_S))
    late = store.take_sign_in("n1", wish(1))
    assert (late.decision, late.epoch, late.sign_no, late.proved) == (TAKE, 2, "two", False)


def test_a_number_that_never_worked_is_not_replaced_within_the_pause(
    hospital: Any, store: SignInStore
) -> None:
    signed(store)
    assert store.take_sign_in("n1", wish(1, pause_ms=10_000)).decision is KEEP
    assert store.take_sign_in("n1", wish(1, pause_ms=10_000, may_sign=False)).decision is NONE
    hospital.pass_time(11)
    assert store.take_sign_in("n1", wish(1, pause_ms=10_000)).decision is SIGN


@pytest.mark.parametrize("how", ["proved", "worked"])
def test_a_number_that_worked_is_replaced_at_once(store: SignInStore, how: str) -> None:
    signed(store)
    if how == "proved":
        assert store.prove_sign_in(ORG, OPTER, 1)
        assert store.take_sign_in("n1", wish()).proved
    assert store.take_sign_in("n1", wish(1, worked=how == "worked")).decision is SIGN


def test_a_failure_waits_before_the_next_try(hospital: Any, store: SignInStore, other: SignInStore) -> None:
    given = store.take_sign_in("n1", wish())
    failed = SignInResult(ORG, OPTER, given.epoch, message="操作员不存在", retry_ms=5000)
    assert store.finish_sign_in("n1", failed)
    told = other.take_sign_in("n2", wish())
    assert (told.decision, told.message) == (FAILED, "操作员不存在")
    assert 4000 < told.remaining_ms <= 5000
    assert other.take_sign_in("n2", wish(may_sign=False)).decision is NONE
    assert [(row.state, row.message, row.node_id) for row in store.sign_ins()] == [
        ("FAILED", "操作员不存在", "n1")
    ]
    hospital.pass_time(6)
    assert other.take_sign_in("n2", wish()).decision is SIGN


def test_a_person_waits_for_no_failure(store: SignInStore) -> None:
    given = store.take_sign_in("n1", wish())
    store.finish_sign_in("n1", SignInResult(ORG, OPTER, given.epoch, message="x", retry_ms=60_000))
    assert store.take_sign_in("n1", wish(worked=True)).decision is FAILED
    assert store.take_sign_in("n1", wish(ordered=True)).decision is SIGN


def test_a_person_orders_a_new_number_beside_one_that_never_worked(store: SignInStore) -> None:
    signed(store)
    assert store.take_sign_in("n1", wish(1, ordered=True)).decision is SIGN


def test_a_proof_ends_the_alert_and_one_of_the_past_does_not(hospital: Any, store: SignInStore) -> None:
    store.condition("SIGN_IN_FAILED", f"{ORG} {OPTER}", "签到失败")
    signed(store)
    assert not store.prove_sign_in(ORG, OPTER, 7)
    assert not store.prove_sign_in(ORG, "0002", 1)
    assert hospital.alerts() == ["SIGN_IN_FAILED"]
    assert store.prove_sign_in(ORG, OPTER, 1)
    assert hospital.alerts() == []


def test_a_sign_in_that_his_made_is_taken_over_as_the_newest(store: SignInStore) -> None:
    assert store.adopt_sign_in("n1", ORG, OPTER, "his-1", DAY_S)
    taken = store.take_sign_in("n1", wish())
    assert (taken.decision, taken.epoch, taken.sign_no) == (TAKE, 1, "his-1")
    assert not store.adopt_sign_in("n1", ORG, OPTER, "his-1", DAY_S)
    assert store.adopt_sign_in("n2", ORG, OPTER, "his-2", DAY_S)
    assert store.take_sign_in("n1", wish(1)).sign_no == "his-2"


def test_a_sign_in_that_his_made_fences_ours_on_its_way(store: SignInStore) -> None:
    given = store.take_sign_in("n1", wish())
    assert store.adopt_sign_in("n1", ORG, OPTER, "his", DAY_S)
    assert not store.finish_sign_in("n1", SignInResult(ORG, OPTER, given.epoch, "ours", DAY_S))
    assert store.take_sign_in("n1", wish()).sign_no == "his"


def test_a_number_that_was_signed_out_is_taken_no_more(store: SignInStore) -> None:
    signed(store, "680003")
    assert not store.end_sign_in(ORG, OPTER, "other")
    assert store.end_sign_in(ORG, OPTER, "680003")
    assert not store.end_sign_in(ORG, OPTER, "680003")
    assert store.take_sign_in("n1", wish(may_sign=False)).decision is NONE
    assert store.sign_ins()[0].state == "SIGNED_OUT"
    assert not store.finish_sign_in("n1", SignInResult(ORG, OPTER, 1, "late", DAY_S))
    assert store.take_sign_in("n1", wish()).decision is SIGN


def test_the_list_shows_who_and_how_long_but_no_number(store: SignInStore) -> None:
    signed(store, "680003")
    (row,) = store.sign_ins()
    assert (row.org_code, row.opter, row.state, row.proved, row.node_id) == (
        ORG,
        OPTER,
        "SIGNED_IN",
        False,
        "n1",
    )
    assert row.sign_time is not None
    assert row.valid_until is not None
    assert (row.valid_until - row.sign_time).total_seconds() == pytest.approx(DAY_S, abs=1)
    assert "680003" not in repr(row)


def test_eight_nodes_at_once_make_one_sign_in(installed: str) -> None:
    hospital = OdbcHospital(installed)
    stores = [(f"n{place}", hospital.sign_in_store(f"n{place}")) for place in range(8)]
    together = threading.Barrier(len(stores))
    decisions: list[SignInDecision] = []
    numbers: list[str] = []

    def race(node: str, store: SignInStore) -> None:
        together.wait()
        while (reply := store.take_sign_in(node, wish(lease_seconds=60))).decision is not TAKE:
            decisions.append(reply.decision)
            if reply.decision is SIGN:
                store.finish_sign_in(node, SignInResult(ORG, OPTER, reply.epoch, f"{reply.epoch}", DAY_S))
        numbers.append(reply.sign_no)

    threads = [threading.Thread(target=race, args=pair) for pair in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    hospital.close()
    assert decisions.count(SIGN) == 1
    assert numbers == ["1"] * len(threads)


def test_housekeeping_forgets_old_sign_ins_and_alerts_nobody_renews(installed: str) -> None:
    hospital = OdbcHospital(installed)
    store = hospital.sign_in_store("n1")
    signed(store)
    store.condition("SIGN_IN_FAILED", f"{ORG} 0002", "签到失败")
    keeper = hospital.connect()
    assert keeper.housekeep() == 0
    hospital.administer("UPDATE medical_insurance_sign_ins SET update_time = now() - interval '31 days'")
    hospital.administer("UPDATE medical_insurance_conditions SET update_time = now() - interval '2 days'")
    assert keeper.housekeep() == 2
    assert (store.sign_ins(), hospital.alerts()) == ([], [])
    hospital.close()
