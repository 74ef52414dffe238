"""Counting in working days. Pure: it knows no database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MOST_DAYS = 365


def after_working_days(
    start: datetime, days: int, *, zone: ZoneInfo, working: Collection[int], holidays: Collection[date]
) -> datetime:
    """The same time of day `days` working days after `start`, as the clock on the wall of `zone` shows it.

    `working` are days of the week (Monday is 0), at least one; `days` is 1 to 365. A start on a day off counts like the last
    working moment before it.
    """
    local = start.astimezone(zone)
    day, left = local.date(), days
    while left:
        day += timedelta(days=1)
        if day.weekday() in working and day not in holidays:
            left -= 1
    return datetime.combine(day, local.time(), tzinfo=zone)
