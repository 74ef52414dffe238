"""The calendar feed: a secret address per person, made, made anew and revoked; and what stands at it.

The secret is random and long, so that its plain SHA-256 is kept, as of the keys of the portal. Whoever holds it reads the
owner's activities as the owner may at that moment, and nothing else.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from mooring.activities.models import Activity, CalendarFeed
from mooring.customers.models import Customer, Lead, Project
from mooring.sales.models import Opportunity
from mooring.users.journal import Actor, record
from mooring.users.models import User

BEHIND: Final = timedelta(days=92)
AHEAD: Final = timedelta(days=732)
MOST_OPEN: Final = 1500
MOST_DONE: Final = 500
_SECRET_BYTES: Final = 32
_RECORDS: Final[tuple[Any, ...]] = (Customer, Lead, Project, Opportunity)


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An activity with a day or a reminder, and the name of the record that it is about, where its owner may see that one."""

    activity: Activity
    about: str


def make_feed(*, user: User, by: Actor, now: datetime) -> str:
    """The secret of a new address, shown this once. An address from before is worth nothing any more."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(user=user, defaults={"digest": digest_of(secret), "made_at": now})
        record(by=by, action="calendar_feed_made", kind="user", record_id=user.pk, name=str(user), changes={}, now=now)
    return secret


def revoke_feed(*, user: User, by: Actor, now: datetime) -> bool:
    """From the next request on the address is worth nothing. Returns whether there was one."""
    with transaction.atomic():
        gone, _kinds = CalendarFeed.objects.filter(user=user).delete()
        if gone:
            record(by=by, action="calendar_feed_revoked", kind="user", record_id=user.pk, name=str(user), changes={}, now=now)
    return bool(gone)


def feed_of(user: User) -> CalendarFeed | None:
    """The user's feed, if one was made."""
    return CalendarFeed.objects.filter(user=user).first()


def reader_with(secret: str) -> User | None:
    """Whose feed the secret opens; nobody's once it was revoked or its owner may not sign in."""
    feeds = CalendarFeed.objects.filter(digest=digest_of(secret), user__is_active=True)
    feed = feeds.select_related("user").first()
    return feed.user if feed else None


def planned_of(user: User, *, now: datetime) -> list[PlannedEvent]:
    """What the user has to do from three months ago to two years ahead, and what was done of it. Six queries."""
    since, until = now - BEHIND, now + AHEAD
    mine = Activity.objects.visible_to(user).filter(owner=user, removed_at=None)
    has_day = Q(due_at__range=(since, until)) | Q(due_at=None, remind_at__range=(since, until))
    open_ones = mine.filter(has_day, done_at=None).order_by("due_at", "id")[:MOST_OPEN]
    done = mine.filter(has_day, done_at__gte=since).order_by("-done_at", "-id")[:MOST_DONE]
    activities = [*open_ones, *done]
    names = {model: _names_of(model, activities, user) for model in _RECORDS}
    return [PlannedEvent(each, _about(each, names)) for each in activities]


def digest_of(secret: str) -> str:
    """How the secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _names_of(model: Any, activities: list[Activity], user: User) -> dict[int, str]:
    """The names of those records that the user may see. One query, for none of them too."""
    key = _key_of(model)
    wanted = {getattr(each, key) for each in activities} - {None}
    return {each.pk: str(each) for each in model.objects.visible_to(user).filter(pk__in=wanted or {0})}


def _about(activity: Activity, names: dict[Any, dict[int, str]]) -> str:
    return next((name for model, found in names.items() if (name := found.get(getattr(activity, _key_of(model))))), "")


def _key_of(model: Any) -> str:
    return f"{model.__name__.lower()}_id"
