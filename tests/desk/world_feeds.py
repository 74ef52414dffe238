"""The calendar feeds of the small world, with secrets that the table of rights can name."""

from __future__ import annotations

import making
from mooring.activities.calendar_feed import digest_of
from mooring.activities.models import CalendarFeed
from mooring.users.models import User


def feeds_of(*, owner: User, deactivated: User) -> None:
    """Of the owner, and of somebody who left."""
    secrets = ((owner, "the-owners-secret"), (deactivated, "the-secret-of-who-left"))
    for user, secret in secrets:
        CalendarFeed.objects.create(user=user, digest=digest_of(secret), made_at=making.NOW)
