"""My profile > Calendar feed, and the feed itself, which calendar programs read without signing in."""

from __future__ import annotations

import hashlib
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mooring.activities.calendar_feed import digest_of, feed_of, make_feed, planned_of, reader_with, revoke_feed
from mooring.activities.models import Activity
from mooring.desk.access import actor_of, user_of
from mooring.desk.calendar_file import calendar_of
from mooring.desk.demanded import lacks_second_step, with_demand
from mooring.desk.menu import PROFILE, tabs_for
from mooring.desk.personal import zone_of
from mooring.desk.reading_limits import count_reading, has_room
from mooring.ui.rendering import page, see_other, toast
from mooring.users.models import User
from mooring.users.permissions import with_rights

MOST_READINGS: Final = 30
"""Of one feed in ten minutes."""
MOST_GUESSES: Final = 60
"""Of addresses that open nothing, from one network address in ten minutes."""


def calendar_feed(request: HttpRequest) -> HttpResponse:
    """Whether there is an address. Sent, a new one is made and shown, this once; it stands nowhere afterwards."""
    user, address = user_of(request), ""
    if request.method == "POST":
        secret = make_feed(user=user, by=actor_of(request), now=timezone.now())
        address = f"{settings.BASE_URL}{reverse('calendar', args=[secret])}"
    values = {
        "tabs": tabs_for(request, PROFILE),
        "feed": feed_of(user),
        "address": address,
        "subscribe_url": address.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1),
    }
    return page(request, "desk/profile/calendar_feed.html", values)


@require_POST
def revoke_calendar_feed(request: HttpRequest) -> HttpResponse:
    """The address is worth nothing from the next request on."""
    if revoke_feed(user=user_of(request), by=actor_of(request), now=timezone.now()):
        toast(request, _("The address of the calendar feed was revoked. Calendar programs get nothing there any more."))
    return see_other(request, reverse("calendar_feed"))


@login_not_required
@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """The file, or 304 where the program has it already. No cookie, no session: the secret alone says whose it is."""
    now, stranger = timezone.now(), request.META.get("REMOTE_ADDR", "")
    if not has_room("calendar", who=digest_of(secret), most=MOST_READINGS, now=now):
        return HttpResponse(status=429, headers={"Retry-After": "600"})
    user = reader_with(secret) if has_room("no_calendar", who=stranger, most=MOST_GUESSES, now=now) else None
    if user is None:
        count_reading("no_calendar", who=stranger, now=now)
        raise Http404
    count_reading("calendar", who=digest_of(secret), now=now)
    user = with_demand(with_rights(User.objects.filter(pk=user.pk))).get()
    if lacks_second_step(user):
        raise Http404
    with translation.override(user.language):
        content = calendar_of(planned_of(user, now=now), zone=zone_of(user), url_of=_url_of)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="mooring.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    answer = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    return answer if answer is not None else response


def _url_of(activity: Activity) -> str:
    return f"{settings.BASE_URL}{reverse('edit_activity', args=[activity.pk])}"
