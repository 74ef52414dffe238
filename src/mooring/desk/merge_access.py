"""From a URL to what is merged: only records that the user may delete, for each of them may be taken in by another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from mooring.customers.models import Lead
from mooring.desk.access import contact_for, customer_for, lead_for, user_of
from mooring.merging.models import Merge, MergeKind
from mooring.merging.tables import RECORD_MODELS
from mooring.users.permissions import Action

_SEEK: Final = {MergeKind.CUSTOMER: customer_for, MergeKind.LEAD: lead_for, MergeKind.CONTACT: contact_for}


def losable_for(request: HttpRequest, kind: MergeKind, record_id: int) -> Any:
    """A record of the kind that the user may see taken in."""
    return _SEEK[kind](request, record_id, Action.DELETE)


def losables_for(request: HttpRequest, kind: MergeKind, ids: Sequence[int]) -> list[Any]:
    """The same for several, in the order of their ids. One query."""
    user, records = user_of(request), RECORD_MODELS[kind].objects
    rows = Lead.objects.with_tags().select_related("owner", "source") if kind is MergeKind.LEAD else records.with_chosen()
    found = {row.pk: row for row in rows.visible_to(user).visible_to(user, Action.DELETE).filter(pk__in=ids)}
    if all(record_id in found for record_id in ids):
        return [found[record_id] for record_id in ids]
    if records.visible_to(user).filter(pk__in=ids).count() == len(set(ids)):
        raise PermissionDenied
    raise Http404


def records_to_tell_apart(request: HttpRequest, kind: MergeKind, ids: Collection[int]) -> list[Any]:
    """Those that the user may change; others are left out without a word."""
    return list(RECORD_MODELS[kind].objects.visible_to(user_of(request), Action.CHANGE).filter(pk__in=ids).order_by("pk"))


def merge_for(request: HttpRequest, merge_id: int) -> Merge:
    """A merge into a record that the user may change."""
    merge = Merge.objects.filter(pk=merge_id).first()
    if merge is None:
        raise Http404
    rows = RECORD_MODELS[merge.kind].objects
    if not rows.visible_to(user_of(request)).filter(pk=merge.now_id).exists():
        raise Http404
    if not rows.visible_to(user_of(request), Action.CHANGE).filter(pk=merge.now_id).exists():
        raise PermissionDenied
    return merge
