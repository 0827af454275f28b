"""How a saga goes on, decision by decision."""

from __future__ import annotations

from typing import Any

import pytest

from mi_bridge.domain.exact_json import read
from mi_bridge.domain.saga import ClaimedSaga, Compensation, Step, StepRecord
from mi_bridge.domain.saga_course import Course
from mi_bridge.domain.saga_definition import define
from mi_bridge.domain.saga_status import Decision, Direction, SagaStatus
from mi_bridge.domain.status import Status

DEFINITION = define(
    "visit",
    "门诊",
    (
        Step("reg", "2201", {"psn_no": "${input.psn_no}"}, Compensation("2202", {"id": "${steps.reg.output.id}"})),
        Step("note", "2203", {"id": "${steps.reg.output.id}"}, reason="覆盖"),
        Step("fees", "2204", {"id": "${steps.reg.output.id}", "sum": "${input.sum}"}, Compensation("2205", {"no": "${saga.id}"})),
        Step("pay", "2207", {"id": "${steps.reg.output.id}"}, Compensation("2208", {"setl": "${steps.pay.output.setl}"})),
    ),
)  # fmt: skip
FORWARD, BACK = Direction.FORWARD, Direction.BACK


def done(
    order: int, direction: Direction = FORWARD, answer: str = '{"output":{"id":"V1"}}', attempt: int = 1
) -> StepRecord:
    return record(order, direction, Status.COMPLETED, attempt=attempt, succeeded=True, answer=answer)


def record(
    order: int, direction: Direction, status: Status | None, *, attempt: int = 1, **fields: Any
) -> StepRecord:
    step = DEFINITION.steps[order - 1]
    undoing = step.compensation
    infno = undoing.infno if direction is BACK and undoing else step.infno
    return StepRecord(
        order, step.code, direction, attempt, infno, 100 + order, status, **{"message": "不行", **fields}
    )


def course(
    *records: StepRecord,
    status: SagaStatus = SagaStatus.RUNNING,
    source: str = '{"psn_no":"P1","sum":2.00}',
    error: str = "",
) -> Course:
    saga = ClaimedSaga(
        7, 1, "visit", DEFINITION.digest, DEFINITION.text, status, FORWARD, source, error, records
    )
    return Course(DEFINITION, saga, lambda text: read(text) if text else {})


def next_of(*records: StepRecord, **fields: Any) -> tuple[str, str, str, int, str | None]:
    advance = course(*records, **fields).next()
    assert advance is not None
    step = advance.step
    if step is None:
        return advance.status.value, "", "", 0, None
    return advance.status.value, step.code, step.direction.value, step.attempt, step.input_data


def test_it_begins_with_the_first_step() -> None:
    assert next_of() == ("RUNNING", "reg", "FORWARD", 1, '{"psn_no":"P1"}')


def test_it_goes_on_past_a_success_with_numbers_as_written() -> None:
    assert next_of(done(1), done(2)) == ("RUNNING", "fees", "FORWARD", 1, '{"id":"V1","sum":2.00}')
    assert next_of(done(1), done(2), done(3), done(4)) == ("COMPLETED", "", "", 0, None)
    assert next_of(done(1), status=SagaStatus.WAITING)[1] == "note"


@pytest.mark.parametrize(
    "status", [Status.COMPLETED, Status.ERROR, Status.TIMEOUT, Status.CANCELLED, Status.REVERSED]
)
def test_a_refused_step_turns_it_back_past_what_needs_no_undoing(status: Status) -> None:
    advance = course(done(1), done(2), record(3, FORWARD, status)).next()
    assert advance is not None
    assert (advance.status, advance.error_code) == (SagaStatus.COMPENSATING, -1004)
    assert advance.step is not None
    assert (advance.step.code, advance.step.infno, advance.step.input_data) == ("reg", "2202", '{"id":"V1"}')
    assert advance.error_message == "步骤 fees（2204）未成功：不行"


def test_a_refused_first_step_leaves_nothing_to_undo() -> None:
    assert next_of(record(1, FORWARD, Status.ERROR)) == ("COMPENSATED", "", "", 0, None)


def test_the_latest_is_undone_first() -> None:
    refused = (done(1), done(2), done(3), record(4, FORWARD, Status.REVERSED))
    assert next_of(*refused)[:4] == ("COMPENSATING", "fees", "BACK", 1)
    going = (*refused, done(3, BACK))
    assert next_of(*going, status=SagaStatus.COMPENSATING)[:4] == ("COMPENSATING", "reg", "BACK", 1)
    assert next_of(*going, done(1, BACK), status=SagaStatus.COMPENSATING)[0] == "COMPENSATED"


@pytest.mark.parametrize("status", [Status.UNCERTAIN, Status.REVERSING, Status.MANUAL])
def test_a_step_in_doubt_is_waited_for(status: Status) -> None:
    assert next_of(record(1, FORWARD, status)) == ("WAITING", "", "", 0, None)
    assert course(record(1, FORWARD, status), status=SagaStatus.WAITING).next() is None


