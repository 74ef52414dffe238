"""Groups of staff: a tree without circles, names of their own among siblings, members with positions, every change journalled."""

from __future__ import annotations

from datetime import datetime

import pytest

from making import BY_COMMAND, NOW, actor, make_group
from mooring.users.groups import (
    MOST_LEVELS,
    UnableToChangeGroup,
    add_group,
    add_member,
    change_group,
    group_lines,
    groups_of,
    members_of,
    move_group,
    remove_member,
)
from mooring.users.journal import entries_about
from mooring.users.models import Group, User
from mooring.users.removed_groups import remove_group

pytestmark = pytest.mark.django_db


def drawn() -> list[tuple[int, str]]:
    return [(line.level, line.group.name) for line in group_lines()]


def problems(caught: pytest.ExceptionInfo[UnableToChangeGroup]) -> set[str]:
    return set(caught.value.problems)


def test_the_tree_is_drawn_with_every_group_before_those_below_it(bob: User, django_assert_num_queries: object) -> None:
    sales = make_group("Sales", kind="sales")
    office = make_group("Office")
    north = make_group("North", parent=sales, members=[bob])
    make_group("Fjords", parent=north)
    make_group("South", parent=sales)
    assert drawn() == [(0, "Sales"), (1, "North"), (2, "Fjords"), (1, "South"), (0, "Office")]
    assert {line.group.name: line.member_count for line in group_lines()}["North"] == 1
    move_group(group=office, parent=None, before=sales, by=BY_COMMAND, now=NOW)
    assert drawn()[0] == (0, "Office")


def test_a_group_moves_with_all_below_it_to_where_it_is_put(now: datetime) -> None:
    one, two = make_group("One"), make_group("Two")
    below = make_group("Below", parent=one)
    make_group("Deeper", parent=below)
    first = make_group("First", parent=two)
    move_group(group=below, parent=two, before=first, by=BY_COMMAND, now=now)
    assert drawn() == [(0, "One"), (0, "Two"), (1, "Below"), (2, "Deeper"), (1, "First")]
    entry = entries_about(kind="group", record_id=below.pk)[0]
    assert (entry.action, entry.changes) == ("moved", {"parent": ["One", "Two"], "place": 1})


def test_a_group_is_never_moved_below_itself() -> None:
    top = make_group("Top")
    below = make_group("Below", parent=make_group("Middle", parent=top))
    for parent in (below, top):
        with pytest.raises(UnableToChangeGroup) as caught:
            move_group(group=top, parent=parent, by=BY_COMMAND, now=NOW)
        assert problems(caught) == {"parent"}
    assert [level for level, _name in drawn()] == [0, 1, 2]


def test_the_tree_has_an_end() -> None:
    group = None
    for _level in range(MOST_LEVELS):
        group = make_group(parent=group)
    with pytest.raises(UnableToChangeGroup) as caught:
        make_group(parent=group)
    assert problems(caught) == {"parent"}
    pair = make_group()
    make_group(parent=pair)
    assert group is not None
    with pytest.raises(UnableToChangeGroup):
        move_group(group=pair, parent=group.parent, by=BY_COMMAND, now=NOW)


def test_siblings_have_names_of_their_own_whatever_the_case() -> None:
    sales = make_group("Sales")
    make_group("North", parent=sales)
    for parent, name in ((None, "SALES"), (sales, "  north ")):
        with pytest.raises(UnableToChangeGroup) as caught:
            make_group(name, parent=parent)
        assert problems(caught) == {"name"}
    assert make_group("North").parent is None
    assert change_group(group=sales, name="SALES", by=BY_COMMAND, now=NOW).name == "SALES"


@pytest.mark.parametrize(("field", "value"), [("name", " "), ("name", "n" * 101), ("description", "d" * 1001), ("kind", "choir")])
def test_what_cannot_be_saved_is_said_at_its_field(field: str, value: str) -> None:
    group = make_group("Sales")
    with pytest.raises(UnableToChangeGroup) as caught:
        change_group(group=group, by=BY_COMMAND, now=NOW, **{field: value})
    assert problems(caught) == {field}


def test_changes_are_journalled_and_nothing_is_when_nothing_changes() -> None:
    group = make_group("Sales")
    change_group(group=group, name="Sellers", kind="sales", description=" all ", by=BY_COMMAND, now=NOW)
    change_group(group=group, name="Sellers", by=BY_COMMAND, now=NOW)
    changed, added = entries_about(kind="group", record_id=group.pk)
    assert added.action == "added"
    assert changed.changes == {"name": ["Sales", "Sellers"], "kind": ["standard", "sales"], "description": ["", "all"]}


def test_members_have_a_position_that_can_change(alice: User, bob: User) -> None:
    group = make_group("Sales")
    add_member(group=group, user=bob, position=" Head  of sales ", by=BY_COMMAND, now=NOW)
    add_member(group=group, user=alice, by=BY_COMMAND, now=NOW)
    add_member(group=group, user=bob, position="Head of sales", by=BY_COMMAND, now=NOW)
    assert [(each.user, each.position) for each in members_of(group)] == [(alice, ""), (bob, "Head of sales")]
    assert list(groups_of(bob)) == [group]
    add_member(group=group, user=bob, position="Seller", by=BY_COMMAND, now=NOW)
    assert entries_about(kind="group", record_id=group.pk)[0].changes == {
        "member": str(bob),
        "position": ["Head of sales", "Seller"],
    }
    for _again in range(2):
        remove_member(group=group, user=bob, by=BY_COMMAND, now=NOW)
    assert [each.user for each in members_of(group)] == [alice]
    actions = [entry.action for entry in entries_about(kind="group", record_id=group.pk)]
    assert actions == ["member_removed", "member_changed", "member_added", "member_added", "added"]
    with pytest.raises(UnableToChangeGroup):
        add_member(group=group, user=bob, position="p" * 101, by=BY_COMMAND, now=NOW)


def test_a_group_is_removed_once_nothing_is_below_it(bob: User) -> None:
    sales = make_group("Sales", members=[bob])
    north = make_group("North", parent=sales)
    with pytest.raises(UnableToChangeGroup, match="groups below"):
        remove_group(group=sales, by=BY_COMMAND, now=NOW)
    remove_group(group=north, by=BY_COMMAND, now=NOW)
    remove_group(group=sales, by=BY_COMMAND, now=NOW)
    assert not Group.objects.exists()
    assert entries_about(kind="group", record_id=sales.pk)[0].changes == {"members": [str(bob)]}
    with pytest.raises(UnableToChangeGroup, match="was removed"):
        change_group(group=sales, name="x", by=BY_COMMAND, now=NOW)
    with pytest.raises(UnableToChangeGroup) as caught:
        make_group(parent=north)
    assert problems(caught) == {"parent"}


def test_only_administrators_change_groups(alice: User, bob: User) -> None:
    group = add_group(name="Sales", by=actor(alice), now=NOW)
    deeds = (
        lambda: add_group(name="Other", by=actor(bob), now=NOW),
        lambda: change_group(group=group, name="Other", by=actor(bob), now=NOW),
        lambda: move_group(group=group, parent=None, by=actor(bob), now=NOW),
        lambda: add_member(group=group, user=bob, by=actor(bob), now=NOW),
        lambda: remove_member(group=group, user=bob, by=actor(bob), now=NOW),
        lambda: remove_group(group=group, by=actor(bob), now=NOW),
    )
    for deed in deeds:
        with pytest.raises(UnableToChangeGroup, match="Only an administrator"):
            deed()
    assert drawn() == [(0, "Sales")]
