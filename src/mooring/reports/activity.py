"""What each person did in a period: tasks, calls, meetings and notes that were done, and letters sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from mooring.activities.models import Activity, ActivityKind
from mooring.activities.planning import may_plan
from mooring.activities.queries import about_in_sight, shown
from mooring.customers.value_lists import any_of
from mooring.letters.models import OutgoingLetter
from mooring.letters.visibility import visible_letters
from mooring.reports.asked import Asked
from mooring.reports.report import Column, Report, Row, Way, added_up, bars
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import owners_within

MOST_LISTED: Final = 500
"""Of a page; the file has all."""
_WHY = "how much everybody did is counted for those who may see the reports of all"
_WHY_SENT = "of sent letters only those are shown that the reader may read in the archive"


def activity_by_person(asked: Asked) -> Report:
    """Everybody who may sign in, for those who see the reports of all; for others themselves."""
    people = people_counted(asked.reader)
    done = Activity.objects.unscoped(_WHY).filter(
        owner__in=people, removed_at=None, done_at__gte=asked.begins_at, done_at__lt=asked.ends_at
    )
    counts = {
        (owner, kind): count for owner, kind, count in done.order_by().values_list("owner_id", "kind").annotate(count=Count("pk"))
    }
    sent = OutgoingLetter.objects.unscoped(_WHY).filter(
        author__in=people, sent_at__gte=asked.begins_at, sent_at__lt=asked.ends_at
    )
    letters = dict(sent.order_by().values_list("author_id").annotate(count=Count("pk")))
    kinds = list(ActivityKind)
    columns = [Column(_("Person")), *(Column(str(_plural(kind)), "count") for kind in kinds), Column(_("Emails sent"), "count")]
    days = {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
    rows = []
    for user in people:
        numbers = [*(counts.get((user.pk, kind.value), 0) for kind in kinds), letters.get(user.pk, 0)]
        way = Way("report", ("done",), {**days, "person": str(user.pk)}) if any(numbers) else None
        rows.append(Row((str(user), *numbers), way))
    drawn = tuple(range(1, len(columns)))
    return Report(columns=columns, rows=rows, totals=added_up(rows, columns, _("Total")), charts=bars(rows, columns, drawn))


def people_counted(reader: User) -> QuerySet[User]:
    """Whose work the reader sees counted: everybody's, or the own and that of the people within reach."""
    people = User.objects.filter(is_active=True).order_by("name", "pk")
    scope = scope_of(reader, Module.REPORTS, Action.VIEW)
    return people if scope is Scope.ALL else people.filter(pk__in=owners_within(reader, max(scope, Scope.OWN)))


def what_was_done(asked: Asked) -> Report:
    """The activities and sent letters behind those counts, the latest first; what the reader may not see is only counted."""
    people = people_counted(asked.reader) if asked.person is None else [asked.person]
    most = MOST_LISTED + 1 if asked.most else None
    done = shown(Activity.objects.visible_to(asked.reader)).filter(
        owner__in=people, done_at__gte=asked.begins_at, done_at__lt=asked.ends_at
    )
    sent = OutgoingLetter.objects.unscoped(_WHY_SENT).filter(
        author__in=people, sent_at__gte=asked.begins_at, sent_at__lt=asked.ends_at, letter__in=visible_letters(asked.reader)
    )
    activities = about_in_sight(list(done.order_by("-done_at", "-pk")[:most]), asked.reader)
    changeable = _changeable(activities, asked.reader)
    found = [_of_activity(activity, may_change=activity.pk in changeable) for activity in activities]
    found += [_of_letter(one) for one in sent.select_related("author", "letter").order_by("-sent_at", "-pk")[:most]]
    found.sort(key=lambda each: each[0], reverse=True)
    columns = [Column(_("When"), "time"), Column(_("Person")), Column(_("Kind")), Column(_("What")), Column(_("About"))]
    remarks = [_("Only what you may see is listed.")]
    if most and len(found) > MOST_LISTED:
        remarks.append(_("These are the latest %(count)d; the file has all.") % {"count": MOST_LISTED})
    return Report(columns=columns, rows=[row for _at, row in found[: most and MOST_LISTED]], remarks=remarks)


def _changeable(activities: Sequence[Activity], reader: User) -> set[int]:
    """The ids of those whose form the reader may open; others are seen where they stand."""
    if not may_plan(reader):
        return set()
    rows = Activity.objects.visible_to(reader, Action.CHANGE).filter(pk__in=any_of({activity.pk for activity in activities}))
    return set(rows.order_by().values_list("pk", flat=True))


def _of_activity(activity: Activity, *, may_change: bool) -> tuple[datetime, Row]:
    assert activity.done_at is not None  # asked for above
    about = activity.about_shown
    way = Way("edit_activity", (activity.pk,)) if may_change else None
    if about is not None:
        way = way or Way(type(about).__name__.lower(), (about.pk,))
    told = str(about or "")
    kind = str(ActivityKind(activity.kind).label)
    return activity.done_at, Row((activity.done_at, str(activity.owner), kind, activity.title, told), way)


def _of_letter(sent: OutgoingLetter) -> tuple[datetime, Row]:
    assert sent.sent_at is not None  # asked for above
    assert sent.letter is not None
    subject = sent.letter.subject or _("(without a subject)")
    return sent.sent_at, Row((sent.sent_at, str(sent.author), _("Email"), subject, ""), Way("letter", (sent.letter.pk,)))


def _plural(kind: ActivityKind) -> str:
    words = {
        ActivityKind.TASK: _("Tasks"),
        ActivityKind.CALL: _("Calls"),
        ActivityKind.MEETING: _("Meetings"),
        ActivityKind.NOTE: _("Notes"),
    }
    return words[kind]
