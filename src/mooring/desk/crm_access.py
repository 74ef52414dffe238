"""From a URL to what stands under Settings > CRM, and to changes of many customers: no scoped records, each asked for by id.

And to the customer for whom a project begins."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from mooring.customers.models import BulkChange, Customer, IndustryMove, OrderedEntry
from mooring.customers.models.project import with_projects_for
from mooring.desk.access import user_of
from mooring.users.models import PastMembership, RemovedGroup
from mooring.users.permissions import Action, Module, may

Row = TypeVar("Row", bound=Model)
Entry = TypeVar("Entry", bound=OrderedEntry)


def list_entry_for(kind: type[Entry], entry_id: int) -> Entry:
    """An entry of a list, for whoever may change the setup (asked before)."""
    return _first(kind._default_manager.all(), entry_id)


def customer_with_projects_for(request: HttpRequest, customer_id: int) -> Customer:
    """A customer whose projects the user may change, though perhaps not the customer."""
    return _first(with_projects_for(user_of(request), Action.CHANGE), customer_id)


def bulk_change_for(request: HttpRequest, change_id: int) -> BulkChange:
    """One's own change of many records; for administrators, anybody's."""
    user = user_of(request)
    changes = BulkChange.objects.select_related("info_field", "changed_by", "undone_by")
    return _first(changes if may(user, Module.SETUP, Action.CHANGE) else changes.filter(changed_by=user), change_id)


def industry_move_for(move_id: int) -> IndustryMove:
    return _first(IndustryMove.objects.filter(part_of=None).select_related("old", "new"), move_id)


def past_member_for(group_id: int, past_id: int) -> PastMembership:
    """Somebody who worked in the group, for whoever may change the setup (asked before)."""
    return _first(PastMembership.objects.filter(group=group_id).select_related("group", "user"), past_id)


def removed_group_for(group_id: int) -> RemovedGroup:
    """A group that was removed, for whoever may change the setup (asked before)."""
    return _first(RemovedGroup.objects.all(), group_id)


def _first(rows: QuerySet[Row], row_id: int) -> Row:
    """What is absent is a 404."""
    row = rows.filter(pk=row_id).first()
    if row is None:
        raise Http404
    return row
