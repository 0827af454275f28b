"""How a saga goes on: forward past a success, back past a refusal, nowhere while a step is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mi_bridge.domain.exact_json import read, write
from mi_bridge.domain.saga import Advance, ClaimedSaga, Compensation, NextStep, SagaDefinition, StepRecord
from mi_bridge.domain.saga_expression import ABSENT, ExpressionError
from mi_bridge.domain.saga_status import Decision, Direction, SagaStatus
from mi_bridge.domain.saga_template import render
from mi_bridge.domain.status import Status

REFUSED_CODE = -1004
MALFORMED_CODE = -1001
UNCERTAIN_CODE = -1009
# a compensation that ended without an effect may be tried again; each try already repeats its sends
_MOST_TRIES = 3
_NO_EFFECT = frozenset({Status.ERROR, Status.TIMEOUT, Status.REVERSED})

Unwrap = Callable[[str], Mapping[str, Any]]
"""Takes an answer's text; returns what templates may name of it (``output``, ``inf_refmsgid``)."""


@dataclass(frozen=True, slots=True)
class Course:
    """Decides the next move of one saga; changes nothing.

    Args:
        definition: the version it began with.
        saga: as leased.
        unwrap: reads an answer.
    """

    definition: SagaDefinition
    saga: ClaimedSaga
    unwrap: Unwrap

    def next(self) -> Advance | None:
        """Return how the saga moves, None when its step is still under way."""
        if not self.saga.records:
            return self._forward(0)
        last = self.saga.records[-1]
        if last.direction is Direction.FORWARD:
            return self._after_step(last)
        return self._after_compensation(last)

    def refused(self, step: NextStep, code: int, message: str) -> Advance:
        """Return how the saga moves when the database does not take a step's request."""
        if step.direction is Direction.BACK:
            return self._to_person(replace(step, input_data=None), message)
        return self._back(step.order - 1, code, f"{self._named(step)}未能提交：{message}")

    def _after_step(self, last: StepRecord) -> Advance | None:
        if last.ended and last.succeeded:
            return self._forward(last.order)
        if last.ended:
            # of a step in parts some rows may have taken effect: then it is undone with the others
            standing = last.order if last.partial else last.order - 1
            return self._back(standing, REFUSED_CODE, f"{self._named(last)}未成功：{last.message}")
        return self._waiting(last)

    def _after_compensation(self, last: StepRecord) -> Advance | None:
        if (last.ended and last.succeeded) or last.decision is Decision.DONE:
            return self._back(last.order - 1)
        if not last.ended:
            if last.status is Status.MANUAL and self.saga.status is not SagaStatus.MANUAL:
                return self._manual(f"{self._named(last)}撤销结果不确定", keep=True)
            return self._waiting(last)
        proved_void = last.status in _NO_EFFECT and last.attempt < _MOST_TRIES
        if last.decision is Decision.RETRY or proved_void:
            return self._compensate(last.order, last.attempt + 1)
        return self._manual(f"{self._named(last)}撤销未成功：{last.message}")

    def _waiting(self, last: StepRecord) -> Advance | None:
        in_doubt = last.status in (Status.UNCERTAIN, Status.REVERSING, Status.MANUAL)
        if in_doubt and self.saga.status in (SagaStatus.RUNNING, SagaStatus.COMPENSATING):
            return Advance(SagaStatus.WAITING, keep=True)
        return None

    def _forward(self, taken: int) -> Advance:
        """Take the step after so many."""
        if taken == len(self.definition.steps):
            return Advance(SagaStatus.COMPLETED)
        step = self.definition.steps[taken]
        planned = NextStep(taken + 1, step.code, Direction.FORWARD, 1, step.infno)
        try:
            made = replace(planned, input_data=self._rendered(step.input))
        except ExpressionError as fault:
            return self._back(taken, MALFORMED_CODE, f"{self._named(planned)}的输入无法组成：{fault}")
        return Advance(SagaStatus.RUNNING, made)

    def _back(self, order: int, code: int | None = None, message: str | None = None) -> Advance:
        """Undo the latest step up to this one that has to be undone."""
        steps = self.definition.steps[:order]
        standing = [number for number, step in enumerate(steps, start=1) if step.compensation]
        if not standing:
            return Advance(SagaStatus.COMPENSATED, error_code=code, error_message=message)
        return self._compensate(standing[-1], 1, code, message)

    def _compensate(
        self, order: int, attempt: int, code: int | None = None, message: str | None = None
    ) -> Advance:
        step = self.definition.steps[order - 1]
        undoing = step.compensation or Compensation(step.infno, None)
        planned = NextStep(order, step.code, Direction.BACK, attempt, undoing.infno)
        try:
            made = replace(planned, input_data=self._rendered(undoing.input))
        except ExpressionError as fault:
            why = f"{message}；" if message else ""
            return self._to_person(planned, f"{why}{self._named(planned)}撤销的输入无法组成：{fault}")
        return Advance(SagaStatus.COMPENSATING, made, error_code=code, error_message=message)

    def _to_person(self, step: NextStep, message: str) -> Advance:
        return replace(self._manual(message), step=step)

    def _manual(self, message: str, *, keep: bool = False) -> Advance:
        earlier = self.saga.error_message
        whole = message if not earlier or earlier in message else f"{earlier}；{message}"
        return Advance(SagaStatus.MANUAL, keep=keep, error_code=UNCERTAIN_CODE, error_message=whole[:500])

    def _rendered(self, template: Any) -> str:
        value = render(template, self._scope())
        if value is ABSENT or not isinstance(value, Mapping):
            raise ExpressionError("输入应为一个对象")
        return write(value)

    def _scope(self) -> dict[str, Any]:
        taken = [record for record in self.saga.records if record.direction is Direction.FORWARD]
        return {
            "input": read(self.saga.input_data),
            "steps": {
                record.code: self.unwrap(record.answer)
                for record in taken
                if record.succeeded or record.partial
            },
            "saga": {"id": str(self.saga.saga_id), "code": self.saga.code},
        }

    def _named(self, step: NextStep | StepRecord) -> str:
        return f"步骤 {step.code}（{step.infno}）"
