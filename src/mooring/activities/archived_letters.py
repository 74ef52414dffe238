"""New letters of customers in the archive are linked as ever; whoever looks after the customer is told.

Looks at the links made since the last look. Links can become visible a little out of their order, so some are looked at twice;
nobody is told twice of one letter.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, Max, OuterRef, QuerySet

from mooring.activities.models import LookedAt, Notice, NoticeKind
from mooring.letters.models import Link, Rule
from mooring.users.scoping import has_none

_NAME: Final = "links of archived customers"
_BACK: Final = 500
_AT_ONCE: Final = 500


def tell_of_archived(*, now: datetime) -> int:
    """Tell the owners of archived customers of letters that came since; returns how many notices. Three queries."""
    newest = Link.objects.aggregate(newest=Max("pk"))["newest"] or 0
    with transaction.atomic():
        looked, is_first = LookedAt.objects.select_for_update().get_or_create(name=_NAME, defaults={"last_id": newest})
        if is_first or looked.last_id == newest:
            return 0
        links = list(_new_links(looked.last_id - _BACK)[:_AT_ONCE])
        told = {(link.customer.owner_id, link.letter_id) for link in links if link.customer is not None}
        Notice.objects.bulk_create(
            Notice(user_id=owner, kind=NoticeKind.ARCHIVED, letter_id=letter, at=now) for owner, letter in sorted(told) if owner
        )
        if len(links) < _AT_ONCE:
            looked.last_id = newest
            looked.save()
    return len(told)


def _new_links(after_id: int) -> QuerySet[Link]:
    told = Notice.objects.filter(kind=NoticeKind.ARCHIVED, letter=OuterRef("letter"), user=OuterRef("customer__owner"))
    links = Link.objects.filter(
        has_none(told),
        pk__gt=after_id,
        removed_at=None,
        batch=None,
        customer__archived_at__isnull=False,
        customer__owner__is_active=True,
        letter__is_private=False,
        letter__stored_at__gte=F("customer__archived_at"),
    )
    return links.exclude(rule=Rule.MANUAL).select_related("customer").order_by("pk")
