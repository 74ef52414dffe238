"""Reading activities and notices: my day, what is planned on a record, the bell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from mooring.activities.models import Activity, Notice
from mooring.activities.models import ActivityQuerySet as Activities
from mooring.customers.models import Customer, Lead, Project
from mooring.users.models import User

MOST: Final = 200
"""Lines of one heading; who has more open tasks than that needs no longer page."""
MOST_DONE: Final = 20
MOST_COUNTED: Final = 99
_IS_SHOWN: Final = Q(activity=None) | Q(activity__removed_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one person has to do, by when it is due; each list in that order."""

    overdue: list[Activity]
    today: list[Activity]
    this_week: list[Activity]
    later: list[Activity]
    some_day: list[Activity]
    done: list[Activity]

    @property
    def is_empty(self) -> bool:
        """Nothing is to be done."""
        return not (self.overdue or self.today or self.this_week or self.later or self.some_day)


def day_of(user: User, *, now: datetime, zone: ZoneInfo) -> Day:
    """The open activities of a person and those done lately; two queries."""
    rows = list(_shown(Activity.objects.visible_to(user).filter(owner=user, done_at=None)).order_by("due_at", "id")[:MOST])
    done = _shown(Activity.objects.visible_to(user).filter(owner=user, done_at__isnull=False)).order_by("-done_at", "-id")
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), tzinfo=zone)
    dated = [(row.due_at, row) for row in rows if row.due_at is not None]
    return Day(
        overdue=[row for due_at, row in dated if due_at < now],
        today=[row for due_at, row in dated if now <= due_at < midnight],
        this_week=[row for due_at, row in dated if midnight <= due_at < midnight + timedelta(days=6)],
        later=[row for due_at, row in dated if due_at >= midnight + timedelta(days=6)],
        some_day=[row for row in rows if row.due_at is None and not row.is_to_be_known],
        done=list(done[:MOST_DONE]),
    )


def activities_of(record: Customer | Lead | Project, *, reader: User) -> list[Activity]:
    """What is planned on a record, the open ones first by when they are due, then those done lately; two queries."""
    rows = _shown(Activity.objects.visible_to(reader).filter(**{type(record).__name__.lower(): record}))
    open_ones = list(rows.filter(done_at=None).order_by("due_at", "id")[:MOST])
    return open_ones + list(rows.filter(done_at__isnull=False).order_by("-done_at", "-id")[:MOST_DONE])


def notices_of(user: User, *, before_id: int | None = None, limit: int = 50) -> list[Notice]:
    """The latest, newest first, with what they are about."""
    notices = Notice.objects.filter(user=user).filter(_IS_SHOWN)
    if before_id is not None:
        notices = notices.filter(pk__lt=before_id)
    return list(notices.select_related("activity", "letter", "account").order_by("-id")[:limit])


def unread_count(user: User) -> int:
    """How many notices are new, counted up to 99."""
    return len(Notice.objects.filter(_IS_SHOWN, user=user, read_at=None).order_by()[:MOST_COUNTED].values("pk"))


def _shown(rows: Activities) -> Activities:
    return rows.filter(removed_at=None).select_related("owner", "customer", "lead", "project")
