"""A saga's states and the only legal ways between them; the database's routine ``sp_mi_saga_advance`` enforces the same table."""

from __future__ import annotations

from enum import StrEnum


class SagaStatus(StrEnum):
    """Where a saga stands."""

    RUNNING = "RUNNING"
    """Its next step is under way."""
    WAITING = "WAITING"
    """A step's outcome is not known; nothing is done until it is."""
    COMPENSATING = "COMPENSATING"
    """A step was refused; the ones before it are being undone, the latest first."""
    COMPLETED = "COMPLETED"
    """Every step succeeded."""
    COMPENSATED = "COMPENSATED"
    """Nothing of it is left standing."""
    MANUAL = "MANUAL"
    """A step could not be undone; a person must see to it."""


class Direction(StrEnum):
    """Which way a step was taken."""

    FORWARD = "FORWARD"
    BACK = "BACK"


class Decision(StrEnum):
    """What a person decided on a compensation that failed."""

    RETRY = "RETRY"
    """Try it again."""
    DONE = "DONE"
    """It was undone by hand: go on with the earlier steps."""


SAGA_TRANSITIONS: dict[SagaStatus, frozenset[SagaStatus]] = {
    SagaStatus.RUNNING: frozenset(SagaStatus),
    # a compensation in doubt waits too; the direction, once back, never becomes forward again
    SagaStatus.WAITING: frozenset(SagaStatus) - {SagaStatus.WAITING},
    SagaStatus.COMPENSATING: frozenset(
        {SagaStatus.COMPENSATING, SagaStatus.WAITING, SagaStatus.COMPENSATED, SagaStatus.MANUAL}
    ),
    # a person has decided: on the step's request, or on the saga
    SagaStatus.MANUAL: frozenset({SagaStatus.COMPENSATING, SagaStatus.COMPENSATED, SagaStatus.MANUAL}),
    SagaStatus.COMPLETED: frozenset(),
    SagaStatus.COMPENSATED: frozenset(),
}