@pytest.mark.parametrize("status", [Status.PENDING, Status.CLAIMED, Status.SENDING])
@pytest.mark.parametrize("direction", [FORWARD, BACK])
def test_a_step_under_way_moves_nothing(status: Status, direction: Direction) -> None:
    assert course(record(1, direction, status)).next() is None


def test_a_compensation_in_doubt_waits_then_asks_a_person() -> None:
    back = (done(1), record(2, FORWARD, Status.ERROR))
    doubt = course(*back, record(1, BACK, Status.UNCERTAIN), status=SagaStatus.COMPENSATING).next()
    assert doubt is not None
    assert (doubt.status, doubt.keep) == (SagaStatus.WAITING, True)
    stays = course(*back, record(1, BACK, Status.MANUAL), status=SagaStatus.WAITING, error="起因").next()
    assert stays is not None
    assert (stays.status, stays.keep, stays.error_code) == (SagaStatus.MANUAL, True, -1009)
    assert stays.error_message == "起因；步骤 reg（2202）撤销结果不确定"
    assert course(*back, record(1, BACK, Status.MANUAL), status=SagaStatus.MANUAL).next() is None
    assert next_of(*back, done(1, BACK), status=SagaStatus.MANUAL)[0] == "COMPENSATED"


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.CANCELLED])
def test_a_refused_compensation_asks_a_person(status: Status) -> None:
    advance = course(done(1), record(2, FORWARD, Status.ERROR), record(1, BACK, status)).next()
    assert advance is not None
    assert (advance.status, advance.step, advance.keep) == (SagaStatus.MANUAL, None, False)
    assert advance.error_message == "步骤 reg（2202）撤销未成功：不行"


@pytest.mark.parametrize("status", [Status.ERROR, Status.TIMEOUT, Status.REVERSED])
def test_a_compensation_without_effect_is_tried_again_three_times_at_most(status: Status) -> None:
    back = (done(1), record(2, FORWARD, Status.ERROR))
    assert next_of(*back, record(1, BACK, status))[:4] == ("COMPENSATING", "reg", "BACK", 2)
    assert next_of(*back, record(1, BACK, status, attempt=2))[:4] == ("COMPENSATING", "reg", "BACK", 3)
    assert next_of(*back, record(1, BACK, status, attempt=3))[0] == "MANUAL"


def test_a_person_decides() -> None:
    back = (done(1), done(2), done(3), record(4, FORWARD, Status.ERROR))
    again = record(3, BACK, Status.COMPLETED, decision=Decision.RETRY)
    assert next_of(*back, again, status=SagaStatus.MANUAL)[:4] == ("COMPENSATING", "fees", "BACK", 2)
    by_hand = record(3, BACK, None, decision=Decision.DONE)
    assert next_of(*back, by_hand, status=SagaStatus.MANUAL)[:4] == ("COMPENSATING", "reg", "BACK", 1)


def test_a_missing_field_turns_it_back_and_says_which() -> None:
    advance = course(done(1), done(2), source='{"psn_no":"P1"}').next()
    assert advance is not None
    assert (advance.status, advance.error_code) == (SagaStatus.COMPENSATING, -1001)
    assert advance.step is not None
    assert advance.step.code == "reg"
    assert advance.error_message == "步骤 fees（2204）的输入无法组成：sum：${input.sum} 没有值"


def test_a_compensation_that_cannot_be_made_asks_a_person_and_is_recorded() -> None:
    advance = course(done(1, answer=""), record(2, FORWARD, Status.ERROR)).next()
    assert advance is not None
    assert advance.status is SagaStatus.MANUAL
    assert advance.step is not None
    assert (advance.step.code, advance.step.input_data) == ("reg", None)
    assert "撤销的输入无法组成：id：${steps.reg.output.id} 没有值" in (advance.error_message or "")
    assert "步骤 note（2203）未成功：不行" in (advance.error_message or "")


def test_an_input_must_be_an_object() -> None:
    definition = define("x", "x", (Step("a", "1101", "${input.psn_no}"),))
    made = Course(definition, course().saga, read).next()
    assert made is not None
    assert made.status is SagaStatus.COMPENSATED
    assert made.error_message == "步骤 a（1101）的输入无法组成：输入应为一个对象"


def test_a_request_the_database_does_not_take_counts_as_refused() -> None:
    planned = course(done(1), done(2)).next()
    assert planned is not None
    assert planned.step is not None
    turned = course(done(1), done(2)).refused(planned.step, -1006, "接口 2204 已停用")
    assert (turned.status, turned.error_code) == (SagaStatus.COMPENSATING, -1006)
    assert turned.error_message == "步骤 fees（2204）未能提交：接口 2204 已停用"
    assert turned.step is not None
    stuck = course(done(1)).refused(turned.step, -1006, "接口 2202 已停用")
    assert (stuck.status, stuck.step and stuck.step.input_data) == (SagaStatus.MANUAL, None)
