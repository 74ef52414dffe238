"""Changes of very many records, carried on by the worker a portion at a time: stopped, set aside where they fail, tried again.

A portion that fails leaves everything as it was. After a few tries its job is set aside with the reason, so that it keeps none of
the others waiting; what is left of it waits until somebody tries again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mooring.customers.bulk_editing import UnableToChangeMany, action_for, carry_out
from mooring.customers.gathering import from_json, gather
from mooring.customers.models import BulkChange, BulkChangeRow, BulkState
from mooring.users.journal import Actor

PORTION: Final = 250
"""So many at once, so that nobody waits long for a lock."""
TRIES: Final = 3
PAUSE: Final = timedelta(seconds=30)
"""Before the second try, and twice as long before the third; others go on meanwhile."""
_log = logging.getLogger(__name__)


def carry_on_changes(*, now: datetime) -> int:
    """One portion of the oldest job; returns how many records were dealt with, 0 where there is no job.

    A job whose last records are gone meanwhile ends and counts as one, and so does a try that fails. Two workers at once do
    not both do it. Raises DatabaseError or InterfaceError where the database does not answer at all.
    """
    skips = bool(transaction.get_connection().features.has_select_for_update_skip_locked)
    due = BulkChange.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now), ended_at=None)
    with transaction.atomic():
        known = due.select_related("info_field", "changed_by", "undone_by")
        change = known.select_for_update(skip_locked=skips, of=("self",)).order_by("pk").first()
        if change is None:
            return 0
        try:
            with transaction.atomic():
                return _carry_on(change, now)
        except Exception as error:
            _log.exception("Change %s of many records failed", change.pk)
            _note_failure(change, error, now)
            return 1


def stop_change(*, change: BulkChange, now: datetime) -> None:
    """End it where it stands. What was changed by then, or given back, stays so; the rest can still be given back."""
    with transaction.atomic():
        under_way = BulkChange.objects.filter(pk=change.pk, ended_at=None)
        if under_way.update(ended_at=now, is_stopped=True, found_by=None, undone_at=None, undone_by=None):
            BulkChangeRow.objects.filter(change=change, state=BulkState.WAITING).delete()


def retry_change(*, change: BulkChange) -> None:
    """Let one that was set aside go on where it stands. Raises UnableToChangeMany where it was not, or goes on already."""
    broken = BulkChange.objects.filter(pk=change.pk).exclude(broke_with="")
    if not broken.update(ended_at=None, broke_with="", failure_count=0, retry_at=None):
        raise UnableToChangeMany(_("It goes on already."))


def _carry_on(change: BulkChange, now: datetime) -> int:
    if change.found_by is not None:
        return _gather(change)
    user = change.undone_by if change.undone_at else change.changed_by
    state = BulkState.CHANGED if change.undone_at else BulkState.WAITING
    rows = list(BulkChangeRow.objects.filter(change=change, state=state).order_by("record_id")[:PORTION])
    carry_out(change, rows, by=Actor(user, "worker", change.address), now=now)
    return max(len(rows), 1)


def _gather(change: BulkChange) -> int:
    """The rows of one page of what its filters find; the next call goes on, or begins to change them."""
    if change.changed_by is None or change.found_by is None:
        change.found_by = None
        change.save(update_fields=["found_by"])
        return 1
    gathered = gather(
        kind=change.kind,
        filters=from_json(change.kind, change.found_by),
        reader=change.changed_by,
        action=action_for(change.field),
        until=change.changed_at,
        cursor=change.found_up_to,
    )
    rows = [BulkChangeRow(change=change, record_id=pk) for pk in gathered.ids]
    BulkChangeRow.objects.bulk_create(rows, batch_size=500)
    change.total, change.found_up_to = change.total + len(rows), gathered.cursor
    change.found_by = change.found_by if gathered.cursor else None
    change.failure_count, change.retry_at = 0, None
    change.save(update_fields=["total", "found_up_to", "found_by", "failure_count", "retry_at"])
    return max(len(rows), 1)


def _note_failure(change: BulkChange, error: Exception, now: datetime) -> None:
    """The next try after a while, or none by itself."""
    change.failure_count += 1
    if change.failure_count < TRIES:
        change.retry_at = now + PAUSE * change.failure_count
    else:
        change.ended_at, change.retry_at, change.broke_with = now, None, type(error).__name__[:100]
    change.save(update_fields=["failure_count", "retry_at", "ended_at", "broke_with"])
