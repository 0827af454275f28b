from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_bridge.domain.daily_window import DailyWindow, clock_time

CHINA = ZoneInfo("Asia/Shanghai")
NIGHT = DailyWindow(time(1), time(6))
LATE = DailyWindow(time(23), time(2))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("window", "now", "day"),
    [
        (NIGHT, "2026-01-31 00:59:59", None),
        (NIGHT, "2026-01-31 01:00:00", date(2026, 1, 31)),
        (NIGHT, "2026-01-31 05:59:59", date(2026, 1, 31)),
        (NIGHT, "2026-01-31 06:00:00", None),
        (LATE, "2026-01-31 22:59:59", None),
        (LATE, "2026-01-31 23:00:00", date(2026, 1, 31)),
        (LATE, "2026-02-01 01:59:59", date(2026, 1, 31)),
        (LATE, "2026-02-01 02:00:00", None),
    ],
)
def test_a_window_belongs_to_the_day_it_began_on(window: DailyWindow, now: str, day: date | None) -> None:
    assert window.day(at(now)) == day


def test_the_next_window_is_later() -> None:
    assert NIGHT.next_start(at("2026-01-31 00:30:00")) == at("2026-01-31 01:00:00")
    assert NIGHT.next_start(at("2026-01-31 01:00:00")) == at("2026-02-01 01:00:00")
    assert LATE.next_start(at("2026-02-01 01:00:00")) == at("2026-02-01 23:00:00")
    assert clock_time("01:30") == time(1, 30)


@given(st.times(), st.times(), st.dates(date(2020, 1, 2), date(2030, 1, 1)), st.times())
def test_every_window_opens_once_a_day_at_its_time(begin: time, end: time, day: date, clock: time) -> None:
    window, now = DailyWindow(begin, end), datetime.combine(day, clock, CHINA)
    start = window.next_start(now)
    assert now < start <= now + timedelta(days=1)
    assert start.time() == begin
    assert window.day(start) == start.date()
