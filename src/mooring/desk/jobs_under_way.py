"""What runs in the background for somebody now: lines of progress for the page behind the bell, and whether the bell moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.customers.models import BulkChange
from mooring.desk.bulk_pages import lines_of_changes, progress_of
from mooring.transfer.models import IN_WORK, Import
from mooring.ui.parts import Progress
from mooring.users.models import User


@dataclass(frozen=True, slots=True)
class Job:
    """What runs, how far it is, and where it is shown."""

    title: str
    progress: Progress
    url: str


def jobs_of(user: User, now: datetime) -> list[Job]:
    """Each job under way. Two queries, and one for each list that changes take values from."""
    changes, imports = _under_way(user)
    found = [
        Job(line.what, replace(progress_of(line.change), url=""), reverse("bulk_change", args=[line.change.pk]))
        for line in lines_of_changes(list(changes), now)
    ]
    for job in imports:
        progress = Progress(label=_("Under way"), done=job.rows_done, total=job.row_total or None)
        found.append(Job(_("Import of %(name)s") % {"name": job.file_name}, progress, reverse("import", args=[job.pk])))
    return found


def has_jobs(user: User) -> bool:
    """Whether anything runs. At most two queries."""
    return any(rows.exists() for rows in _under_way(user))


def _under_way(user: User) -> tuple[QuerySet[BulkChange], QuerySet[Any]]:
    changes = BulkChange.objects.filter(Q(changed_by=user, undone_by=None) | Q(undone_by=user), ended_at=None)
    return (
        changes.select_related("info_field"),
        Import.objects.filter(user=user, state__in=IN_WORK),
    )
