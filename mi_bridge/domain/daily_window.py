"""When a daily job may begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """A span of each day, in local time; one that ends before it begins ends the next day.

    Args:
        at: from when a job may begin.
        until: from when it may not any more.
    """

    at: time
    until: time

    def day(self, now: datetime) -> date | None:
        """Return the day whose window is open, None when none is.

        Args:
            now: local, with its time zone.
        """
        for begun in (now.date(), now.date() - _DAY):
            if self._start(begun, now) <= now < self._end(begun, now):
                return begun
        return None

    def next_start(self, now: datetime) -> datetime:
        """Return when the next window begins, later than now."""
        today = self._start(now.date(), now)
        return today if now < today else self._start(now.date() + _DAY, now)

    def _start(self, day: date, now: datetime) -> datetime:
        return datetime.combine(day, self.at, now.tzinfo)

    def _end(self, day: date, now: datetime) -> datetime:
        return datetime.combine(day if self.until > self.at else day + _DAY, self.until, now.tzinfo)


def clock_time(text: str) -> time:
    """Return a time of day written as HH:MM."""
    return time.fromisoformat(text)
