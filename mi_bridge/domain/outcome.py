"""What one attempt came to (design, section 4)."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The meaning of one attempt, as far as the wire and the answer prove it."""

    OK = "OK"
    """infcode 0, no error text, the expected output is there."""
    REFUSED = "REFUSED"
    """A definite refusal by the platform (infcode -1): nothing was executed."""
    NOT_SENT = "NOT_SENT"
    """Proved: the message never reached the insurer."""
    GATEWAY_REFUSED = "GATEWAY_REFUSED"
    """A gateway in front of the platform turned it away (code 401)."""
    BUSY = "BUSY"
    """Definite and not executed: the platform was busy with the same business."""
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    """Definite and not executed: the platform wants a sign-in that holds, and a newer one may be had."""
    UNKNOWN = "UNKNOWN"
    """It may have been executed or not."""
    SUSPICIOUS = "SUSPICIOUS"
    """infcode 0 with an error text, or without the expected output."""

    @property
    def proves_not_executed(self) -> bool:
        """Whether a resend is safe for every money class."""
        return self in (Outcome.NOT_SENT, Outcome.GATEWAY_REFUSED, Outcome.BUSY, Outcome.NOT_SIGNED_IN)

    @property
    def definitive(self) -> bool:
        """Whether the platform itself has answered, yes or no."""
        return self in (Outcome.OK, Outcome.REFUSED)
