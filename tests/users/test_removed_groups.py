"""A removed group comes back with who works and worked in it, where it stood."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from making import BY_COMMAND, NOW, make_group, make_user
from mooring.users.groups import MOST_LEVELS, UnableToChangeGroup, members_of, move_group, remove_member
from mooring.users.journal import entries_about
from mooring.users.membership_dates import date_membership, past_members_of
from mooring.users.models import Group, User
from mooring.users.removed_groups import bring_back_group, forget_removed_groups, remove_group, removed_groups

pytestmark = pytest.mark.django_db
BY = {"by": BY_COMMAND, "now": NOW}


def test_a_group_comes_back_with_its_members_and_past_members_who_are_still_staff(bob: User, alice: User) -> None:
    sales, gone, left = make_group("Sales"), make_user("Gone"), make_user("Left")
    group = make_group("North", parent=sales, members=[bob, alice, gone, left], now=NOW - timedelta(days=9))
    date_membership(membership=group.memberships.get(user=bob), since=date(2025, 1, 1), **BY)
    for each in (alice, gone):
        remove_member(group=group, user=each, **BY)
    removed = remove_group(group=group, **BY)
    gone.delete()
    left.delete()
    assert [(each.name, len(each.members), len(each.past_members)) for each in removed_groups(NOW)] == [("North", 2, 2)]
    back = bring_back_group(removed=removed, **BY)
    assert (back.pk, back.parent, back.name) == (group.pk, sales, "North")
    assert [(each.user, each.since_on) for each in members_of(back)] == [(bob, date(2025, 1, 1))]
    assert [(each.user, each.until_on) for each in past_members_of(back)] == [(alice, NOW.date() - timedelta(days=1))]
    assert entries_about(kind="group", record_id=group.pk)[0].action == "group_brought_back"
    with pytest.raises(UnableToChangeGroup, match="already"):
        bring_back_group(removed=removed, **BY)


def test_where_its_place_is_gone_a_group_comes_back_at_the_top_unless_its_name_is_taken() -> None:
    sales = make_group("Sales")
    removed = remove_group(group=make_group("North", parent=sales), **BY)
    remove_group(group=sales, **BY)
    other = make_group("North")
    with pytest.raises(UnableToChangeGroup, match="of this name"):
        bring_back_group(removed=removed, **BY)
    remove_group(group=other, **BY)
    assert bring_back_group(removed=removed, **BY).parent is None


def test_a_group_does_not_come_back_deeper_than_the_tree_may_be() -> None:
    groups = [make_group("1")]
    for number in range(2, MOST_LEVELS + 1):
        groups.append(make_group(str(number), parent=groups[-1]))
    removed = remove_group(group=groups[-1], **BY)
    move_group(group=groups[0], parent=make_group("Above"), **BY)
    with pytest.raises(UnableToChangeGroup, match="at most 12 levels"):
        bring_back_group(removed=removed, **BY)


def test_a_removed_group_is_forgotten_after_thirty_days() -> None:
    remove_group(group=make_group("Old"), **BY)
    assert (forget_removed_groups(NOW + timedelta(days=30)), forget_removed_groups(NOW + timedelta(days=31))) == (0, 1)
    assert not Group.objects.exists()
