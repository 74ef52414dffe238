"""From when to when somebody works in a group: the days that reports count by, put right by administrators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mooring.users.groups import UnableToChangeGroup, demand_administrator, note
from mooring.users.journal import Actor
from mooring.users.models import Group, Membership, PastMembership, User


@dataclass(frozen=True, slots=True)
class TimeInGroup:
    """Somebody's days in a group, both included; None is the beginning, or no end."""

    group_id: int
    user_id: int
    since: date | None = None
    until: date | None = None

    def covers(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def meets(self, other: TimeInGroup) -> bool:
        """Whether the two have a day in common."""
        return (self.until or date.max) >= (other.since or date.min) and (other.until or date.max) >= (self.since or date.min)


def past_members_of(group: Group) -> QuerySet[PastMembership]:
    """Who worked in the group once, the last to leave first."""
    return group.past_memberships.select_related("user").order_by("-until_on", "pk")


def times_in_groups(people: Iterable[User]) -> list[TimeInGroup]:
    """All times of these people in all groups. Two queries."""
    ids = [user.pk for user in people]
    names = ("group_id", "user_id", "since_on")
    present = Membership.objects.filter(user__in=ids).order_by("pk").values_list(*names)
    past = PastMembership.objects.filter(user__in=ids).order_by("pk").values_list(*names, "until_on")
    return [TimeInGroup(*row) for row in [*present, *past]]


def date_membership(*, membership: Membership, since: date | None, by: Actor, now: datetime) -> Membership:
    """Somebody works in the group from this day on, or from the beginning. Raises UnableToChangeGroup."""
    demand_administrator(by)
    with transaction.atomic():
        held = Membership.objects.select_for_update(of=("self",)).select_related("group", "user").get(pk=membership.pk)
        if held.since_on != since:
            before, held.since_on = held.since_on, since
            _demand_sound(TimeInGroup(held.group_id, held.user_id, since), held, now)
            held.save(update_fields=["since_on"])
            facts = {"member": str(held.user), "since_on": [_in_json(before), _in_json(since)]}
            note("member_dated", held.group, facts, by=by, now=now)
    return held


def date_past_membership(*, past: PastMembership, since: date | None, until: date, by: Actor, now: datetime) -> PastMembership:
    """Somebody worked in the group on these days. Raises UnableToChangeGroup."""
    demand_administrator(by)
    with transaction.atomic():
        held = PastMembership.objects.select_for_update(of=("self",)).select_related("group", "user").get(pk=past.pk)
        if (held.since_on, held.until_on) != (since, until):
            facts = {
                "member": str(held.user),
                "since_on": [_in_json(held.since_on), _in_json(since)],
                "until_on": [_in_json(held.until_on), _in_json(until)],
            }
            _demand_sound(TimeInGroup(held.group_id, held.user_id, since, until), held, now)
            held.since_on, held.until_on = since, until
            held.save(update_fields=["since_on", "until_on"])
            note("member_dated", held.group, facts, by=by, now=now)
    return held


def bring_back_member(*, past: PastMembership, by: Actor, now: datetime) -> Membership:
    """As if the member had never been taken out of the group. Raises UnableToChangeGroup where one is in it again."""
    demand_administrator(by)
    with transaction.atomic():
        held = PastMembership.objects.select_for_update(of=("self",)).select_related("group", "user").get(pk=past.pk)
        if Membership.objects.filter(group=held.group, user=held.user).exists():
            raise UnableToChangeGroup({"": _("%(name)s works in this group already.") % {"name": held.user}})
        _demand_sound(TimeInGroup(held.group_id, held.user_id, held.since_on), held, now)
        membership = Membership.objects.create(group=held.group, user=held.user, position=held.position, since_on=held.since_on)
        held.delete()
        note("member_brought_back", membership.group, {"member": str(membership.user)}, by=by, now=now)
    return membership


def _demand_sound(time: TimeInGroup, row: Membership | PastMembership, now: datetime) -> None:
    """One day of the caller's zone may be ahead of ours."""
    if time.until is not None and time.since is not None and time.since > time.until:
        raise UnableToChangeGroup({"until": _("The first day cannot be after the last one.")})
    if any(day is not None and (day - now.date()).days > 1 for day in (time.since, time.until)):
        raise UnableToChangeGroup({"since": _("A day in the future cannot be counted by.")})
    names = ("group_id", "user_id", "since_on")
    past = PastMembership.objects.filter(group=row.group, user=row.user)
    present = Membership.objects.filter(group=row.group, user=row.user)
    if isinstance(row, PastMembership):
        past = past.exclude(pk=row.pk)
    else:
        present = present.exclude(pk=row.pk)
    others = [TimeInGroup(*each) for each in [*past.values_list(*names, "until_on"), *present.values_list(*names)]]
    if any(time.meets(other) for other in others):
        raise UnableToChangeGroup({"since": _("These days are counted already: the same person was in the group then.")})


def _in_json(day: date | None) -> str:
    return "" if day is None else day.isoformat()
