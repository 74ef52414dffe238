"""What each person did in a period: tasks, calls, meetings and notes that were done, and letters sent from here."""

from __future__ import annotations

from django.db.models import Count
from django.utils.translation import gettext as _

from mooring.activities.models import Activity, ActivityKind
from mooring.letters.models import OutgoingLetter
from mooring.reports.asked import Asked
from mooring.reports.report import Column, Report, Row, added_up, bars
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of

_WHY = "how much everybody did is counted for those who may see the reports of all"


def activity_by_person(asked: Asked) -> Report:
    """Everybody who may sign in, for those who see the reports of all; for others themselves."""
    people = User.objects.filter(is_active=True).order_by("name", "pk")
    if scope_of(asked.reader, Module.REPORTS, Action.VIEW) is not Scope.ALL:
        people = people.filter(pk=asked.reader.pk)
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
    rows = [
        Row((str(user), *(counts.get((user.pk, kind.value), 0) for kind in kinds), letters.get(user.pk, 0))) for user in people
    ]
    drawn = tuple(range(1, len(columns)))
    return Report(columns=columns, rows=rows, totals=added_up(rows, columns, _("Total")), charts=bars(rows, columns, drawn))


def _plural(kind: ActivityKind) -> str:
    words = {
        ActivityKind.TASK: _("Tasks"),
        ActivityKind.CALL: _("Calls"),
        ActivityKind.MEETING: _("Meetings"),
        ActivityKind.NOTE: _("Notes"),
    }
    return words[kind]
