"""Saying that records found together are not duplicates: they are not shown together again, until it is taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import combinations

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.merging.finding import MOST_IN_A_GROUP
from mooring.merging.models import Different
from mooring.merging.tables import Record, kind_of_record
from mooring.users.journal import Actor, Line, record_all


class UnableToTellApart(Exception):
    """Nothing was noted; the text is fit for the user."""


def tell_apart(*, records: Sequence[Record], by: Actor, now: datetime) -> list[Different]:
    """Each of these, which the page chose within the reader's rights, is another than each of the others.

    Returns the pairs that were new. Raises UnableToTellApart.
    """
    ids = sorted({record.pk for record in records})
    if not 2 <= len(ids) <= MOST_IN_A_GROUP:
        raise UnableToTellApart(_("Choose at least two different records."))
    kind = kind_of_record(records[0])
    with transaction.atomic():
        known = set(Different.objects.filter(kind=kind, low_id__in=ids, high_id__in=ids).values_list("low_id", "high_id"))
        pairs = [pair for pair in combinations(ids, 2) if pair not in known]
        new = [Different(kind=kind, low_id=low, high_id=high, said_by=by.user, said_at=now) for low, high in pairs]
        Different.objects.bulk_create(new, ignore_conflicts=True)
        record_all([Line("told_apart", kind, each.pk, each.name, {}) for each in records], by=by, now=now)
    return new


def take_back_difference(*, records: Collection[Record], by: Actor, now: datetime) -> None:
    """These, which the page chose within the reader's rights, may be duplicates after all."""
    ids = [record.pk for record in records]
    kind = kind_of_record(next(iter(records)))
    with transaction.atomic():
        Different.objects.filter(kind=kind, low_id__in=ids, high_id__in=ids).delete()
        record_all([Line("told_apart_no_more", kind, each.pk, each.name, {}) for each in records], by=by, now=now)
