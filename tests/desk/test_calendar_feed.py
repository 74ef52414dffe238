"""The calendar feed: what calendar programs find there, whose rights count, and how fast an address dies."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

import making
from desk.world import client_of
from mooring.activities.calendar_feed import make_feed, revoke_feed
from mooring.activities.models import Activity
from mooring.activities.planning import ActivityData, finish_activity, plan_activity, remove_activity
from mooring.users.journal import Actor
from mooring.users.models import User

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0, second=0)
NOON = NOW.replace(hour=12, minute=0)


def test_calls_meetings_tasks_and_reminders_stand_there_with_their_times(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/Warsaw")
    customer = making.make_customer("Harbour", owner=bob)
    meeting = planned(
        bob, "Meet", kind="meeting", due_at=NOON, is_whole_day=False, about=customer, remind_at=NOON - timedelta(hours=1)
    )
    task = planned(bob, "Write", due_at=NOON.replace(hour=21, minute=59), remind_at=NOON)
    planned(bob, "Think", remind_at=NOON)
    planned(bob, "Some day")
    events = events_of(read(bob))
    assert set(events) == {"Meet (Harbour)", "Write", "Think"}
    met = events["Meet (Harbour)"]
    assert met["uid"].startswith(f"activity-{meeting.pk}@")
    assert (met["dtstart"].dt, met["dtend"].dt) == (NOON, NOON + timedelta(hours=1))
    assert met["dtstart"].dt.utcoffset() == timedelta()
    assert met["url"].endswith(f"/activities/{meeting.pk}/")
    assert [alarm["trigger"].dt for alarm in met.walk("VALARM")] == [timedelta(hours=-1)]
    written = events["Write"]
    assert (written["dtstart"].dt, written["dtend"].dt - written["dtstart"].dt) == (day_in_warsaw(task), timedelta(days=1))
    assert [alarm["trigger"].dt for alarm in written.walk("VALARM")] == [NOON]
    assert (met["transp"], written["transp"]) == ("OPAQUE", "TRANSPARENT")
    assert events["Think"]["dtstart"].dt == NOON


def test_what_is_done_is_ticked_and_what_was_removed_is_gone(bob: User) -> None:
    by = Actor(bob, "desk")
    finish_activity(activity=planned(bob, "Done", due_at=NOON, remind_at=NOON), by=by, now=NOW)
    remove_activity(activity=planned(bob, "Removed", due_at=NOON), by=by, now=NOW)
    planned(bob, "Long ago", due_at=NOON - timedelta(days=400))
    events = events_of(read(bob))
    assert set(events) == {"✓ Done"}
    assert not events["✓ Done"].walk("VALARM")


def test_a_program_that_has_the_file_already_gets_304_and_no_cookie(bob: User) -> None:
    secret = made(bob)
    first = get(secret)
    assert (first.status_code, first.cookies, first.headers["Cache-Control"]) == (200, {}, "private, no-cache")
    again = get(secret, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.cookies) == (304, b"", {})
    planned(bob, "New", due_at=NOON)
    assert get(secret, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_the_name_of_a_record_is_there_only_while_its_reader_may_see_it(alice: User, bob: User) -> None:
    customer = making.make_customer("Harbour", owner=bob)
    planned(bob, "Call", due_at=NOON, about=customer)
    secret = made(bob)
    assert b"Harbour" in get(secret).content
    type(customer).objects.unscoped("a test").filter(pk=customer.pk).update(owner=alice)
    answer = get(secret).content
    assert b"Call" in answer
    assert b"Harbour" not in answer


def test_a_revoked_address_a_replaced_one_and_that_of_a_locked_person_open_nothing(bob: User) -> None:
    old = made(bob)
    new = made(bob)
    assert [get(old).status_code, get(new).status_code] == [404, 200]
    revoke_feed(user=bob, by=Actor(bob, "desk"), now=NOW)
    assert get(new).status_code == 404
    last = made(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert get(last).status_code == 404


def test_an_address_is_read_thirty_times_in_ten_minutes_and_guesses_are_few(bob: User) -> None:
    secret = made(bob)
    assert [get(secret).status_code for _each in range(31)][-2:] == [200, 429]
    assert [get(f"guess-{number}").status_code for number in range(60)][-1] == 404
    assert get(made(bob)).status_code == 404


def test_the_number_of_queries_does_not_grow(bob: User) -> None:
    secret = made(bob)
    customer = making.make_customer("Harbour", owner=bob)
    for number in range(5):
        planned(bob, f"Call {number}", due_at=NOON, about=customer if number % 2 else None)
    with CaptureQueriesContext(connection) as asked:
        get(secret)
    of_cache = ("desk_cache", "SAVEPOINT")
    assert len([query for query in asked if not any(word in query["sql"] for word in of_cache)]) <= 8


def test_the_address_is_shown_once_made_anew_and_revoked_in_the_profile(bob: User) -> None:
    browser = client_of(bob)
    url = reverse("calendar_feed")
    shown = re.search(r'value="(http[^"]+\.ics)"', browser.post(url).content.decode())
    assert shown is not None
    assert Client().get(urlsplit(shown[1]).path).status_code == 200
    assert shown[1] not in browser.get(url).content.decode()
    assert browser.post(reverse("revoke_calendar_feed")).status_code == 303
    assert "There is no address yet" in browser.get(url).content.decode()


def planned(user: User, title: str, **fields: Any) -> Activity:
    data = ActivityData(title=title, owner=user, **fields)
    return plan_activity(data=data, by=Actor(user, "desk"), now=NOW)


def made(user: User) -> str:
    return make_feed(user=user, by=Actor(user, "desk"), now=NOW)


def get(secret: str, **more: Any) -> Any:
    return Client().get(reverse("calendar", args=[secret]), **more)


def read(user: User) -> bytes:
    content: bytes = get(made(user)).content
    return content


def events_of(content: bytes) -> dict[str, Any]:
    return {str(event["summary"]): event for event in Calendar.from_ical(content).walk("VEVENT")}


def day_in_warsaw(activity: Activity) -> Any:
    assert activity.due_at is not None
    return activity.due_at.astimezone(ZoneInfo("Europe/Warsaw")).date()
