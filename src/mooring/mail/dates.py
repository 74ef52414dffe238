"""The Date header -> an aware time in UTC, as tolerant as real mail needs; None when it cannot be read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Years outside are taken for nonsense: no letter is older, and sorting must not break on the year 9999."""

_LONGEST = 200
_MONTHS = {
    name: number
    for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)
}
_TIME = r"(?P<hour>\d{1,2})\s?[:.]\s?(?P<minute>\d{1,2})(?:\s?[:.]\s?(?P<second>\d{1,2}))?(?:\.\d+)?(?P<pm>\s?[ap]m\b)?"
_ZONE = r"(?:\s*(?P<zone>[+-]\s?\d{1,2}:?\d{2}|[a-z]{1,5}(?:[+-]\d{4})?\b))?"
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})[\s.,-]{1,3}(?P<month>[a-z]{3})[a-z]*[\s.,-]{1,3}(?P<year>\d{2,5})(?!\d)"
    r"(?:[\s,T-]{1,3}" + _TIME + _ZONE + ")?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"\b(?P<month>[a-z]{3})[a-z]*[\s.]{1,3}(?P<day>\d{1,2})(?:,?\s{1,3}(?P<year>\d{4}))?[\s,]{1,3}"
    + _TIME
    + _ZONE
    + r"(?:\s{1,3}(?P<year_last>\d{4})(?!\d))?(?P<zone_last>\s[+-]\d{4})?",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(?<!\d)(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?:[T\s]{1,2}" + _TIME + _ZONE + ")?",
    re.IGNORECASE,
)
_USUAL = re.compile(
    r"(?:[A-Za-z]{3}, )?([0-9]{1,2}) ([A-Za-z]{3}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-][0-9]{4})(?: \([^()]*\))?"
)
"""As nearly all programs write it (RFC 5322, 3.3); the patterns above find the same in it, at three times the cost."""
_COMMENT = re.compile(r"\([^()]*\)")
_ZONES = {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
"""RFC 5322, 4.3. European names follow; every other name means that the offset is unknown and is read as UTC."""
_ZONES |= {"cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3, "bst": 1, "msk": 3}
_ZONES |= {"jst": 9, "kst": 9, "hkt": 8}


def read_date(text: str) -> datetime | None:
    """The time that a Date header names, in UTC (RFC 5322, 3.3 and 4.3; asctime; ISO 8601). None if there is none."""
    text = text[:_LONGEST]
    usual = _USUAL.fullmatch(text)
    when = _usual_time(*usual.groups()) if usual else None
    return when or _searched(_COMMENT.sub(" ", text))


def _usual_time(day: str, month: str, year: str, hour: str, minute: str, second: str, zone: str) -> datetime | None:
    try:
        when = datetime(int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
        when -= _offset_of(zone)
    except (KeyError, ValueError, OverflowError):
        return None
    return when if FIRST_YEAR <= when.year <= LAST_YEAR else None


def _searched(text: str) -> datetime | None:
    for pattern in (_DAY_FIRST, _MONTH_FIRST, _ISO):
        for found in pattern.finditer(text):
            when = _time_of(found.groupdict())
            if when is not None:
                return when
    return None


def _time_of(parts: dict[str, str | None]) -> datetime | None:
    month_text = parts["month"] or ""
    month = int(month_text) if month_text.isdecimal() else _MONTHS.get(month_text.lower(), 0)
    year = _year_of(parts["year"] or parts.get("year_last") or "")
    hour, second = int(parts["hour"] or 0), int(parts["second"] or 0)
    meridiem = (parts["pm"] or "").strip().lower()
    if meridiem and 1 <= hour <= 12:
        hour = hour % 12 + (12 if meridiem == "pm" else 0)
    try:
        local = datetime(year, month, int(parts["day"] or 0), hour, int(parts["minute"] or 0), min(second, 59), tzinfo=UTC)
        when = local - _offset_of(parts.get("zone_last") or parts["zone"] or "")
    except (ValueError, OverflowError):
        return None
    return when if FIRST_YEAR <= when.year <= LAST_YEAR else None


def _year_of(digits: str) -> int:
    """RFC 5322, 4.3: two digits count from 2000 up to 49, else from 1900, as do three."""
    year = int(digits or 0)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year if year <= 9999 else 0


@lru_cache(maxsize=256)
def _offset_of(zone: str) -> timedelta:
    zone = zone.strip().lower()
    digits = re.search(r"([+-])\s?(\d{1,2}):?(\d{2})", zone)
    if digits is None:
        return timedelta(hours=_ZONES.get(zone, 0))
    hours, minutes = int(digits[2]), int(digits[3])
    if hours > 23 or minutes > 59:
        return timedelta()
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if digits[1] == "-" else offset
