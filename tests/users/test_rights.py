"""Administrators change what a role may do: it counts at once, is journalled, taken back, and never takes theirs away."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

import making
from mooring.users.journal import entries_of_everything
from mooring.users.models import Role, RoleRights, User
from mooring.users.permissions import CHANGEABLE, RIGHTS, SCOPES, Action, Module, Scope, role_rights, scope_of, with_rights
from mooring.users.rights import (
    UnableToChangeRights,
    change_rights,
    is_as_it_came,
    kept_rights,
    reset_rights,
    rights_in_force,
    undo_change,
)

pytestmark = pytest.mark.django_db

ROLE = Role.SALES_PERSON


def chosen(**cells: Scope) -> dict[Module, dict[Action, Scope]]:
    """What the role came with but for `cells`, such as customers_view."""
    came = rights_in_force(ROLE, None)
    return {
        module: {action: cells.get(f"{module}_{action}", came[module][action]) for action in actions}
        for module, actions in CHANGEABLE.items()
    }


def change(version: int = 0, by: Any = making.BY_COMMAND, **cells: Scope) -> RoleRights:
    return change_rights(role=ROLE, chosen=chosen(**cells), version=version, by=by, now=making.NOW)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_every_role_starts_with_what_it_came_with() -> None:
    for role, rights in RIGHTS.items():
        for module in Module:
            came = {action: rights.get(module, {}).get(action, Scope.NONE) for action in Action}
            assert role_rights(role, None)[module] == came
        assert is_as_it_came(role, None)


def test_a_change_counts_for_every_user_that_is_read_after_it(bob: User, alice: User, django_assert_num_queries: Any) -> None:
    assert scope_of(bob, Module.CUSTOMERS, Action.VIEW) is Scope.OWN
    change(by=making.actor(alice), customers_view=Scope.GROUP)
    reader = fresh(bob)
    with django_assert_num_queries(1):
        assert scope_of(reader, Module.CUSTOMERS, Action.VIEW) is Scope.GROUP
        assert scope_of(reader, Module.CUSTOMERS, Action.CHANGE) is Scope.OWN
    with django_assert_num_queries(0):
        assert scope_of(alice, Module.CUSTOMERS, Action.VIEW) is Scope.ALL
    bob.refresh_from_db()
    assert scope_of(bob, Module.CUSTOMERS, Action.VIEW) is Scope.GROUP
    with django_assert_num_queries(1):
        (with_them,) = with_rights(User.objects.filter(pk=bob.pk))
        assert scope_of(with_them, Module.CUSTOMERS, Action.VIEW) is Scope.GROUP
    with_them.role = Role.READ_ONLY
    assert scope_of(with_them, Module.CUSTOMERS, Action.VIEW) is Scope.ALL


def test_a_change_is_journalled_and_taken_back_once(alice: User) -> None:
    row = change(by=making.actor(alice), customers_view=Scope.GROUP, customers_delete=Scope.NONE)
    (entry, *_rest) = entries_of_everything()
    assert (entry.action, entry.user) == ("rights_changed", alice)
    assert entry.changes == {
        "role": "sales_person",
        "customers_view": ["own", "group"],
        "customers_delete": ["own", "none"],
    }
    row = undo_change(role=ROLE, version=row.version, by=making.actor(alice), now=making.NOW)
    assert is_as_it_came(ROLE, row)
    assert entries_of_everything()[0].changes["customers_view"] == ["group", "own"]
    with pytest.raises(UnableToChangeRights, match="no change to take back"):
        undo_change(role=ROLE, version=row.version, by=making.actor(alice), now=making.NOW)


def test_a_reset_gives_what_the_role_came_with_and_is_taken_back(alice: User) -> None:
    row = change(leads_view=Scope.ALL)
    row = reset_rights(role=ROLE, version=row.version, by=making.actor(alice), now=making.NOW)
    assert is_as_it_came(ROLE, kept_rights()[ROLE])
    row = undo_change(role=ROLE, version=row.version, by=making.actor(alice), now=making.NOW)
    assert rights_in_force(ROLE, row)[Module.LEADS][Action.VIEW] is Scope.ALL


def test_what_changes_nothing_is_not_written(alice: User) -> None:
    before = len(entries_of_everything())
    assert change(by=making.actor(alice)).version == 0
    assert len(entries_of_everything()) == before


def test_nobody_overwrites_or_takes_back_what_they_did_not_see() -> None:
    row = change(leads_view=Scope.ALL)
    with pytest.raises(UnableToChangeRights, match="meanwhile"):
        change(leads_view=Scope.GROUP)
    with pytest.raises(UnableToChangeRights, match="meanwhile"):
        undo_change(role=ROLE, version=row.version + 1, by=making.BY_COMMAND, now=making.NOW)
    assert rights_in_force(ROLE, kept_rights()[ROLE])[Module.LEADS][Action.VIEW] is Scope.ALL


def test_nobody_acts_on_what_they_do_not_see() -> None:
    with pytest.raises(UnableToChangeRights) as refused:
        change(customers_view=Scope.OWN, customers_change=Scope.GROUP)
    assert set(refused.value.problems) == {(Module.CUSTOMERS, Action.CHANGE)}
    with pytest.raises(UnableToChangeRights) as refused:
        change_rights(role=ROLE, chosen={}, version=0, by=making.BY_COMMAND, now=making.NOW)
    assert len(refused.value.problems) == sum(map(len, CHANGEABLE.values()))
    assert not kept_rights()
    # Whatever stands in the table, and for what is not offered, too: a manager who sees less empties no more.
    kept = {"sales": {"view": "own"}, "leads": {"view": "none", "change": "all"}}
    rights = role_rights(Role.SALES_MANAGER, kept)
    assert (rights[Module.SALES][Action.RESET], rights[Module.LEADS][Action.CHANGE]) == (Scope.OWN, Scope.NONE)


@pytest.mark.parametrize(
    "kept", [None, [], "all", {"customers": "all"}, {"setup": {"view": "all"}}, {"customers": {"erase": "all"}}]
)
def test_what_makes_no_sense_in_the_table_gives_nothing(kept: Any) -> None:
    assert role_rights(ROLE, kept) == role_rights(ROLE, None)
    assert role_rights(ROLE, {"leads": {"view": "emperor"}})[Module.LEADS][Action.VIEW] is Scope.NONE


def test_only_administrators_change_rights_and_theirs_stay(bob: User) -> None:
    with pytest.raises(UnableToChangeRights, match="Only an administrator"):
        change(by=making.actor(bob), customers_view=Scope.ALL)
    for role in (Role.ADMINISTRATOR, "emperor"):
        with pytest.raises(UnableToChangeRights, match="keep all rights"):
            reset_rights(role=role, version=0, by=making.BY_COMMAND, now=making.NOW)
    assert not kept_rights()
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleRights.objects.create(role=Role.ADMINISTRATOR, scopes={})


def test_scopes_have_words_in_the_table() -> None:
    assert list(SCOPES) == ["none", "own", "group", "group_and_below", "all"]
    assert str(RoleRights(role=ROLE)) == "Sales person"
