"""What runs in the background for somebody now: lines of progress for the page behind the bell, and whether the bell moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mooring.customers.models import BulkChange, BulkMove
from mooring.desk.bulk_pages import progress_of
from mooring.transfer.models import IN_WORK, Import
from mooring.ui.parts import Progress
from mooring.users.models import User


def jobs_of(user: User) -> list[tuple[Progress, str]]:
    """Each job under way with the address of its page. Three queries."""
    changes, moves, imports = _under_way(user)
    found = [(replace(progress_of(change), url=""), reverse("bulk_change", args=[change.pk])) for change in changes]
    for move in moves:
        here = reverse("bulk_move", args=[move.pk])
        found.append((Progress(label=str(move), done=move.done, total=move.total), here))
    for job in imports:
        label = _("Import of %(name)s") % {"name": job.file_name}
        found.append((Progress(label=label, done=job.rows_done, total=job.row_total or None), reverse("import", args=[job.pk])))
    return found


def has_jobs(user: User) -> bool:
    """Whether anything runs. At most three queries."""
    return any(rows.exists() for rows in _under_way(user))


def _under_way(user: User) -> tuple[QuerySet[BulkChange], QuerySet[BulkMove], QuerySet[Any]]:
    changes = BulkChange.objects.filter(Q(changed_by=user, undone_by=None) | Q(undone_by=user), ended_at=None)
    return (
        changes.select_related("info_field"),
        BulkMove.objects.filter(started_by=user, ended_at=None),
        Import.objects.filter(user=user, state__in=IN_WORK),
    )
