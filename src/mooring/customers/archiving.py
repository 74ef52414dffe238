"""The archive: customers who pause. Nothing of them is lost, their letters are still linked, and they come back as they were.

Archiving writes the moment into the customer's row, locks its portal users and writes down which (customers.portal_access), and
nothing else: restoring undoes exactly that and leaves no trace but the journal's lines. Who goes there or back is decided, and
written into the journal, by customers.bulk_editing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mooring.customers.models import Customer
from mooring.customers.portal_access import lock_for_archive, unlock_after_archive

_WHY = "these customers were chosen within the rights of whoever does it"


def write_archived(ids: Sequence[int], *, to: datetime | None, now: datetime) -> None:
    """Put them into the archive at a moment, or take them out, within the transaction of a deed that writes the journal."""
    for start in range(0, len(ids), 500):
        chunk = list(ids[start : start + 500])
        Customer.objects.unscoped(_WHY).filter(pk__in=chunk).update(archived_at=to)
        if to is None:
            unlock_after_archive(chunk)
        else:
            lock_for_archive(chunk, now=now)
