"""Groups of staff in a tree: added, changed, moved, and who works in them. Done by administrators alone.

What a group is for (the mail accounts of a team, sales people) is a matter of the rooms above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import Group, GroupKind, Membership, PastMembership, User
from mooring.users.permissions import Action, Module, may

MOST_LEVELS: Final = 12
"""A tree deeper than this cannot be drawn any more."""


class UnableToChangeGroup(Exception):
    """The group was not changed. `problems` is {field: text fit for the user}; "" stands for the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group where it stands in the drawn tree: `level` 0 is the top."""

    group: Group
    level: int
    member_count: int

    @property
    def path_hint(self) -> str:
        """The name as a list without a tree shows it: indented by its level."""
        return "\u2003" * self.level + self.group.name


def group_lines() -> list[GroupLine]:
    """All groups in the order of the tree, every group before those under it. One query."""
    groups = list(Group.objects.annotate(member_count=Count("memberships")).order_by("place", "id"))
    below: dict[int | None, list[Any]] = {}
    for group in groups:
        below.setdefault(group.parent_id, []).append(group)
    lines: list[GroupLine] = []
    waiting = [(group, 0) for group in reversed(below.get(None, []))]
    while waiting:
        group, level = waiting.pop()
        lines.append(GroupLine(group, level, group.member_count))
        waiting += [(child, level + 1) for child in reversed(below.get(group.pk, []))]
    return lines


def members_of(group: Group) -> QuerySet[Membership]:
    """Who works in the group, by name."""
    return group.memberships.select_related("user").order_by("user__name", "pk")


def groups_of(user: User) -> QuerySet[Group]:
    """The groups that the user works in, by name."""
    return Group.objects.filter(memberships__user=user).order_by("name", "pk")


def add_group(
    *, name: str, by: Actor, now: datetime, description: str = "", kind: str = GroupKind.STANDARD, parent: Group | None = None
) -> Group:
    """A new group, the last one under its parent. Raises UnableToChangeGroup."""
    demand_administrator(by)
    with transaction.atomic():
        parents = lock_tree()
        group = Group(name=_tidy(name), description=description.strip(), kind=kind, parent=parent)
        group.place = _next_place(group.parent_id)
        demand_sound(group, parents)
        group.save(force_insert=True)
        facts = {"parent": str(parent or ""), "kind": group.kind, "description": group.description}
        note("added", group, facts, by=by, now=now)
    return group


def change_group(
    *, group: Group, by: Actor, now: datetime, name: str | None = None, description: str | None = None, kind: str | None = None
) -> Group:
    """What is None stays. Raises UnableToChangeGroup."""
    demand_administrator(by)
    wanted = {
        "name": None if name is None else _tidy(name),
        "description": None if description is None else description.strip(),
        "kind": kind,
    }
    with transaction.atomic():
        parents = lock_tree()
        group = present_group(group)
        after = {field: value for field, value in wanted.items() if value is not None}
        changes = changes_between({field: getattr(group, field) for field in after}, after)
        for field, (_before, value) in changes.items():
            setattr(group, field, value)
        demand_sound(group, parents)
        if changes:
            group.save(update_fields=list(changes))
            note("changed", group, changes, by=by, now=now)
    return group


def move_group(*, group: Group, parent: Group | None, by: Actor, now: datetime, before: Group | None = None) -> Group:
    """Put the group with all below it under another one, or at the top; before a sibling, or last. Raises UnableToChangeGroup."""
    demand_administrator(by)
    with transaction.atomic():
        parents = lock_tree()
        group = present_group(group)
        was = group.parent
        group.parent = parent
        demand_sound(group, parents)
        siblings = list(Group.objects.filter(parent=parent).exclude(pk=group.pk).order_by("place", "pk"))
        place = next((number for number, each in enumerate(siblings) if before is not None and each.pk == before.pk), None)
        siblings.insert(len(siblings) if place is None else place, group)
        for number, sibling in enumerate(siblings):
            sibling.place = number
        Group.objects.bulk_update(siblings, ["place", "parent"])
        note("moved", group, {"parent": [str(was or ""), str(parent or "")], "place": group.place + 1}, by=by, now=now)
    return group


def add_member(*, group: Group, user: User, by: Actor, now: datetime, position: str = "") -> Membership:
    """Somebody works in the group from today on, or does so in another position. Raises UnableToChangeGroup."""
    demand_administrator(by)
    position = _sound_position(position)
    with transaction.atomic():
        group = present_group(group)
        found = Membership.objects.filter(group=group, user=user).first()
        membership = found or Membership(group=group, user=user, since_on=now.date())
        if found is not None and found.position == position:
            return found
        before, membership.position = membership.position, position
        membership.save()
        action = "member_added" if found is None else "member_changed"
        facts = {"member": str(user), "position": [before, position]}
        note(action, group, facts, by=by, now=now)
    return membership


def remove_member(*, group: Group, user: User, by: Actor, now: datetime) -> PastMembership | None:
    """Somebody no longer works in the group; yesterday was the last day, if there was one. Raises UnableToChangeGroup."""
    demand_administrator(by)
    last_day = now.date() - timedelta(days=1)
    with transaction.atomic():
        found = Membership.objects.select_for_update(of=("self",)).filter(group=group, user=user).first()
        if found is None:
            return None
        past = PastMembership(group=group, user=user, position=found.position, since_on=found.since_on, until_on=last_day)
        found.delete()
        was_there = past.since_on is None or past.since_on <= last_day
        if was_there:
            past.save()
        note("member_removed", group, {"member": str(user)}, by=by, now=now)
    return past if was_there else None


def lock_tree() -> dict[int, int | None]:
    """The whole tree held, so that two moves at once cannot make a circle: the parent of every group."""
    return dict(Group.objects.select_for_update().order_by("pk").values_list("pk", "parent_id"))


def present_group(group: Group) -> Group:
    """As it stands now. Raises UnableToChangeGroup where it was removed."""
    found = Group.objects.select_related("parent").filter(pk=group.pk).first()
    if found is None:
        raise UnableToChangeGroup({"": _("This group was removed.")})
    return found


def _next_place(parent_id: int | None) -> int:
    last = Group.objects.filter(parent_id=parent_id).order_by("-place").values_list("place", flat=True).first()
    return 0 if last is None else last + 1


def demand_sound(group: Group, parents: Mapping[int, int | None]) -> None:
    """Whether the group may stand so in the tree. Raises UnableToChangeGroup."""
    problems = {}
    if not 0 < len(group.name) <= 100:
        problems["name"] = _("Give the group a name of at most 100 characters.")
    elif _siblings(group).filter(name__iexact=group.name).exists():
        problems["name"] = _("There is a group of this name at this place already.")
    if len(group.description) > 1000:
        problems["description"] = _("The description may have at most 1,000 characters.")
    if group.kind not in GroupKind.values:
        problems["kind"] = _("Choose one of the types.")
    above = _above(group.parent_id, parents)
    if group.pk is not None and group.pk in above:
        problems["parent"] = _("A group cannot be moved below itself.")
    elif group.parent_id is not None and group.parent_id not in parents:
        problems["parent"] = _("This group was removed.")
    elif len(above) + _depth_below(group.pk, parents) > MOST_LEVELS:
        problems["parent"] = _("The tree may have at most %(count)d levels.") % {"count": MOST_LEVELS}
    if problems:
        raise UnableToChangeGroup(problems)


def _siblings(group: Group) -> QuerySet[Group]:
    return Group.objects.filter(parent_id=group.parent_id).exclude(pk=group.pk)


def _above(parent_id: int | None, parents: Mapping[int, int | None]) -> Sequence[int]:
    """The ids from the parent up to the top."""
    above: list[int] = []
    while parent_id is not None and parent_id not in above:
        above.append(parent_id)
        parent_id = parents.get(parent_id)
    return above


def _depth_below(group_id: int | None, parents: Mapping[int, int | None]) -> int:
    """How many levels the group takes with all below it."""
    if group_id is None:
        return 1
    lines = [_above(each, parents) for each in parents]
    return max((line.index(group_id) + 1 for line in lines if group_id in line), default=1)


def _sound_position(position: str) -> str:
    position = _tidy(position)
    if len(position) > 100:
        raise UnableToChangeGroup({"position": _("A position may have at most 100 characters.")})
    return position


def _tidy(text: str) -> str:
    return " ".join(text.split())


def demand_administrator(by: Actor) -> None:
    """Commands act for the installation; a person needs the right to set it up."""
    if by.user is not None and not may(by.user, Module.SETUP, Action.CHANGE):
        raise UnableToChangeGroup({"": _("Only an administrator may do this.")})


def note(action: str, group: Group, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="group", record_id=group.pk, name=group.name, changes=changes, now=now)
