"""Accounts of teams, who writes from which account by default, and what stood in the database before there were any."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from databases import bare_database
from letters.making_letters import make_account, make_team_account
from making import BY_COMMAND, NOW, actor, make_group, make_user
from mooring.letters.accounts import (
    AccountData,
    TeamRight,
    UnableToSaveAccount,
    add_account,
    change_account,
    default_account_of,
    remove_account,
    set_default,
    team_rights_of,
)
from mooring.letters.models import DefaultAccount, MailAccount
from mooring.mail.types import Secret
from mooring.users.groups import UnableToChangeGroup, remove_member
from mooring.users.journal import entries_about
from mooring.users.models import User
from mooring.users.removed_groups import remove_group

pytestmark = pytest.mark.django_db

DATA = AccountData(your_name="Sales", address="sales@us.example", host="imap.us.example")
NO_PASSWORD = Secret("")


def add_team(*rights: TeamRight, by: User | None = None, now: datetime = NOW) -> MailAccount:
    who = actor(by) if by else BY_COMMAND
    return add_account(owner=None, data=DATA, password=NO_PASSWORD, team=rights, by=who, now=now)


def test_an_account_of_a_team_is_of_the_groups_it_was_given_to(alice: User, bob: User) -> None:
    sales, office = make_group("Sales", members=[bob]), make_group("Office")
    account = add_team(TeamRight(sales), TeamRight(office, may_write=False), by=alice)
    assert (account.owner, account.is_team) == (None, True)
    assert team_rights_of(account) == [TeamRight(office, may_write=False), TeamRight(sales)]
    (entry,) = entries_about(kind="account", record_id=account.pk)
    assert entry.changes["team"] == [[], ["Sales", "Office (reads only)"]]
    assert default_account_of(bob) == account, "the only account from which he may write"
    assert default_account_of(alice) is None


def test_the_groups_of_a_team_account_are_changed_as_a_whole(alice: User) -> None:
    sales, office = make_group("Sales"), make_group("Office")
    account = add_team(TeamRight(sales))
    for _again in range(2):
        change_account(account=account, data=DATA, team=[TeamRight(office)], by=actor(alice), now=NOW)
    assert team_rights_of(account) == [TeamRight(office)]
    assert [each.action for each in entries_about(kind="account", record_id=account.pk)] == ["changed", "added"]
    change_account(account=account, data=replace(DATA, organization="Us"), by=actor(alice), now=NOW)
    assert team_rights_of(account) == [TeamRight(office)]


def test_a_team_account_needs_a_group_and_a_personal_one_has_none(bob: User) -> None:
    with pytest.raises(UnableToSaveAccount) as caught:
        add_team()
    assert set(caught.value.problems) == {"team"}
    with pytest.raises(UnableToSaveAccount) as caught:
        add_account(owner=bob, data=DATA, password=NO_PASSWORD, team=[TeamRight(make_group())], by=actor(bob), now=NOW)
    assert set(caught.value.problems) == {"team"}


def test_only_administrators_set_up_accounts_of_a_team(bob: User) -> None:
    right = TeamRight(make_group(members=[bob]))
    with pytest.raises(UnableToSaveAccount, match="Only an administrator"):
        add_team(right, by=bob)
    account = add_team(right)
    with pytest.raises(UnableToSaveAccount, match="Only an administrator"):
        change_account(account=account, data=DATA, by=actor(bob), now=NOW)


def test_the_database_knows_no_account_of_nobody_and_none_of_both(bob: User) -> None:
    account = make_account(bob)
    with pytest.raises(IntegrityError, match="an_account_is_of_one_user_or_of_a_team"):
        MailAccount.objects.unscoped("test").filter(pk=account.pk).update(is_team=True)


def test_a_group_that_an_account_belongs_to_is_not_removed(bob: User) -> None:
    group = make_group(members=[bob])
    account = make_team_account(group=group)
    with pytest.raises(UnableToChangeGroup, match="still belong to this group"):
        remove_group(group=group, by=BY_COMMAND, now=NOW)
    assert team_rights_of(account) == [TeamRight(group)]
    assert group.memberships.count() == 1


def test_the_default_may_be_an_account_of_a_team(alice: User, bob: User) -> None:
    own, team = make_account(bob), make_team_account(bob)
    set_default(account=team, user=bob, by=actor(bob), now=NOW)
    assert default_account_of(bob) == team
    set_default(account=own, user=bob, by=actor(alice), now=NOW)
    assert default_account_of(bob) == own


@pytest.mark.parametrize("may_write", [None, False], ids=["not in the team", "reads only"])
def test_nobody_writes_by_default_from_an_account_that_is_not_theirs(bob: User, may_write: bool | None) -> None:
    account = make_team_account(bob, may_write=False) if may_write is False else make_account(make_user())
    with pytest.raises(UnableToSaveAccount, match="may not write"):
        set_default(account=account, user=bob, by=actor(bob), now=NOW)
    assert default_account_of(bob) is None


def test_whoever_leaves_the_team_writes_from_an_own_account_again(bob: User) -> None:
    own = make_account(bob)
    group = make_group(members=[bob])
    set_default(account=make_team_account(group=group), user=bob, by=actor(bob), now=NOW)
    remove_member(group=group, user=bob, by=BY_COMMAND, now=NOW)
    assert default_account_of(bob) == own


def test_removing_a_team_account_gives_everybody_another_default(alice: User, bob: User, now: datetime) -> None:
    own, team = make_account(bob), make_team_account(alice, bob)
    for user in (alice, bob):
        set_default(account=team, user=user, by=BY_COMMAND, now=now)
    remove_account(account=team, by=BY_COMMAND, now=now)
    assert {choice.user: choice.account for choice in DefaultAccount.objects.all()} == {bob: own}
    entry = entries_about(kind="account", record_id=team.pk)[0]
    assert sorted(entry.changes["default"]) == sorted([str(alice), str(bob)])


def test_the_default_accounts_of_before_stay_the_defaults() -> None:
    with bare_database():
        rows = _migrated_to("0006_default_is_a_choice_of_the_user")
        bob = rows("users", "User").objects.create(email="bob@mooring.example", name="Bob", created_at=NOW)
        accounts = rows("letters", "MailAccount")._base_manager
        own, other = (accounts.create(owner=bob, created_at=NOW, changed_at=NOW) for _each in range(2))
        rows("letters", "DefaultAccount").objects.create(user=bob, account=other)
        before = _migrated_to("0004_teams_and_sending")("letters", "MailAccount")._base_manager
        assert dict(before.values_list("pk", "is_default")) == {own.pk: False, other.pk: True}
        rows = _migrated_to("0006_default_is_a_choice_of_the_user")
        assert list(rows("letters", "DefaultAccount").objects.values_list("user", "account")) == [(bob.pk, other.pk)]


def _migrated_to(name: str) -> Any:
    """The models as they were after this migration, up or down to which the database is brought."""
    node = [("letters", name)]
    return MigrationExecutor(connection).migrate(node).apps.get_model
