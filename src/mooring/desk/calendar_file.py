"""Activities as a calendar (RFC 5545), in the way in which calendar programs really show it.

Everything is a VEVENT: the calendars of Google, Apple and Microsoft leave out every VTODO of a calendar that they subscribe to,
and Thunderbird would show a task twice if it came as both. What is done carries a tick before its name and reminds nobody; what
was removed is not there, which takes it out of every subscribed calendar. Times are UTC, whole days are dates without a zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Alarm, Calendar, Event

from mooring.activities.calendar_feed import PlannedEvent
from mooring.activities.models import Activity, ActivityKind

PRODUCT: Final = "-//Mooring//Calendar feed//EN"
REFRESHED_EVERY: Final = timedelta(minutes=15)
_LASTS: Final = {ActivityKind.MEETING.value: timedelta(hours=1)}
_SHORT: Final = timedelta(minutes=30)
_NOTE_LENGTH: Final = 4000


def calendar_of(events: Iterable[PlannedEvent], *, zone: ZoneInfo, url_of: Callable[[Activity], str]) -> bytes:
    """The whole file. The same activities give the same bytes, so that a digest of it tells whether anything changed."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Mooring")
    calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for event in events:
        calendar.add_component(_event_of(event, zone=zone, url=url_of(event.activity)))
    content: bytes = calendar.to_ical()
    return content


def _event_of(planned: PlannedEvent, *, zone: ZoneInfo, url: str) -> Event:
    activity = planned.activity
    event = Event()
    event.add("uid", f"activity-{activity.pk}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", activity.changed_at.astimezone(UTC))
    event.add("created", activity.created_at.astimezone(UTC))
    event.add("last-modified", activity.changed_at.astimezone(UTC))
    title = f"{activity.title} ({planned.about})" if planned.about else activity.title
    event.add("summary", f"✓ {title}" if activity.done_at else title)
    event.add("description", "\n\n".join(filter(None, (activity.note[:_NOTE_LENGTH], url))))
    event.add("url", url)
    event.add("categories", [activity.get_kind_display()])
    event.add("status", "CONFIRMED")
    _put_when(event, activity, zone)
    if activity.remind_at is not None and activity.done_at is None:
        event.add_component(_alarm_of(activity))
    return event


def _put_when(event: Event, activity: Activity, zone: ZoneInfo) -> None:
    """A whole day is the date on the owner's calendar and takes nobody's time; so does a task, which is due and not attended."""
    if activity.due_at is not None and activity.is_whole_day:
        day = activity.due_at.astimezone(zone).date()
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
    else:
        begins = _begins(activity)
        event.add("dtstart", begins)
        event.add("dtend", begins + _LASTS.get(activity.kind, _SHORT))
    is_attended = activity.kind in (ActivityKind.CALL, ActivityKind.MEETING) and not activity.is_whole_day
    event.add("transp", "OPAQUE" if is_attended and activity.done_at is None else "TRANSPARENT")


def _begins(activity: Activity) -> datetime:
    begins = activity.due_at or activity.remind_at
    if begins is None:
        raise ValueError("an event has a day or a reminder")
    return begins.astimezone(UTC)


def _alarm_of(activity: Activity) -> Alarm:
    """At the moment of the reminder; before an event with a time as a span, which moves with the event in every program."""
    if activity.remind_at is None:
        raise ValueError("an alarm has a moment")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", activity.title)
    is_timed = activity.due_at is None or not activity.is_whole_day
    alarm.add("trigger", activity.remind_at - _begins(activity) if is_timed else activity.remind_at.astimezone(UTC))
    return alarm
