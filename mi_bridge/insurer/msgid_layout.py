"""How a site writes a message number, and which numbers of the one common counter it may use.

Every number of the counter is ``seconds x 10,000 + n``. A layout that writes fewer digits names a stretch of numbers at once, so it
takes only every ``step``-th number and owns the stretch up to the next one. Stretches never overlap, whichever layouts share a
counter, and a layout's text tells its stretch; so no text is ever made twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache

NUMBERS_PER_SECOND = 10_000
# China has one time and no summer time, so that no hour comes twice
CHINA = timezone(timedelta(hours=8))


class MsgidLayout(StrEnum):
    """What follows the organisation's code in a message number."""

    SEQUENCE = "sequence"
    """Time to the second and four digits, as the national specification has it: 10,000 messages a second."""
    SECOND = "second"
    """Time to the second and nothing more (seen in Guangzhou): one message a second; a burst runs ahead of the clock."""
    MILLISECOND = "millisecond"
    """Time to the millisecond and the digit 1 (seen in Shenzhen): 1,000 messages a second."""

    @property
    def step(self) -> int:
        """How far two numbers of this layout are apart at least."""
        return {"sequence": 1, "second": NUMBERS_PER_SECOND, "millisecond": 10}[self.value]

    def write(self, number: int) -> str:
        """Write a number of the counter.

        Args:
            number: seconds since 1970 times 10,000 plus a sequence of 0 to 9999.

        Raises:
            ValueError: the number is not one of this layout's; as text it could not be told from its neighbours.
        """
        if number % self.step:
            raise ValueError(f"{number} is no number of the layout {self.value}")
        second, sequence = divmod(number, NUMBERS_PER_SECOND)
        if self is MsgidLayout.SECOND:
            return _stamp(second)
        # the digit that is always 1 lies inside the number's own stretch
        return f"{_stamp(second)}{sequence + (self is MsgidLayout.MILLISECOND):04d}"


@lru_cache(maxsize=8)
def _stamp(second: int) -> str:
    return f"{datetime.fromtimestamp(second, CHINA):%Y%m%d%H%M%S}"
