"""The archive: customers who pause. Nothing of them is lost, their letters are still linked, and they come back as they were.

Archiving writes the moment into the customer's row, locks its portal users and writes down which (customers.portal_access), and
nothing else: restoring undoes exactly that and leaves no trace but the journal's lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.customers.models import Customer
from mooring.customers.models.customer import CustomerQuerySet
from mooring.customers.portal_access import lock_for_archive, unlock_after_archive
from mooring.users.journal import Actor, Line, record_all

_WHY = "these customers were chosen within the rights of whoever does it"


class UnableToArchive(Exception):
    """Nobody was archived or restored; the text is fit for the user."""


def archive_customers(*, customers: CustomerQuerySet, by: Actor, now: datetime) -> int:
    """Put these into the archive, those that rest there already left alone; returns how many went.

    All of one call share the moment `now`, by which an undo finds exactly them again. Raises UnableToArchive when there
    is none.
    """
    return _moved(customers.filter(archived_at=None), to=now, action="archived", by=by, now=now)


def restore_customers(*, customers: CustomerQuerySet, by: Actor, now: datetime) -> int:
    """Bring these back from the archive; returns how many came. Raises UnableToArchive when there is none."""
    return _moved(customers.filter(archived_at__isnull=False), to=None, action="restored", by=by, now=now)


def write_archived(ids: Sequence[int], *, to: datetime | None, now: datetime) -> None:
    """Put them into the archive at a moment, or take them out, within the transaction of a deed that writes the journal."""
    for start in range(0, len(ids), 500):
        chunk = list(ids[start : start + 500])
        Customer.objects.unscoped(_WHY).filter(pk__in=chunk).update(archived_at=to)
        if to is None:
            unlock_after_archive(chunk)
        else:
            lock_for_archive(chunk, now=now)


def _moved(customers: CustomerQuerySet, *, to: datetime | None, action: str, by: Actor, now: datetime) -> int:
    with transaction.atomic():
        rows = list(customers.select_for_update(of=("self",)).order_by("pk").only("pk", "name", "archived_at"))
        if not rows:
            raise UnableToArchive(_no_longer_there(action))
        ids = [row.pk for row in rows]
        write_archived(ids, to=to, now=now)
        record_all(
            [Line(action=action, kind="customer", record_id=row.pk, name=row.name, changes={}) for row in rows], by=by, now=now
        )
    return len(rows)


def _no_longer_there(action: str) -> str:
    if action == "archived":
        return _("None of them could be moved to the archive: they are there already, or are not yours to move.")
    return _("None of them could be restored: they have been restored already, or are not yours to restore.")
