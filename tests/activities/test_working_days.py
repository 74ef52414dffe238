"""Counting in working days, over week-ends, holidays and the change to summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mooring.activities.options import days_of_week, days_off
from mooring.activities.working_days import after_working_days

WARSAW = ZoneInfo("Europe/Warsaw")
WEEK = days_of_week("01234")


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-03-02T09:30", 1, "2026-03-03T09:30"),
        ("2026-03-06T09:30", 1, "2026-03-09T09:30"),
        ("2026-03-07T09:30", 1, "2026-03-09T09:30"),
        ("2026-03-02T09:30", 5, "2026-03-09T09:30"),
        ("2026-03-27T09:30", 1, "2026-03-30T09:30"),
    ],
    ids=["tomorrow", "over the week-end", "sent on a saturday", "a week", "over the change to summer time"],
)
def test_the_time_of_day_stays_and_days_off_do_not_count(start: str, days: int, expected: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=WARSAW).astimezone(UTC)
    found = after_working_days(begin, days, zone=WARSAW, working=WEEK, holidays=())
    assert found == datetime.fromisoformat(expected).replace(tzinfo=WARSAW)


def test_holidays_do_not_count() -> None:
    holidays = days_off(("2026-03-03", "no date", "2026-13-01"))
    found = after_working_days(datetime(2026, 3, 2, 9, tzinfo=UTC), 1, zone=ZoneInfo("UTC"), working=WEEK, holidays=holidays)
    assert (holidays, found) == (frozenset({date(2026, 3, 3)}), datetime(2026, 3, 4, 9, tzinfo=UTC))
