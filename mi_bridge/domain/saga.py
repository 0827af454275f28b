"""A saga: its definition, what became of its steps, and how it is to move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mi_bridge.domain.saga_status import Decision, Direction, SagaStatus
from mi_bridge.domain.status import Status


@dataclass(frozen=True, slots=True)
class Compensation:
    """What undoes a step.

    Args:
        infno: the transaction.
        input: the template of its input.
    """

    infno: str
    input: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a saga.

    Args:
        code: its name in the definition.
        infno: the transaction.
        input: the template of its input.
        compensation: what undoes it; None where nothing has to be undone.
        reason: why nothing has to be, in the file's words.
    """

    code: str
    infno: str
    input: Any
    compensation: Compensation | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SagaDefinition:
    """A saga's steps, in order, in one version.

    Args:
        code: as HIS names it; also the file's name.
        name: in Chinese.
        steps: in the order they are taken.
        text: the definition as JSON, which the database keeps for the sagas that began with it.
        digest: SHA-256 of that text, the version.
    """

    code: str
    name: str
    steps: tuple[Step, ...]
    text: str = field(default="", repr=False)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step a saga has taken, forward or back, and what became of its request.

    Args:
        order: the step's place, from 1.
        attempt: which try this was, from 1.
        request_id: None where its input could not be made.
        status: the request's; None without a request.
        succeeded: whether the platform said yes.
        partial: whether it was sent in parts, and said yes to some and no to others.
        message: why not, for people.
        answer: the platform's answer as text.
        decision: what a person decided on it.
    """

    order: int
    code: str
    direction: Direction
    attempt: int
    infno: str
    request_id: int | None = None
    status: Status | None = None
    succeeded: bool = False
    partial: bool = False
    message: str = field(default="", repr=False)
    answer: str = field(default="", repr=False)
    decision: Decision | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status is None or self.status.terminal


@dataclass(frozen=True, slots=True)
class ClaimedSaga:
    """A saga this node holds for one step.

    Args:
        saga_id: the row.
        epoch: fences the write.
        definition: the version it began with, as JSON.
        input_data: as HIS wrote it.
        error_message: why it turned back, if it did.
        records: its steps so far, in the order they were taken.
    """

    saga_id: int
    epoch: int
    code: str
    digest: str
    definition: str = field(repr=False)
    status: SagaStatus
    direction: Direction
    input_data: str = field(repr=False)
    error_message: str = field(default="", repr=False)
    records: tuple[StepRecord, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step to take.

    Args:
        input_data: None where it could not be made: the step is recorded for a person.
    """

    order: int
    code: str
    direction: Direction
    attempt: int
    infno: str
    input_data: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Advance:
    """How a saga moves.

    Args:
        status: its next.
        step: what is submitted with it.
        keep: whether it goes on watching the request it watches.
        error_code: as HIS reads it.
        error_message: in Chinese, at most 500 characters.
    """

    status: SagaStatus
    step: NextStep | None = None
    keep: bool = False
    error_code: int | None = None
    error_message: str | None = field(default=None, repr=False)
