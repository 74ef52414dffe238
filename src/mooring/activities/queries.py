"""Reading activities and notices: my day, what is planned on a record, the bell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, Max, OuterRef, Q

from mooring.activities.models import Activity, Notice
from mooring.activities.models import ActivityQuerySet as Activities
from mooring.customers.models import Customer, Lead, Project
from mooring.customers.value_lists import any_of
from mooring.letters.visibility import visible_letters
from mooring.sales.models import Opportunity
from mooring.users.models import User
from mooring.users.permissions import Action, Module
from mooring.users.reach import is_owned_within

MOST: Final = 200
"""Lines of one heading; who has more open tasks than that needs no longer page."""
MOST_DONE: Final = 20
MOST_COUNTED: Final = 99
_WHY: Final = "how long a sale has been silent says nothing of what was done"
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


def due_today(user: User, *, now: datetime, zone: ZoneInfo, most: int) -> list[Activity]:
    """The first open activities of a person that are overdue or due before midnight.

    Two queries; one more each with groups, and for letters.
    """
    rows = Activity.objects.visible_to(user).filter(owner=user, done_at=None, due_at__lt=_midnight(now, zone))
    return letters_in_sight(about_in_sight(list(shown(rows).order_by("due_at", "id")[:most]), user), user)


def day_of(user: User, *, now: datetime, zone: ZoneInfo) -> Day:
    """The open activities of a person and those done lately; three queries, one more each with groups, and for letters."""
    rows = list(shown(Activity.objects.visible_to(user).filter(owner=user, done_at=None)).order_by("due_at", "id")[:MOST])
    late = shown(Activity.objects.visible_to(user).filter(owner=user, done_at__isnull=False)).order_by("-done_at", "-id")
    done = list(late[:MOST_DONE])
    letters_in_sight(about_in_sight([*rows, *done], user), user)
    midnight = _midnight(now, zone)
    dated = [(row.due_at, row) for row in rows if row.due_at is not None]
    return Day(
        overdue=[row for due_at, row in dated if due_at < now],
        today=[row for due_at, row in dated if now <= due_at < midnight],
        this_week=[row for due_at, row in dated if midnight <= due_at < midnight + timedelta(days=6)],
        later=[row for due_at, row in dated if due_at >= midnight + timedelta(days=6)],
        some_day=[row for row in rows if row.due_at is None and not row.is_to_be_known],
        done=done,
    )


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the day."""
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), tzinfo=zone)


def activities_of(record: Customer | Lead | Project | Opportunity, *, reader: User) -> list[Activity]:
    """What is planned on a record, the open ones first by when they are due, then those done lately.

    Two queries, with letters three.
    """
    rows = shown(Activity.objects.visible_to(reader).filter(**{type(record).__name__.lower(): record}))
    open_ones = list(rows.filter(done_at=None).order_by("due_at", "id")[:MOST])
    done = list(rows.filter(done_at__isnull=False).order_by("-done_at", "-id")[:MOST_DONE])
    return letters_in_sight(open_ones + done, reader)


def last_done(sales: Sequence[Opportunity]) -> dict[int, datetime]:
    """When the last call, meeting or task about each of these, or about its customer or lead, was done. One query."""
    ends = {name: {pk for sale in sales if (pk := getattr(sale, f"{name}_id"))} for name in ("customer", "lead")}
    about = Q(opportunity__in=[sale.pk for sale in sales]) | Q(customer__in=ends["customer"]) | Q(lead__in=ends["lead"])
    done = Activity.objects.unscoped(_WHY).filter(about, done_at__isnull=False, removed_at=None)
    rows = done.order_by().values_list("opportunity_id", "customer_id", "lead_id").annotate(Max("done_at"))
    latest: dict[tuple[str, int], datetime] = {}
    for *keys, at in rows:
        latest |= {(name, key): at for name, key in zip(("pk", "customer_id", "lead_id"), keys, strict=True) if key}
    found = {sale.pk: [at for (name, key), at in latest.items() if getattr(sale, name) == key] for sale in sales}
    return {pk: max(times) for pk, times in found.items() if times}


def nothing_done_after(at: datetime) -> Q:
    """For opportunities: that no call, meeting or task about them, or about their customer or lead, was done later than that."""
    done = Activity.objects.unscoped(_WHY).filter(done_at__gt=at, removed_at=None)
    about = {"opportunity": "pk", "customer": "customer_id", "lead": "lead_id"}
    return Q(*(~Exists(done.filter(**{name: OuterRef(key)})) for name, key in about.items()))


def notices_of(user: User, *, before_id: int | None = None, limit: int = 50) -> list[Notice]:
    """The latest, newest first, with what they are about."""
    notices = Notice.objects.filter(user=user).filter(_IS_SHOWN)
    if before_id is not None:
        notices = notices.filter(pk__lt=before_id)
    return list(notices.select_related("activity", "letter", "account").order_by("-id")[:limit])


def unread_count(user: User) -> int:
    """How many notices are new, counted up to 99."""
    return len(Notice.objects.filter(_IS_SHOWN, user=user, read_at=None).order_by()[:MOST_COUNTED].values("pk"))


def shown(rows: Activities) -> Activities:
    """Those that were not removed, with what their line names. One query."""
    return rows.filter(removed_at=None).select_related("owner", "customer", "lead", "project__customer", "opportunity")


def about_in_sight(activities: list[Activity], reader: User) -> list[Activity]:
    """The same ones, of `shown`; each says in `is_about_hidden` whether the reader may not see the record any more.

    One's own activities outlast the right to see what they are about. Sales boxes that a password opened do not count. At most
    one query for opportunities, and one for groups.
    """
    sale_ids = {row.opportunity_id for row in activities if row.opportunity_id is not None}
    sales = Opportunity.objects.visible_to(reader).filter(pk__in=any_of(sale_ids)) if sale_ids else ()
    seen = {sale.pk for sale in sales}
    for row in activities:
        row.is_about_hidden = not _is_open(row, reader, seen)
    return activities


def letters_in_sight(activities: list[Activity], reader: User) -> list[Activity]:
    """The same ones; each says in `is_letter_hidden` whether the reader may not open the letter that it was made from.

    One query at most. Colleagues give each other tasks about letters that lie in their own mailboxes.
    """
    letter_ids = {row.letter_id for row in activities if row.letter_id is not None}
    letters = visible_letters(reader).filter(pk__in=any_of(letter_ids)).values_list("pk", flat=True) if letter_ids else ()
    seen = set(letters)
    for row in activities:
        row.is_letter_hidden = row.letter_id not in seen
    return activities


def _is_open(activity: Activity, reader: User, open_sales: set[int]) -> bool:
    if activity.customer:
        return is_owned_within(activity.customer.owner_id, reader, Module.CUSTOMERS, Action.VIEW)
    if activity.lead:
        return _is_open_lead(activity.lead, reader)
    if activity.project:
        return _is_open_project(activity.project, reader)
    return activity.opportunity_id in open_sales


def _is_open_lead(lead: Lead, reader: User) -> bool:
    return lead.converted_at is None and is_owned_within(lead.owner_id, reader, Module.LEADS, Action.VIEW)


def _is_open_project(project: Project, reader: User) -> bool:
    """As its customer is, in both modules."""
    modules = (Module.CUSTOMERS, Module.PROJECTS)
    return all(is_owned_within(project.customer.owner_id, reader, module, Action.VIEW) for module in modules)
