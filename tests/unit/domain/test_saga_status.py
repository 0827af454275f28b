"""The legal ways of a saga."""

from __future__ import annotations

from mi_bridge.domain.saga_status import SAGA_TRANSITIONS, SagaStatus


def test_every_status_has_its_line() -> None:
    assert SAGA_TRANSITIONS.keys() == set(SagaStatus)


def test_what_has_ended_stays_ended() -> None:
    assert not SAGA_TRANSITIONS[SagaStatus.COMPLETED]
    assert not SAGA_TRANSITIONS[SagaStatus.COMPENSATED]


def test_nobody_completes_what_is_being_undone() -> None:
    for source in (SagaStatus.COMPENSATING, SagaStatus.MANUAL):
        assert not SAGA_TRANSITIONS[source] & {SagaStatus.RUNNING, SagaStatus.COMPLETED}
