"""Groups that were removed, with who works and worked in them: brought back within thirty days, then forgotten.

Only the journal refers to a removed group. It comes back under its own id, so that what the journal says of it is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.translation import gettext as _

from mooring.users.groups import (
    UnableToChangeGroup,
    demand_administrator,
    demand_sound,
    lock_tree,
    members_of,
    note,
    present_group,
)
from mooring.users.journal import Actor
from mooring.users.models import Group, Membership, PastMembership, RemovedGroup, User

KEPT_FOR: Final = timedelta(days=30)


def remove_group(*, group: Group, by: Actor, now: datetime) -> RemovedGroup:
    """Its members stay members of staff. Raises UnableToChangeGroup while there are groups below or mail accounts of it."""
    demand_administrator(by)
    with transaction.atomic():
        lock_tree()
        group = present_group(group)
        if group.children.exists():
            raise UnableToChangeGroup({"": _("There are groups below it. Move or remove them first.")})
        members = [str(each.user) for each in members_of(group)]
        note("removed", group, {"members": members}, by=by, now=now)
        removed = _written_down(group, by=by, now=now)
        try:
            group.delete()
        except ProtectedError as error:
            said = _("Mail accounts of a team still belong to this group. Give them to another group first.")
            raise UnableToChangeGroup({"": said}) from error
    return removed


def bring_back_group(*, removed: RemovedGroup, by: Actor, now: datetime) -> Group:
    """The group where it stood, or at the top if that is gone, with all who are still staff. Raises UnableToChangeGroup."""
    demand_administrator(by)
    with transaction.atomic():
        parents = lock_tree()
        held = RemovedGroup.objects.select_for_update().filter(pk=removed.pk).first()
        if held is None:
            raise UnableToChangeGroup({"": _("This group was brought back already.")})
        parent_id = held.parent_id if held.parent_id in parents else None
        group = Group(pk=held.pk, name=held.name, description=held.description, kind=held.kind, place=held.place)
        group.parent_id = parent_id
        demand_sound(group, parents)
        group.save(force_insert=True)
        _fill(group, held)
        held.delete()
        note("group_brought_back", group, {"members": [str(each.user) for each in members_of(group)]}, by=by, now=now)
    return group


def removed_groups(now: datetime) -> QuerySet[RemovedGroup]:
    """Those that can be brought back, the last one first."""
    return RemovedGroup.objects.filter(removed_at__gte=now - KEPT_FOR).select_related("removed_by")


def forget_removed_groups(now: datetime) -> int:
    """Who worked in groups that nobody brings back any more."""
    return RemovedGroup.objects.filter(removed_at__lt=now - KEPT_FOR).delete()[0]


def _written_down(group: Group, *, by: Actor, now: datetime) -> RemovedGroup:
    members = group.memberships.values_list("user_id", "position", "since_on")
    past = group.past_memberships.values_list("user_id", "position", "since_on", "until_on")
    return RemovedGroup.objects.create(
        pk=group.pk,
        name=group.name,
        description=group.description,
        kind=group.kind,
        parent_id=group.parent_id,
        place=group.place,
        members=[_row_in_json(*row) for row in members],
        past_members=[_row_in_json(*row) for row in past],
        removed_at=now,
        removed_by=by.user,
    )


def _fill(group: Group, held: RemovedGroup) -> None:
    rows: Sequence[dict[str, Any]] = [*held.members, *held.past_members]
    staff = set(User.objects.filter(pk__in=[row["user_id"] for row in rows]).values_list("pk", flat=True))
    Membership.objects.bulk_create(Membership(group=group, **_row(row)) for row in held.members if row["user_id"] in staff)
    past = (PastMembership(group=group, **_row(row)) for row in held.past_members if row["user_id"] in staff)
    PastMembership.objects.bulk_create(past)


def _row_in_json(user_id: int, position: str, since: date | None, until: date | None = None) -> dict[str, Any]:
    row = {"user_id": user_id, "position": position, "since_on": since and since.isoformat()}
    return row if until is None else {**row, "until_on": until.isoformat()}


def _row(kept: dict[str, Any]) -> dict[str, Any]:
    row = dict(kept)
    for name in ("since_on", "until_on"):
        if row.get(name):
            row[name] = date.fromisoformat(row[name])
    return row
