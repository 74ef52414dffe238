"""Relative dates in words a person would say: "just now", "3 hours ago", "yesterday", "12 March"."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAYS_IN_WORDS = 7


def age_in_words(when: datetime, *, now: datetime) -> str:
    """`when` as seen from `now`, both aware; days are those of the current time zone.

    Beyond a week the day itself says more than a count; its year stands there only if it is another one.
    """
    past = when <= now
    gap = abs(now - when)
    if gap < _MINUTE:
        return _("just now")
    days = abs((timezone.localtime(now).date() - timezone.localtime(when).date()).days)
    if gap < _HOUR:
        return _minutes(gap // _MINUTE, past=past)
    if days == 0:
        return _hours(gap // _HOUR, past=past)
    if days == 1:
        return _("yesterday") if past else _("tomorrow")
    if days < _DAYS_IN_WORDS:
        return _days(days, past=past)
    return _day(when, now=now)


def _minutes(count: int, *, past: bool) -> str:
    if past:
        text = ngettext("%(count)s minute ago", "%(count)s minutes ago", count)
    else:
        text = ngettext("in %(count)s minute", "in %(count)s minutes", count)
    return text % {"count": count}


def _hours(count: int, *, past: bool) -> str:
    if past:
        text = ngettext("%(count)s hour ago", "%(count)s hours ago", count)
    else:
        text = ngettext("in %(count)s hour", "in %(count)s hours", count)
    return text % {"count": count}


def _days(count: int, *, past: bool) -> str:
    if past:
        text = ngettext("%(count)s day ago", "%(count)s days ago", count)
    else:
        text = ngettext("in %(count)s day", "in %(count)s days", count)
    return text % {"count": count}


def _day(when: datetime, *, now: datetime) -> str:
    here = timezone.localtime(when)
    same_year = here.year == timezone.localtime(now).year
    return _formatted(here.date(), "MONTH_DAY_FORMAT" if same_year else "DATE_FORMAT", get_language())


def moment_in_words(when: datetime) -> str:
    """Day and time, as the reader's language writes them in the current time zone."""
    return _formatted(timezone.localtime(when).replace(second=0, microsecond=0, tzinfo=None), "DATETIME_FORMAT", get_language())


@lru_cache(maxsize=4096)
def _formatted(moment: date, form: str, _language: str | None) -> str:
    """The rows of a list are shown again and again, and writing out two dates for each of fifty takes five milliseconds."""
    return date_format(moment, form)
