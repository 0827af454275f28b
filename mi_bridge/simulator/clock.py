"""The simulator's time: the platform writes China's, wherever the machine stands."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Protocol

CHINA = timezone(timedelta(hours=8), "CST")


class Clock(Protocol):
    """Says what time it is; tests put one of their own in its place."""

    def now(self) -> datetime:
        """Return the present moment in China's time zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in China's time zone."""
        return datetime.now(CHINA)


def stamp(moment: datetime) -> str:
    """Return a moment as the platform's fields have it: ``yyyy-MM-dd HH:mm:ss``."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def long_stamp(moment: datetime) -> str:
    """Return a moment in the 17 digits of ``refmsg_time``: ``yyyyMMddHHmmssSSS``."""
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
