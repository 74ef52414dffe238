"""Who is meant by an @ in a note, and who is told."""

from __future__ import annotations

from typing import Any

import pytest

import making
from mooring.activities.mentioning import mentioned_in, unseeing
from mooring.activities.models import Activity, Notice, NoticeKind
from mooring.activities.planning import ActivityData, change_activity, data_of, plan_activity
from mooring.users.journal import Actor
from mooring.users.models import Role, User
from mooring.users.permissions import Scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ask @Bob Smith, please", ["Bob Smith"]),
        ("ask (@bob smith) and @Łukasz Żak.", ["Bob Smith", "Łukasz Żak"]),
        ("@bob.smith@mooring.example: look", ["Bob Smith"]),
        ("Write to office@bob smith", []),
        ("@Bob", ["Bob"]),
        ("@Bob Smithers and @nobody, @dave left", []),
        ("@ Bob Smith", []),
    ],
)
def test_people_are_meant_by_name_or_address(text: str, names: list[str]) -> None:
    for name in ("Bob Smith", "Łukasz Żak"):
        making.make_user(name)
    if names == ["Bob"]:
        making.make_user("Bob")
    making.make_user("dave left", is_active=False)
    assert [user.name for user in mentioned_in(text)] == names


def test_of_two_with_one_name_both_are_meant() -> None:
    users = [making.make_user("Ann Reed", email=f"ann{number}@mooring.example") for number in (1, 2)]
    assert mentioned_in("@Ann Reed") == users


def test_whoever_is_mentioned_is_told_once_and_only_of_what_they_may_see(alice: User, bob: User) -> None:
    stranger = making.make_user("Sue Sand")
    note = noted(bob, f"@{alice.name} and @Sue Sand and @{bob.name}")
    assert told(note) == [alice.pk]
    assert unseeing(note, mentioned_in(note.note)) == [stranger]
    change_activity(activity=note, data=data_of(note), by=Actor(bob, "desk"), now=making.NOW)
    assert told(note) == [alice.pk]


def test_a_name_added_later_is_told_and_a_reader_as_well(alice: User, bob: User) -> None:
    reader = making.make_user("Rita Read", role=Role.READ_ONLY)
    note = noted(bob, f"@{alice.name}")
    data = noted_data(bob, f"@{alice.name} @Rita Read", about=note.customer)
    change_activity(activity=note, data=data, by=Actor(bob, "desk"), now=making.NOW)
    assert told(note) == [alice.pk, reader.pk]


def test_who_was_just_given_the_task_is_not_told_twice(alice: User, bob: User) -> None:
    data = ActivityData(title="Call", note=f"@{alice.name}", owner=alice)
    activity = plan_activity(data=data, by=Actor(bob, "desk"), now=making.NOW)
    assert [notice.kind for notice in Notice.objects.filter(activity=activity)] == [NoticeKind.GIVEN]


def test_groups_are_read_once_for_all_who_are_mentioned(alice: User, bob: User, django_assert_num_queries: Any) -> None:
    making.give_rights(customers_view=Scope.GROUP)
    names = ["Ann Reed", "Sue Sand", "Tom Tar"]
    making.make_group("Sailors", members=[bob, *(making.make_user(name) for name in names[:2])])
    making.make_user(names[2])
    note = noted(bob, "")
    with django_assert_num_queries(5):
        people = mentioned_in(" ".join(f"@{name}," for name in names))
        assert [user.name for user in unseeing(note, people)] == ["Tom Tar"]


def noted_data(by: User, text: str, **more: Any) -> ActivityData:
    return ActivityData(title="Note", kind="note", note=text, owner=by, **more)


def noted(by: User, text: str) -> Activity:
    data = noted_data(by, text, about=making.make_customer("Harbour", owner=by))
    return plan_activity(data=data, by=Actor(by, "desk"), now=making.NOW)


def told(activity: Activity) -> list[int]:
    mentions = Notice.objects.filter(activity=activity, kind=NoticeKind.MENTION)
    return list(mentions.order_by("id").values_list("user_id", flat=True))
