"""Relative dates."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from mooring.ui.ages import age_in_words, moment_in_words

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 3, 18, 15, 0, tzinfo=WARSAW)


@pytest.fixture(autouse=True)
def place():
    with timezone.override(WARSAW), translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=15), "15 hours ago"),
        (timedelta(hours=15, minutes=1), "yesterday"),
        (timedelta(hours=38), "yesterday"),
        (timedelta(hours=40), "2 days ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=7), "March 11"),
        (timedelta(days=77), "Dec. 31, 2025"),
    ],
)
def test_the_past_reads_as_one_would_say_it(back, words):
    assert age_in_words(NOW - back, now=NOW) == words


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(seconds=30), "just now"),
        (timedelta(minutes=5), "in 5 minutes"),
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(hours=9), "tomorrow"),
        (timedelta(days=3), "in 3 days"),
    ],
)
def test_the_future_too(ahead, words):
    assert age_in_words(NOW + ahead, now=NOW) == words


def test_a_few_minutes_across_midnight_are_minutes_and_not_yesterday():
    midnight = NOW.replace(hour=0, minute=5)
    assert age_in_words(midnight - timedelta(minutes=10), now=midnight) == "10 minutes ago"


def test_days_are_those_of_the_readers_time_zone():
    late = datetime(2026, 3, 18, 0, 30, tzinfo=WARSAW)
    earlier = late - timedelta(hours=2)
    assert age_in_words(earlier, now=late) == "yesterday"
    with timezone.override(ZoneInfo("America/New_York")):
        assert age_in_words(earlier, now=late) == "2 hours ago"


def test_a_moment_is_written_as_each_reader_reads_it_also_after_another_has():
    for _once_more in range(2):
        assert moment_in_words(NOW) == "March 18, 2026, 3 p.m."
        with translation.override("pl"):
            assert moment_in_words(NOW) == "18 marca 2026 15:00"
        with timezone.override(ZoneInfo("America/New_York")):
            assert moment_in_words(NOW) == "March 18, 2026, 10 a.m."
