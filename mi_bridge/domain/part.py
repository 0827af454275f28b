"""A large request in parts: what each part holds, what became of it, and the one answer that is made of all."""

from __future__ import annotations

from dataclasses import dataclass, field

from mi_bridge.domain.request import Lease
from mi_bridge.domain.status import Status

PARTIAL = "PARTIAL"
"""The outcome of a divided request of which some rows took effect and some did not."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a request, as large as the site takes in one call.

    Args:
        number: from 1.
        first_row: place of its first row in the request, from 1.
        row_count: how many rows it holds.
        input_data: its input, every row in HIS's own characters.
        stop_on_refusal: whether it is left out when a part before it did not succeed.
    """

    number: int
    first_row: int
    row_count: int
    input_data: str = field(repr=False)
    stop_on_refusal: bool = False


@dataclass(frozen=True, slots=True)
class EndedPart:
    """A part that has ended.

    Args:
        outcome: of its answer, empty where there was none.
        infcode: the platform's code, as it was written.
        err_msg: the platform's text.
        error_message: why it ended without an answer.
        msgid: of its last send, empty where nothing was sent.
        answer: the platform's answer as text, empty where there was none.
    """

    number: int
    first_row: int
    row_count: int
    status: Status
    outcome: str = ""
    infcode: str = ""
    err_msg: str = field(default="", repr=False)
    error_message: str = field(default="", repr=False)
    msgid: str = ""
    answer: str = field(default="", repr=False)

    @property
    def last_row(self) -> int:
        """Place of its last row in the request, from 1."""
        return self.first_row + self.row_count - 1

    @property
    def succeeded(self) -> bool:
        """Whether the platform said yes."""
        return self.status is Status.COMPLETED and self.outcome == "OK"

    @property
    def refused(self) -> bool:
        """Whether the platform said no."""
        return self.status is Status.COMPLETED and self.outcome == "REFUSED"


@dataclass(frozen=True, slots=True)
class DividedRequest:
    """A request whose last part has ended.

    Args:
        lease: the row and epoch that fence its answer.
        parts: in their order.
    """

    lease: Lease
    parts: tuple[EndedPart, ...]


@dataclass(frozen=True, slots=True)
class JoinedAnswer:
    """The one answer of a divided request.

    Args:
        status: COMPLETED, ERROR, TIMEOUT, CANCELLED or REVERSED.
        outcome: of a COMPLETED one: OK, REFUSED, SUSPICIOUS or PARTIAL.
        response_data: as HIS reads it; None where the platform answered nothing.
        error_message: in Chinese, at most 500 characters.
    """

    status: Status
    outcome: str = ""
    infcode: str | None = None
    err_msg: str = field(default="", repr=False)
    error_code: int | None = None
    error_message: str | None = field(default=None, repr=False)
    response_data: str | None = field(default=None, repr=False)
