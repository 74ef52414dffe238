"""Staff: who is added, changed and deactivated, and that somebody always administers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import authenticate

from making import BY_COMMAND, PASSWORD, actor, make_user
from mooring.users.journal import Actor, entries_about
from mooring.users.models import Role, User
from mooring.users.staff import (
    UnableToChangeUser,
    add_user,
    change_preferences,
    change_user,
    deactivate_user,
    is_last_administrator,
    reactivate_user,
    set_password,
)


def add(now: datetime, *, by: Actor = BY_COMMAND, **fields: Any) -> User:
    wanted = {"email": "eve@mooring.example", "name": "Eve", "role": Role.SALES_PERSON, "password": PASSWORD, **fields}
    return add_user(**wanted, by=by, now=now)


def test_a_member_of_staff_is_added_with_a_line_that_holds_no_password(alice: User, now: datetime) -> None:
    user = add(now, by=actor(alice), email=" Eve@Mooring.example ", name="  Eve   Mast ")
    user.refresh_from_db()
    assert (user.email, user.name, user.is_active, user.created_at) == ("Eve@Mooring.example", "Eve Mast", True, now)
    assert user.check_password(PASSWORD)
    (entry,) = entries_about(kind="user", record_id=user.pk)
    assert (entry.user, entry.action) == (alice, "added")
    assert entry.changes == {"email": "Eve@Mooring.example", "role": "sales_person"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": f"{'x' * 250}@a.example"}, "email"),
        ({"email": "BOB@mooring.example"}, "email"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"role": "emperor"}, "role"),
        ({"language": "tlh"}, "language"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "eve@mooring.example"}, "password"),
    ],
)
def test_what_is_wrong_is_said_field_by_field(bob: User, now: datetime, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(UnableToChangeUser) as caught:
        add(now, **fields)
    assert list(caught.value.problems) == [field]
    assert str(caught.value) == caught.value.problems[field]
    assert User.objects.count() == 1


def test_a_very_long_address_is_refused_by_its_length(bob: User, now: datetime) -> None:
    domain = ".".join(["d" * 60] * 4)
    with pytest.raises(UnableToChangeUser, match="254"):
        add(now, email=f"{'x' * 60}@{domain}")


def test_only_administrators_and_commands_change_staff(alice: User, bob: User, now: datetime) -> None:
    by_bob: dict[str, Any] = {"by": actor(bob), "now": now}
    for deed in (
        lambda: add(now, by=actor(bob)),
        lambda: change_user(user=bob, role=Role.ADMINISTRATOR, **by_bob),
        lambda: deactivate_user(user=alice, **by_bob),
        lambda: reactivate_user(user=alice, **by_bob),
        lambda: set_password(user=alice, password="another good one", **by_bob),
        lambda: change_preferences(user=alice, theme="dark", **by_bob),
    ):
        with pytest.raises(UnableToChangeUser, match="administrator"):
            deed()


def test_an_administrator_changes_address_name_and_role(alice: User, bob: User, now: datetime) -> None:
    changed = change_user(user=bob, email="robert@mooring.example", name="Robert", role=Role.READ_ONLY, by=actor(alice), now=now)
    bob.refresh_from_db()
    assert (changed, bob.email, bob.name, bob.role) == (bob, "robert@mooring.example", "Robert", "read_only")
    assert entries_about(kind="user", record_id=bob.pk)[0].changes == {
        "email": ["bob@mooring.example", "robert@mooring.example"],
        "name": ["Bob", "Robert"],
        "role": ["sales_person", "read_only"],
    }


def test_a_change_to_what_is_already_so_writes_nothing(alice: User, bob: User, now: datetime) -> None:
    before = entries_about(kind="user", record_id=bob.pk)
    change_user(user=bob, name="Bob", by=actor(alice), now=now)
    assert entries_about(kind="user", record_id=bob.pk) == before


def test_a_change_that_makes_no_sense_is_refused(alice: User, bob: User, now: datetime) -> None:
    with pytest.raises(UnableToChangeUser):
        change_user(user=bob, email="alice@mooring.example", by=actor(alice), now=now)
    with pytest.raises(UnableToChangeUser):
        change_preferences(user=bob, theme="plaid", by=actor(bob), now=now)


def test_everybody_sets_ones_own_preferences(bob: User, now: datetime) -> None:
    change_preferences(user=bob, language="pl", time_zone="Europe/Warsaw", theme="dark", by=actor(bob), now=now)
    bob.refresh_from_db()
    assert (bob.language, bob.time_zone, bob.theme) == ("pl", "Europe/Warsaw", "dark")


def test_the_last_administrator_can_neither_leave_nor_step_down(alice: User, dave: User, now: datetime) -> None:
    make_user("Ex", role=Role.ADMINISTRATOR, is_active=False)
    assert is_last_administrator(alice)
    with pytest.raises(UnableToChangeUser, match="last administrator"):
        deactivate_user(user=alice, by=actor(alice), now=now)
    with pytest.raises(UnableToChangeUser, match="last administrator"):
        change_user(user=alice, role=Role.SALES_PERSON, by=BY_COMMAND, now=now)
    alice.refresh_from_db()
    assert (alice.is_active, alice.role) == (True, "administrator")


def test_an_administrator_with_a_successor_may_leave_and_come_back(alice: User, bob: User, now: datetime) -> None:
    change_user(user=bob, role=Role.ADMINISTRATOR, by=actor(alice), now=now)
    bob.refresh_from_db()
    assert deactivate_user(user=alice, by=actor(bob), now=now).is_active is False
    assert is_last_administrator(bob)
    assert not is_last_administrator(User.objects.get(pk=alice.pk))
    assert reactivate_user(user=alice, by=actor(bob), now=now).is_active is True
    assert [entry.action for entry in entries_about(kind="user", record_id=alice.pk)] == ["reactivated", "deactivated", "added"]


def test_who_left_cannot_sign_in_with_the_right_password(dave: User, bob: User) -> None:
    assert authenticate(None, email="dave@mooring.example", password=PASSWORD) is None
    assert authenticate(None, email="BOB@mooring.example", password=PASSWORD) == bob
    assert authenticate(None, email="bob@mooring.example", password="wrong password") is None


def test_a_new_password_is_checked_and_ends_older_sessions(bob: User, now: datetime) -> None:
    before = bob.get_session_auth_hash()
    with pytest.raises(UnableToChangeUser):
        set_password(user=bob, password="bob", by=actor(bob), now=now)
    set_password(user=bob, password="a completely new one", by=actor(bob), now=now)
    bob.refresh_from_db()
    assert bob.check_password("a completely new one")
    assert bob.get_session_auth_hash() != before
    assert entries_about(kind="user", record_id=bob.pk)[0].changes == {}


def test_people_are_called_by_name_and_without_one_by_address() -> None:
    assert (str(User(name="Eve", email="e@x.example")), str(User(email="e@x.example"))) == ("Eve", "e@x.example")


def test_the_address_signs_in_whatever_its_case(bob: User) -> None:
    assert User.objects.get_by_natural_key("Bob@Mooring.EXAMPLE") == bob
