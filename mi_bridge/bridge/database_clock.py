"""The database's time on a node: what each heartbeat brings along, carried on by a clock nobody can set.

Leases, backoffs and terms are judged inside the database. What a node has to say itself (a message's ``inf_time``, a signature's
timestamp, whether a daily job is due, which day is over) it says by this clock, so that a machine whose own is an hour off sends
what every other node would send, and is not refused by a gateway that allows a few minutes.
"""

from __future__ import annotations

import time
from typing import Any

import structlog

from mi_bridge.insurer.signing.port import Clock

_log: Any = structlog.get_logger()
_WORTH_SAYING_S = 60


class DatabaseClock:
    """Tells the database's time in seconds since 1970; before the database was first heard, this machine's.

    Args:
        wall: this machine's clock, which people and time services set.
        steady: one that only goes forward, at the same pace.
    """

    def __init__(self, wall: Clock = time.time, steady: Clock = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._offset_s = wall() - steady()
        self._told_minutes = 0

    def __call__(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._offset_s + self._steady()

    def hear(self, database_time_ms: int) -> None:
        """Take the time from the database; whoever reads the log learns when this machine's own is a minute off or more.

        Args:
            database_time_ms: milliseconds since 1970.
        """
        self._offset_s = database_time_ms / 1000 - self._steady()
        off_s = self._wall() - self()
        minutes = round(off_s / 60) if abs(off_s) >= _WORTH_SAYING_S else 0
        if minutes == self._told_minutes:
            return
        self._told_minutes = minutes
        if minutes:
            _log.warning("this machine's clock is off; the database's is used", off_s=round(off_s))
        else:
            _log.info("this machine's clock is right again")
