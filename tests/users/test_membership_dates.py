"""The days that somebody works in a group: kept by joining and leaving, put right by administrators, brought back by undo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from making import BY_COMMAND, NOW, actor, make_group
from mooring.users.groups import UnableToChangeGroup, add_member, remove_member
from mooring.users.journal import entries_about
from mooring.users.membership_dates import (
    TimeInGroup,
    bring_back_member,
    date_membership,
    date_past_membership,
    past_members_of,
    times_in_groups,
)
from mooring.users.models import Membership, User

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
DAY = timedelta(days=1)


def test_leaving_keeps_the_days_and_coming_again_begins_new_ones(bob: User) -> None:
    group = make_group("Sales", members=[bob], now=NOW - 40 * DAY)
    past = remove_member(group=group, user=bob, by=BY_COMMAND, now=NOW)
    assert past is not None
    assert (past.since_on, past.until_on) == (TODAY - 40 * DAY, TODAY - DAY)
    add_member(group=group, user=bob, by=BY_COMMAND, now=NOW)
    present = TimeInGroup(group.pk, bob.pk, TODAY)
    assert times_in_groups([bob]) == [present, TimeInGroup(group.pk, bob.pk, TODAY - 40 * DAY, TODAY - DAY)]
    assert remove_member(group=group, user=bob, by=BY_COMMAND, now=NOW) is None, "not a single day"
    assert list(past_members_of(group)) == [past]


def test_taking_out_is_undone_as_if_it_had_not_been(bob: User) -> None:
    group = make_group("Sales")
    joined = add_member(group=group, user=bob, position="Seller", by=BY_COMMAND, now=NOW)
    date_membership(membership=joined, since=None, by=BY_COMMAND, now=NOW)
    past = remove_member(group=group, user=bob, by=BY_COMMAND, now=NOW + 9 * DAY)
    assert past is not None
    back = bring_back_member(past=past, by=BY_COMMAND, now=NOW + 9 * DAY)
    assert (back.position, back.since_on, group.past_memberships.count()) == ("Seller", None, 0)
    actions = [entry.action for entry in entries_about(kind="group", record_id=group.pk)]
    assert actions == ["member_brought_back", "member_removed", "member_dated", "member_added", "added"]


def test_days_are_put_right_and_never_overlap(bob: User) -> None:
    group = make_group("Sales", members=[bob], now=NOW - 40 * DAY)
    past = remove_member(group=group, user=bob, by=BY_COMMAND, now=NOW - 20 * DAY)
    assert past is not None
    again = add_member(group=group, user=bob, by=BY_COMMAND, now=NOW)
    date_past_membership(past=past, since=None, until=date(2025, 6, 30), by=BY_COMMAND, now=NOW)
    assert entries_about(kind="group", record_id=group.pk)[0].changes["until_on"] == ["2026-02-09", "2025-06-30"]
    date_membership(membership=again, since=date(2025, 7, 1), by=BY_COMMAND, now=NOW)
    past.refresh_from_db()
    refused: list[Callable[[], object]] = [
        lambda: date_membership(membership=again, since=date(2025, 6, 30), by=BY_COMMAND, now=NOW),
        lambda: date_membership(membership=again, since=None, by=BY_COMMAND, now=NOW),
        lambda: date_membership(membership=again, since=TODAY + 2 * DAY, by=BY_COMMAND, now=NOW),
        lambda: date_past_membership(past=past, since=TODAY, until=TODAY - DAY, by=BY_COMMAND, now=NOW),
        lambda: date_past_membership(past=past, since=None, until=TODAY, by=BY_COMMAND, now=NOW),
        lambda: bring_back_member(past=past, by=BY_COMMAND, now=NOW),
        lambda: date_membership(membership=again, since=TODAY, by=actor(bob), now=NOW),
    ]
    for deed in refused:
        with pytest.raises(UnableToChangeGroup):
            deed()
    assert Membership.objects.get(pk=again.pk).since_on == date(2025, 7, 1)
