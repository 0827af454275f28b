"""What an attempt came to."""

from __future__ import annotations

import pytest

from mi_bridge.domain.outcome import Outcome


@pytest.mark.parametrize(
    ("outcome", "proves_not_executed", "definitive"),
    [
        (Outcome.OK, False, True),
        (Outcome.REFUSED, False, True),
        (Outcome.NOT_SENT, True, False),
        (Outcome.GATEWAY_REFUSED, True, False),
        (Outcome.BUSY, True, False),
        (Outcome.NOT_SIGNED_IN, True, False),
        (Outcome.UNKNOWN, False, False),
        (Outcome.SUSPICIOUS, False, False),
    ],
)
def test_what_an_outcome_proves(outcome: Outcome, proves_not_executed: bool, definitive: bool) -> None:
    assert outcome.proves_not_executed is proves_not_executed
    assert outcome.definitive is definitive


def test_the_table_above_is_complete() -> None:
    assert len(Outcome) == 8
