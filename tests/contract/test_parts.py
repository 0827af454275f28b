"""The store's contract: requests in parts keep their place, and end as their parts did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from mi_bridge.domain.outcome import Outcome
from mi_bridge.domain.part import PARTIAL, JoinedAnswer, Part
from mi_bridge.domain.request import ClaimedRequest, Lease
from mi_bridge.domain.status import Status
from mi_bridge.store.port import Claim, RescuePatience

MONEY, UPLOAD, QUERY = "2207", "3501", "1101"
PATIENT, OTHER = '{"data": {"psn_no": "1"}}', '{"data": {"psn_no": "2"}}'
OK = '{"infcode":0,"output":{}}'
Make = Callable[..., Any]


def parts(count: int, *, stop: bool = False) -> list[Part]:
    return [Part(n, n * 10 - 9, 10, f'{{"part": {n}}}', stop) for n in range(1, count + 1)]


def claim(store: Any, capacity: int = 100) -> list[ClaimedRequest]:
    claimed: list[ClaimedRequest] = store.claim(Claim("n1", capacity))
    return claimed


def divided(hospital: Any, store: Any, count: int = 3, *, code: str = MONEY, **fields: Any) -> int:
    number = int(hospital.submit(code, **({"input_data": PATIENT} | fields)))
    (request,) = claim(store)
    assert store.divide("n1", request.lease, parts(count)) == count
    return number


def play(
    hospital: Any, store: Any, intend: Make, complete: Make, outcomes: Sequence[Outcome | None]
) -> list[set[int]]:
    """Send one part after the other; None leaves a part to time out, UNKNOWN to a person who says no."""
    told = []
    for outcome in outcomes:
        (part,) = claim(store)
        store.begin_send("n1", 30, [intend(part.lease)])
        status = Status.COMPLETED if outcome and outcome.definitive else Status.UNCERTAIN
        answer = {"response_data": OK, "infcode": "0" if outcome is Outcome.OK else "-1"}
        done = complete(part.lease, status, outcome, answer=answer)
        told.append(store.finish("n1", [done]))
    return told


def whole(**fields: Any) -> JoinedAnswer:
    return JoinedAnswer(**({"status": Status.COMPLETED, "outcome": "OK", "infcode": "0"} | fields))


def test_parts_are_sent_one_at_a_time_in_their_order(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    number = divided(hospital, store)
    assert hospital.see(number).status is Status.DIVIDED
    assert hospital.result(number)[:2] == ("PROCESSING", "PROCESSING")
    first = claim(store)
    assert [request.input_data for request in first] == ['{"part": 1}']
    assert claim(store) == []
    store.begin_send("n1", 30, [intend(first[0].lease)])
    assert store.finish("n1", [complete(first[0].lease, Status.COMPLETED, Outcome.OK)]) == {
        first[0].request_id
    }
    assert [request.input_data for request in claim(store)] == ['{"part": 2}']
    assert store.divided(number) is None


def test_the_last_part_tells_of_the_whole(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    number = divided(hospital, store)
    told = play(hospital, store, intend, complete, [Outcome.OK] * 3)
    assert [number in changed for changed in told] == [False, False, True]
    ended = store.divided(number)
    assert ended is not None
    assert [(part.number, part.first_row, part.last_row) for part in ended.parts] == [
        (1, 1, 10),
        (2, 11, 20),
        (3, 21, 30),
    ]
    assert all(part.succeeded and part.answer == OK and part.msgid for part in ended.parts)
    assert store.join(ended.lease, whole(response_data='{"all": 2.00}'))
    assert hospital.see(number).status is Status.COMPLETED
    assert hospital.result(number) == ("COMPLETED", "SUCCESS", "0", '{"all": 2.00}')
    assert not store.join(ended.lease, whole(response_data="{}"))
    assert store.divided(number) is None


@pytest.mark.parametrize("code", [MONEY, UPLOAD])
def test_nothing_of_the_patient_comes_between(hospital: Any, intend: Make, complete: Make, code: str) -> None:
    store = hospital.connect()
    number = hospital.submit(code, input_data=PATIENT)
    later = hospital.submit(MONEY, input_data=PATIENT, priority=0)
    another = hospital.submit(MONEY, input_data=OTHER)
    claimed = {request.request_id: request for request in claim(store)}
    assert later not in claimed
    assert store.divide("n1", claimed[number].lease, parts(2)) == 2
    store.release("n1", [claimed[another].lease])
    seen = [{request.request_id for request in claim(store)} for _ in range(2)]
    assert later not in seen[0] | seen[1]
    assert another in seen[0]
    (part,) = seen[0] - {another}
    lease = Lease(part, 1)
    store.begin_send("n1", 30, [intend(lease)])
    store.finish("n1", [complete(lease, Status.COMPLETED, Outcome.OK, answer={"response_data": OK})])
    (last,) = claim(store)
    store.begin_send("n1", 30, [intend(last.lease)])
    store.finish("n1", [complete(last.lease, Status.COMPLETED, Outcome.OK, answer={"response_data": OK})])
    assert claim(store) == []  # every part has ended, and still the patient waits for the whole
    assert store.join(Lease(number, 1), whole(response_data=OK))
    assert [request.request_id for request in claim(store)] == [later]


def test_a_stale_epoch_divides_nothing(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY, input_data=PATIENT)
    (old,) = claim(store)
    store.release("n1", [old.lease])
    (new,) = store.claim(Claim("n2", 1))
    assert store.divide("n1", old.lease, parts(2)) == 0
    assert store.divide("n1", new.lease, parts(2)) == 0  # another node's
    assert store.divide("n2", new.lease, parts(3)) == 3
    assert store.divide("n2", new.lease, parts(3)) == 3  # its answer was lost: nothing is made again
    assert store.divide("n1", old.lease, parts(2)) == 0
    assert len(hospital.everything()) == 4
    assert not store.join(old.lease, whole(response_data=OK))
    assert hospital.see(number).sends == 0


def test_what_was_sent_whole_and_what_is_a_part_go_as_they_are(
    hospital: Any, intend: Make, complete: Make
) -> None:
    store = hospital.connect()
    hospital.submit(UPLOAD, input_data=PATIENT)
    (request,) = claim(store)
    store.finish("n1", [complete(request.lease, Status.PENDING, Outcome.UNKNOWN)])
    (again,) = claim(store)
    assert again.sends == 1
    assert store.divide("n1", again.lease, parts(2)) == -1
    store.finish("n1", [complete(again.lease, Status.COMPLETED, Outcome.OK)])
    divided(hospital, store)
    (part,) = claim(store)
    assert store.divide("n1", part.lease, parts(2)) == -1


def test_a_part_in_doubt_holds_up_the_others_and_says_so(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    number = divided(hospital, store)
    play(hospital, store, intend, complete, [Outcome.OK, Outcome.UNKNOWN])
    assert claim(store) == []
    assert hospital.result(number)[:2] == ("PROCESSING", "UNCERTAIN")
    assert hospital.see(number).status is Status.DIVIDED


@pytest.mark.parametrize(
    ("outcomes", "untrue"),
    [
        ([Outcome.OK, Outcome.REFUSED], [whole(), whole(outcome="REFUSED"), whole(status=Status.ERROR)]),
        ([Outcome.REFUSED, Outcome.REFUSED], [whole(), whole(outcome=PARTIAL), whole(status=Status.ERROR)]),
        ([Outcome.OK, Outcome.OK], [whole(outcome="REFUSED"), whole(status=Status.CANCELLED)]),
        ([Outcome.OK], [whole(), whole(outcome=PARTIAL)]),
    ],
)
def test_an_answer_that_is_not_true_is_not_taken(
    hospital: Any, intend: Make, complete: Make, outcomes: list[Outcome], untrue: list[JoinedAnswer]
) -> None:
    store = hospital.connect()
    number = divided(hospital, store, 2)
    play(hospital, store, intend, complete, outcomes)
    for answer in untrue:
        assert not store.join(Lease(number, 1), answer)
    assert hospital.see(number).status is Status.DIVIDED


def test_some_rows_took_effect(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    number = divided(hospital, store, 2)
    play(hospital, store, intend, complete, [Outcome.OK, Outcome.REFUSED])
    answer = whole(outcome=PARTIAL, infcode="-1", err_msg="第 11 至 20 行被拒绝", response_data="{}")
    assert store.join(Lease(number, 1), answer)
    assert hospital.result(number)[:3] == ("COMPLETED", "BUSINESS_ERROR", "-1")


def test_cancelling_takes_back_the_parts_not_begun(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    number = divided(hospital, store)
    (part,) = claim(store)
    store.begin_send("n1", 30, [intend(part.lease)])
    assert not hospital.cancel(number)
    store.finish("n1", [complete(part.lease, Status.COMPLETED, Outcome.OK)])
    assert claim(store) == []
    ended = store.divided(number)
    assert [one.status for one in ended.parts] == [Status.COMPLETED, Status.CANCELLED, Status.CANCELLED]
    assert hospital.see(number).status is Status.DIVIDED


def test_cancelling_before_the_first_part_takes_back_everything(hospital: Any) -> None:
    store = hospital.connect()
    number = divided(hospital, store)
    assert hospital.cancel(number)
    rescued = store.rescue("n1", RescuePatience())
    assert (number, Status.DIVIDED) in rescued
    cancelled = JoinedAnswer(Status.CANCELLED, error_code=-1004, error_message="未发送")
    assert store.join(Lease(number, 1), cancelled)
    assert hospital.result(number) == ("CANCELLED", "CANCELLED", None, None)


def test_parts_not_begun_in_time_are_never_sent(hospital: Any, intend: Make, complete: Make) -> None:
    store = hospital.connect()
    number = divided(hospital, store, 3, timeout=60)
    play(hospital, store, intend, complete, [Outcome.OK])
    hospital.pass_time(61)
    assert claim(store) == []
    rescued = store.rescue("n1", RescuePatience())
    assert rescued[-1] == (number, Status.DIVIDED)
    ended = store.divided(number)
    assert [one.status for one in ended.parts] == [Status.COMPLETED, Status.TIMEOUT, Status.TIMEOUT]


def test_a_refusal_stops_the_others_where_the_site_wants_it(
    hospital: Any, intend: Make, complete: Make
) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY, input_data=PATIENT)
    (request,) = claim(store)
    store.divide("n1", request.lease, parts(4, stop=True))
    play(hospital, store, intend, complete, [Outcome.OK, Outcome.REFUSED])
    assert [claim(store), claim(store)] == [[], []]
    ended = store.divided(number)
    assert [one.status.value for one in ended.parts] == ["COMPLETED", "COMPLETED", "CANCELLED", "CANCELLED"]
    assert "前面有一批未成功" in ended.parts[3].error_message


def test_the_parts_of_a_dead_node_are_rescued_like_any_other(
    hospital: Any, intend: Make, complete: Make
) -> None:
    store = hospital.connect()
    number = divided(hospital, store, 2)
    (part,) = claim(store)
    store.begin_send("n1", 30, [intend(part.lease)])
    hospital.pass_time(31)
    assert (part.request_id, Status.UNCERTAIN) in store.rescue("n2", RescuePatience())
    assert hospital.see(number).status is Status.DIVIDED
    assert claim(store) == []


def test_a_rescue_in_the_middle_of_dividing_gives_the_request_back(hospital: Any) -> None:
    store = hospital.connect()
    number = hospital.submit(MONEY, input_data=PATIENT)
    (request,) = claim(store)
    hospital.pass_time(31)
    assert store.rescue("n2", RescuePatience()) == [(number, Status.PENDING)]
    assert store.divide("n1", request.lease, parts(2)) == 0
    assert len(hospital.everything()) == 1
