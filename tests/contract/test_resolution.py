"""The resolver's verbs: the same on every database and in memory."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from hospitals import MONEY, NEVER, REGISTRATION
from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.request import Completion, Intent
from mi_bridge.domain.status import TRANSITIONS, Status
from mi_bridge.domain.uncertain import StepIntent, StepKind, StepResult
from mi_bridge.errors import StoreRejected
from mi_bridge.store.port import Claim, RescuePatience
from unresolved import LEASE_S, QUIET_S, RESOLVER, WORKER, Case, attempt, bring, sending, uncertain

STAYING = (Status.UNCERTAIN, Status.REVERSING)
NOT_ARRIVED = (Outcome.NOT_SENT, Outcome.GATEWAY_REFUSED, Outcome.BUSY, Outcome.NOT_SIGNED_IN)


def test_a_claim_tells_all_a_resolution_needs(hospital: Any) -> None:
    text = '{"data": {"psn_no": "P1", "note": "𠮷😀"}}'
    case = uncertain(
        hospital,
        input_data=text,
        org_code="H99010100001",
        insuplc_admdvs="990101",
        opter="007",
        opter_name="张三",
        opter_type="2",
    )
    held = case.lease_step()
    assert (held.request_id, held.resolve_epoch, held.interface_code) == (case.number, 1, MONEY)
    assert (held.money_class, held.status, held.reversed_by) == ("M", Status.UNCERTAIN, "2601")
    assert (held.input_data, held.org_code, held.insuplc_admdvs) == (text, "H99010100001", "990101")
    assert (held.opter, held.opter_name, held.opter_type) == ("007", "张三", "2")
    assert held.original_msgid == case.original()
    assert held.original_time.tzinfo is not None
    assert held.resolve_tries == 0
    assert 0 < held.quiet_ms <= QUIET_S * 1000
    assert held.msgid_number > 10**13


def test_what_cannot_be_reversed_is_told_so(hospital: Any) -> None:
    assert uncertain(hospital, REGISTRATION).lease_step().reversed_by == ""
    assert uncertain(hospital, NEVER).lease_step().money_class == "N"


def test_two_message_numbers_for_each(hospital: Any) -> None:
    store = hospital.connect()
    for patient in range(3):
        uncertain(hospital, input_data=f'{{"psn_no": "{patient}"}}')
    numbers = sorted(one.msgid_number for one in store.claim_uncertain(RESOLVER, 20, LEASE_S))
    assert [number - numbers[0] for number in numbers] == [0, 2, 4]
    assert hospital.take_msgids(1) >= numbers[-1] + 2


def test_both_numbers_of_a_step_fit_the_sites_layout(hospital: Any) -> None:
    for patient in range(3):
        uncertain(hospital, input_data=f'{{"psn_no": "{patient}"}}')
    hospital.sync_msgid_step(10_000)
    numbers = sorted(one.msgid_number for one in hospital.connect().claim_uncertain(RESOLVER, 20, LEASE_S))
    hospital.sync_msgid_step(1)

    assert [number - numbers[0] for number in numbers] == [0, 20_000, 40_000]
    assert numbers[0] % 10_000 == 0
    assert hospital.take_msgids(1) >= numbers[-1] + 20_000


def test_a_claim_is_bounded_and_takes_the_longest_due(hospital: Any) -> None:
    first = uncertain(hospital, input_data='{"psn_no": "1"}')
    hospital.pass_time(1)
    second = uncertain(hospital, input_data='{"psn_no": "2"}')
    store = hospital.connect()
    assert [one.request_id for one in store.claim_uncertain(RESOLVER, 1, LEASE_S)] == [first.number]
    assert [one.request_id for one in store.claim_uncertain(RESOLVER, 1, LEASE_S)] == [second.number]
    assert store.claim_uncertain(RESOLVER, 1, LEASE_S) == []


def test_nothing_is_due_before_its_time(hospital: Any) -> None:
    case = sending(hospital)
    lost = attempt(case.original(), Outcome.UNKNOWN)
    done = Completion(case.lease, Status.UNCERTAIN, lost, delay_ms=5_000, quiet_ms=QUIET_S * 1000)
    assert case.store.finish(WORKER, [done]) == {case.number}
    assert case.store.claim_uncertain(RESOLVER, 5, LEASE_S) == []
    hospital.pass_time(6)
    assert case.lease_step().resolve_epoch == 1


@pytest.mark.parametrize("status", sorted(set(Status) - set(STAYING)))
def test_only_what_is_unresolved_is_leased_and_stepped(hospital: Any, status: Status) -> None:
    case = bring(hospital, status)
    before = hospital.see(case.number)
    assert case.store.claim_uncertain(RESOLVER, 5, LEASE_S) == []
    for kind in (StepKind.INQUIRY, StepKind.REVERSAL):
        intent = StepIntent(case.number, before.resolve_epoch, kind, f"x-{kind}", "b" * 64)
        assert case.store.begin_step(RESOLVER, [intent]) == set()
    assert hospital.see(case.number) == before


@pytest.mark.parametrize("source", sorted(Status))
def test_a_step_changes_nothing_but_along_the_legal_ways(hospital: Any, source: Status) -> None:
    case = bring(hospital, source)
    before = hospital.see(case.number)
    legal = (TRANSITIONS[source] | {source}) if source in STAYING else frozenset()
    for target in sorted(set(Status) - legal):
        assert not case.finish(target, epoch=before.resolve_epoch), target
        assert hospital.see(case.number) == before


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Status.UNCERTAIN, Status.UNCERTAIN),
        (Status.UNCERTAIN, Status.COMPLETED),
        (Status.UNCERTAIN, Status.MANUAL),
        (Status.REVERSING, Status.REVERSING),
        (Status.REVERSING, Status.REVERSED),
        (Status.REVERSING, Status.MANUAL),
    ],
)
def test_every_legal_way_of_a_step(hospital: Any, source: Status, target: Status) -> None:
    case = bring(hospital, source)
    msgid = case.begin(StepKind.INQUIRY if source is Status.UNCERTAIN else StepKind.REVERSAL)
    assert msgid
    assert case.finish(target, msgid, Outcome.OK, error_code=-1009 if target is Status.MANUAL else None)
    assert case.status is target
    assert [entry.outcome for entry in hospital.attempts(case.number)][-1] == "OK"


@pytest.mark.parametrize("source", sorted(Status))
def test_a_worker_changes_nothing_of_what_is_being_resolved_but_by_a_late_yes_or_no(
    hospital: Any, source: Status
) -> None:
    case = bring(hospital, source)
    if source in (Status.CLAIMED, Status.SENDING):
        pytest.skip("the worker's own states; see test_store")
    before = hospital.see(case.number)
    for target in sorted(set(Status) - {Status.COMPLETED}):
        assert not case.late(Outcome.UNKNOWN, target)
        assert not case.late(Outcome.NOT_SENT, target)
    assert not case.late(Outcome.SUSPICIOUS)
    assert hospital.see(case.number) == before
    assert case.late(Outcome.OK) is (source is Status.UNCERTAIN)
    assert case.status is (Status.COMPLETED if source is Status.UNCERTAIN else source)


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.REFUSED])
@pytest.mark.parametrize("source", [Status.REVERSING, Status.MANUAL, Status.REVERSED])
def test_after_a_reversals_intent_a_late_answer_is_evidence_only(
    hospital: Any, outcome: Outcome, source: Status
) -> None:
    case = bring(hospital, source)
    assert not case.late(outcome)
    assert case.status is source
    assert hospital.attempts(case.number)[0].outcome == outcome
    assert hospital.result(case.number)[1] == ("REVERSED" if source is Status.REVERSED else "UNCERTAIN")


def test_a_late_answer_before_the_first_step_takes_the_step_away(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    assert case.late(Outcome.OK)
    assert case.begin() == ""
    assert not case.finish(Status.MANUAL)
    assert case.status is Status.COMPLETED


def test_an_inquirys_answer_is_the_requests_answer(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    msgid = case.begin(StepKind.INQUIRY)
    answer = {"infcode": "0", "response_data": '{"infcode":0,"output":{"n":"𠮷"}}', "http_status": 200}
    assert case.finish(Status.COMPLETED, msgid, Outcome.OK, answer=answer)
    assert hospital.result(case.number) == ("COMPLETED", "SUCCESS", "0", answer["response_data"])
    seen = hospital.see(case.number)
    assert (seen.error_code, seen.resolve_tries) == (None, 0)
    assert [(entry.kind, entry.outcome) for entry in hospital.attempts(case.number)] == [
        ("original", "UNKNOWN"),
        ("inquiry", "OK"),
    ]


def test_an_inquiry_needs_no_permission_of_the_class_and_a_reversal_does(hospital: Any) -> None:
    case = uncertain(hospital, NEVER)
    case.lease_step()
    assert case.begin(StepKind.INQUIRY)
    assert case.begin(StepKind.REVERSAL) == ""
    assert case.status is Status.UNCERTAIN


def test_no_inquiry_once_a_reversal_has_begun(hospital: Any) -> None:
    case = bring(hospital, Status.REVERSING)
    assert case.begin(StepKind.INQUIRY) == ""


def test_no_such_original_is_believed_only_after_the_quiet_period(hospital: Any) -> None:
    case = bring(hospital, Status.REVERSING)
    msgid = case.begin()
    early: dict[str, Any] = {"needs_quiet": True, "error_code": -1004}
    assert not case.finish(Status.REVERSED, msgid, Outcome.REFUSED, **early)
    assert case.status is Status.REVERSING
    hospital.pass_time(QUIET_S + 1)
    held = case.lease_step()
    assert (held.quiet_ms, held.status) == (0, Status.REVERSING)
    assert case.finish(Status.REVERSED, case.begin(), Outcome.REFUSED, **early)
    assert hospital.result(case.number)[:2] == ("REVERSED", "REVERSED")


def test_an_effect_undone_is_believed_at_once(hospital: Any) -> None:
    case = bring(hospital, Status.REVERSING)
    assert case.finish(Status.REVERSED, case.begin(), Outcome.OK, error_code=-1004)
    assert hospital.see(case.number).error_code == -1004


def test_a_rescues_quiet_period_counts_from_the_rescue(hospital: Any) -> None:
    case = sending(hospital)
    hospital.pass_time(31)
    patience = RescuePatience(quiet_seconds=QUIET_S, grace_seconds=5)
    assert case.store.rescue("n9", patience) == [(case.number, Status.UNCERTAIN)]
    assert case.store.claim_uncertain(RESOLVER, 5, LEASE_S) == []
    hospital.pass_time(6)
    assert QUIET_S * 1000 - 10_000 < case.lease_step().quiet_ms <= QUIET_S * 1000 - 6_000


def test_a_begun_step_may_be_repeated_and_counts_once(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    assert case.begin(msgid="same")
    assert case.begin(msgid="same")
    seen = hospital.see(case.number)
    assert (seen.status, seen.resolve_tries) == (Status.REVERSING, 1)
    assert [entry.msgid for entry in hospital.attempts(case.number)] == [case.original(), "same"]
    assert case.begin(msgid="other")
    assert hospital.see(case.number).resolve_tries == 2


def test_a_steps_msgid_is_used_once(hospital: Any) -> None:
    first = bring(hospital, Status.REVERSING)
    used = hospital.attempts(first.number)[-1].msgid
    second = uncertain(hospital)
    second.lease_step()
    with pytest.raises(StoreRejected) as refused:
        second.begin(msgid=used)
    assert refused.value.sqlstate == "23505"
    assert second.status is Status.UNCERTAIN
    assert hospital.see(second.number).resolve_tries == 0


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_reversals_that_may_have_arrived_are_counted(hospital: Any, outcome: Outcome) -> None:
    case = uncertain(hospital)
    case.lease_step()
    msgid = case.begin()
    assert case.finish(Status.REVERSING, msgid, outcome)
    assert hospital.see(case.number).resolve_tries == (0 if outcome in NOT_ARRIVED else 1)
    assert not case.finish(Status.REVERSING, msgid, outcome), "a repeated call counts nothing twice"
    assert hospital.see(case.number).resolve_tries == (0 if outcome in NOT_ARRIVED else 1)


def test_an_inquiry_that_was_not_sent_takes_no_reversal_back(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    assert case.finish(Status.UNCERTAIN, case.begin(StepKind.INQUIRY), Outcome.NOT_SENT, delay_ms=10_000)
    assert hospital.see(case.number).resolve_tries == 0
    assert case.store.claim_uncertain(RESOLVER, 5, LEASE_S) == []
    hospital.pass_time(11)
    assert case.lease_step().resolve_epoch == 2


def test_a_reversal_of_an_older_resolver_is_fenced_off(hospital: Any) -> None:
    case = bring(hospital, Status.REVERSING)
    old = case.hold
    sent = hospital.attempts(case.number)[-1].msgid
    hospital.pass_time(LEASE_S + 1)
    new = case.lease_step("another")
    assert (new.resolve_epoch, new.resolve_tries) == (old.resolve_epoch + 1, 1)
    case.held = old
    assert case.begin() == ""
    assert not case.finish(Status.REVERSED, sent, Outcome.OK)
    assert case.status is Status.REVERSING
    assert hospital.attempts(case.number)[-1].outcome == "OK", "its answer is evidence"
    case.held = new
    assert case.finish(Status.REVERSED, case.begin(node="another"), Outcome.OK, node="another")


def test_a_step_belongs_to_the_node_that_leased_it(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    assert case.begin(node="thief") == ""
    assert not case.finish(Status.MANUAL, node="thief")
    assert case.begin()


def test_a_step_is_not_begun_after_its_lease(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step(lease_s=5)
    hospital.pass_time(6)
    assert case.begin() == ""
    assert case.status is Status.UNCERTAIN
    assert case.lease_step("another").resolve_epoch == 2


def test_a_leased_step_is_nobody_elses_until_its_lease_ends(hospital: Any) -> None:
    case = uncertain(hospital)
    case.lease_step()
    assert case.store.claim_uncertain("another", 5, LEASE_S) == []
    hospital.pass_time(LEASE_S + 1)
    assert len(case.store.claim_uncertain("another", 5, LEASE_S)) == 1


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.REVERSING, Status.MANUAL])
def test_a_key_stays_blocked_while_its_request_is_unresolved(hospital: Any, status: Status) -> None:
    case = bring(hospital, status)
    assert not case.store.claim(Claim(WORKER, 5))
    holder = '{"psn_no": "P9"}'
    case = uncertain(hospital, input_data=holder)
    waiting = hospital.submit(MONEY, input_data=holder)
    if status is Status.MANUAL:
        case.to_manual()
    else:
        case.lease_step()
        assert status is Status.UNCERTAIN or case.begin()
    assert case.store.claim(Claim(WORKER, 5)) == []
    hospital.pass_time(1)
    if status is not Status.MANUAL:
        msgid = case.begin()
        assert case.finish(Status.REVERSED, msgid, Outcome.OK)
        assert [one.request_id for one in case.store.claim(Claim(WORKER, 5))] == [waiting]


def test_a_strange_answer_to_a_step_costs_no_evidence(hospital: Any) -> None:
    case = bring(hospital, Status.REVERSING)
    msgid = case.begin()
    answer = {
        "infcode": "-" + "9" * 40,
        "fault": "f" * 100,
        "inf_refmsgid": "r" * 200,
        "serial_no": "s" * 200,
        "response_data": "{",
    }
    assert case.finish(Status.REVERSING, msgid, Outcome.UNKNOWN, answer=answer)
    assert [entry.outcome for entry in hospital.attempts(case.number)][-1] == "UNKNOWN"


def test_empty_batches_do_nothing(hospital: Any) -> None:
    store = hospital.connect()
    assert store.begin_step(RESOLVER, []) == set()
    assert store.finish_step(RESOLVER, []) == set()


def test_two_resolvers_never_hold_the_same_request(hospital: Any) -> None:
    cases = [uncertain(hospital, input_data=f'{{"psn_no": "{patient}"}}') for patient in range(30)]
    stores = [hospital.connect() for _ in range(3)]
    held: list[list[int]] = [[] for _ in stores]

    def work(place: int) -> None:
        while batch := stores[place].claim_uncertain(f"r{place}", 4, LEASE_S):
            held[place] += [one.request_id for one in batch]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for batch in held for number in batch) == [case.number for case in cases]


def test_an_intent_of_a_worker_finds_no_way_back(hospital: Any) -> None:
    case: Case = uncertain(hospital)
    case.lease_step()
    again = Intent(case.lease, "again", "a" * 64)
    assert case.store.begin_send(WORKER, 30, [again]) == set()
    assert case.store.renew(WORKER, 30, [case.lease]) == set()
    assert case.store.release(WORKER, [case.lease]) == 0
    assert not hospital.cancel(case.number)
    assert not hospital.expire(case.number)
    assert case.status is Status.UNCERTAIN


def test_an_answer_that_decides_nothing_is_kept_and_the_step_goes_on(hospital: Any) -> None:
    case = uncertain(hospital)
    held = case.lease_step()
    msgid = case.begin(StepKind.INQUIRY)
    kept = StepResult.evidence(held, attempt(msgid, Outcome.OK))
    assert case.store.finish_step(RESOLVER, [kept]) == set()
    assert [entry.outcome for entry in hospital.attempts(case.number)] == ["UNKNOWN", "OK"]
    assert case.begin()
    assert case.status is Status.REVERSING
