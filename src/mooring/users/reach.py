"""Whose records somebody's scope reaches: the people of their groups, and of the groups below these.

Resolved once into ids, so that querysets ask an index (owner_id IN ...) and never join groups. Whoever is in a group now
counts (Membership); whoever worked there once does not (PastMembership gives no rights).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from mooring.users.models import HELD_REACH, Group, User
from mooring.users.permissions import Action, Module, Scope, rights_of, scope_of


@dataclass(frozen=True, slots=True)
class Reach:
    """Colleagues by id, each with the name of a group of the user's through which they are reached."""

    group: Mapping[int, str] = field(default_factory=dict)
    below: Mapping[int, str] = field(default_factory=dict)
    """Those in the groups below alone."""


def owners_within(user: User, scope: Scope) -> tuple[int, ...]:
    """The ids of all people whose records `scope` reaches, the user first; not for ALL, which reaches everybody's.

    At most one query for each user object.
    """
    if scope is Scope.ALL:
        raise ValueError("everybody's records are not asked for by their owners")
    if scope is Scope.NONE:
        return ()
    found: set[int] = set()
    if scope >= Scope.GROUP:
        found.update(reach_of(user).group)
    if scope is Scope.GROUP_AND_BELOW:
        found.update(reach_of(user).below)
    return (user.pk, *sorted(found - {user.pk}))


def owned_within(user: User, module: Module, action: Action) -> Q:
    """The condition on `owner` that a user's scope puts on records of a module, those of nobody among them."""
    scope = scope_of(user, module, action)
    if scope is Scope.ALL:
        return Q()
    if scope is Scope.NONE:
        return Q(pk__in=())
    return among_owners(owners_within(user, scope)) | Q(owner=None)


def among_owners(ids: tuple[int, ...], path: str = "owner") -> Q:
    """That the person to whom `path` leads is one of these; a plain comparison where it is one person."""
    return Q(**{f"{path}_id": ids[0]}) if len(ids) == 1 else Q(**{f"{path}_id__in": ids})


def is_owned_within(owner_id: int | None, user: User, module: Module, action: Action) -> bool:
    """The same for a record that was read just now; asks the database about groups at most once for each user object."""
    scope = scope_of(user, module, action)
    if scope in (Scope.NONE, Scope.ALL):
        return scope is Scope.ALL
    return owner_id in (None, user.pk) or owner_id in owners_within(user, scope)


def group_shared_with(owner_id: int, user: User, scope: Scope) -> str:
    """The name of the user's group through which the owner's records are within the scope; empty where no group is."""
    if scope < Scope.GROUP:
        return ""
    reach = reach_of(user)
    return reach.group.get(owner_id, "") or (reach.below.get(owner_id, "") if scope is Scope.GROUP_AND_BELOW else "")


def reach_of(user: User) -> Reach:
    """Read once for each user object; a change counts from the next request on."""
    reach: Reach | None = getattr(user, HELD_REACH, None)
    if reach is None:
        reach = reach_in(_groups(), user.pk)
        setattr(user, HELD_REACH, reach)
    return reach


def read_reach_of(users: Iterable[User]) -> None:
    """The groups once for all of them rather than once for each; not at all where no scope of theirs reaches over groups."""
    wanting = [user for user in users if getattr(user, HELD_REACH, None) is None and _reaches_over_groups(user)]
    rows = list(_groups()) if wanting else []
    for user in wanting:
        setattr(user, HELD_REACH, reach_in(rows, user.pk))


def _reaches_over_groups(user: User) -> bool:
    scopes = {scope for actions in rights_of(user).values() for scope in actions.values()}
    return not scopes.isdisjoint({Scope.GROUP, Scope.GROUP_AND_BELOW})


def _groups() -> Iterable[tuple[Any, ...]]:
    """All (group, parent, name, member or None). One query."""
    return Group.objects.order_by("name", "pk").values_list("pk", "parent_id", "name", "memberships__user_id")


def reach_in(rows: Iterable[tuple[Any, ...]], user_id: int) -> Reach:
    """From all (group, parent, name, member or None)."""
    members: dict[int, set[int]] = {}
    parents: dict[int, int | None] = {}
    names: dict[int, str] = {}
    for group_id, parent_id, name, member_id in rows:
        parents[group_id], names[group_id] = parent_id, name
        members.setdefault(group_id, set()).update(() if member_id is None else (member_id,))
    mine = [group_id for group_id in names if user_id in members[group_id]]
    group: dict[int, str] = {}
    below: dict[int, str] = {}
    for group_id in mine:
        for member in members[group_id] - {user_id}:
            group.setdefault(member, names[group_id])
    for group_id in names:
        above = next((each for each in _above(group_id, parents) if each in mine), None)
        for member in members[group_id] - {user_id} - group.keys() if above is not None else ():
            below.setdefault(member, names[above])  # type: ignore[index]  # is not None here
    return Reach(group, below)


def _above(group_id: int, parents: Mapping[int, int | None]) -> Iterable[int]:
    """The groups above, from the parent up; ends even where a circle should ever stand in the table."""
    seen = {group_id}
    parent_id = parents[group_id]
    while parent_id is not None and parent_id not in seen:
        yield parent_id
        seen.add(parent_id)
        parent_id = parents.get(parent_id)
