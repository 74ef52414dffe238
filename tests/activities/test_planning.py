"""Tasks, calls, meetings and notes: who sees them, what is told to whom, and that nothing planned is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from letters.making_letters import make_account, make_team_account
from letters.making_sign_ins import make_grant, make_provider, tokens
from making import actor, make_customer, make_lead, make_project, make_user
from mooring.activities.models import Activity, Notice, NoticeKind
from mooring.activities.noticing import mark_read, remind, tell_of_lost_sign_ins
from mooring.activities.planning import (
    ActivityData,
    UnableToPlan,
    bring_back_activity,
    change_activity,
    data_of,
    finish_activity,
    plan_activity,
    remove_activity,
    reopen_activity,
)
from mooring.activities.queries import activities_of, day_of, notices_of, unread_count
from mooring.letters.models import Grant
from mooring.users.journal import entries_about
from mooring.users.models import JournalEntry, User
from mooring.users.permissions import Action

pytestmark = pytest.mark.django_db
UTC_ZONE = ZoneInfo("UTC")


def plan(owner: User, title: str = "Call Carol", *, by: User | None = None, now: datetime, **data: object) -> Activity:
    return plan_activity(data=ActivityData(title=title, owner=owner, **data), by=actor(by or owner), now=now)  # type: ignore[arg-type]


def test_a_task_stands_on_the_card_it_is_about_and_in_its_timeline(bob: User, now: datetime) -> None:
    harbour = make_customer("Harbour", owner=bob)
    activity = plan(bob, now=now, about=harbour)
    assert activities_of(harbour, reader=bob) == [activity]
    entry = entries_about(kind="customer", record_id=harbour.pk)[0]
    assert (entry.action, entry.changes) == ("activity_planned", {"activity": "Call Carol"})


def test_a_task_about_nothing_is_seen_by_its_owner_and_its_planner_alone(bob: User, alice: User, now: datetime) -> None:
    eve = make_user("Eve")
    activity = plan(bob, now=now, by=alice)
    seen = {user.name for user in (alice, bob, eve) if Activity.objects.visible_to(user).filter(pk=activity.pk).exists()}
    assert (seen, activity.planned_by, entries_about(kind="activity", record_id=activity.pk)[0].action) == (
        {alice.name, bob.name},
        alice,
        "activity_planned",
    )


def test_a_task_on_a_record_follows_the_rights_on_the_record(bob: User, alice: User, now: datetime) -> None:
    eve = make_user("Eve")
    for about in (make_customer(owner=alice), make_lead(owner=alice), make_project(customer=make_customer(owner=alice))):
        activity = plan(alice, now=now, about=about)
        assert not Activity.objects.visible_to(eve).filter(pk=activity.pk).exists()
        assert not Activity.objects.visible_to(bob, Action.CHANGE).filter(pk=activity.pk).exists()


def test_whoever_is_given_something_is_told_and_nobody_is_told_of_what_they_do_themselves(
    bob: User, alice: User, now: datetime
) -> None:
    own, given = plan(bob, "Own", now=now), plan(bob, "Given", by=alice, now=now)
    assert [(notice.activity, notice.kind) for notice in notices_of(bob)] == [(given, NoticeKind.GIVEN)]
    change_activity(activity=own, data=replace(data_of(own), owner=alice), by=actor(bob), now=now)
    assert [notice.activity for notice in notices_of(alice)] == [own]


def test_done_and_undone_each_have_a_line_and_doing_it_twice_has_one(bob: User, now: datetime) -> None:
    harbour = make_customer("Harbour")
    activity = plan(bob, now=now, about=harbour)
    for deed in (finish_activity, finish_activity, reopen_activity, remove_activity, bring_back_activity):
        activity = deed(activity=activity, by=actor(bob), now=now)
    actions = [entry.action for entry in entries_about(kind="customer", record_id=harbour.pk)]
    assert actions[:5] == [
        "activity_brought_back",
        "activity_removed",
        "activity_reopened",
        "activity_done",
        "activity_planned",
    ]
    assert (activity.done_at, activity.removed_at) == (None, None)


def test_a_change_says_what_was_before(bob: User, now: datetime) -> None:
    activity = plan(bob, now=now)
    change_activity(activity=activity, data=replace(data_of(activity), title="Call Ann"), by=actor(bob), now=now)
    changes = JournalEntry.objects.latest("id").changes
    assert (changes["title"], changes["activity"]) == (["Call Carol", "Call Ann"], "Call Ann")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"title": " \x07 "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"kind": "party"}, "kind"),
        (
            {"due_at": datetime.fromisoformat("2026-03-02T09:00Z"), "remind_at": datetime.fromisoformat("2026-03-02T09:01Z")},
            "remind",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(bob: User, now: datetime, data: dict[str, object], field: str) -> None:
    with pytest.raises(UnableToPlan) as caught:
        plan_activity(data=replace(ActivityData(title="x", owner=bob), **data), by=actor(bob), now=now)  # type: ignore[arg-type]
    assert (caught.value.field, Activity.objects.unscoped("a test counts").count()) == (field, 0)


def test_nothing_is_given_to_dave_who_left(bob: User, dave: User, now: datetime) -> None:
    with pytest.raises(UnableToPlan, match="cannot sign in any more"):
        plan(dave, by=bob, now=now)


def test_my_day_sorts_by_when_things_are_due(bob: User, now: datetime) -> None:
    hours = {"Late": -1, "Soon": 1, "Tomorrow": 24, "In a month": 24 * 30}
    for title, ahead in hours.items():
        plan(bob, title, now=now, due_at=now + timedelta(hours=ahead))
    plan(bob, "Whenever", now=now)
    finish_activity(activity=plan(bob, "Done", now=now), by=actor(bob), now=now)
    remove_activity(activity=plan(bob, "Gone", now=now), by=actor(bob), now=now)
    day = day_of(bob, now=now, zone=UTC_ZONE)
    groups = (day.overdue, day.today, day.this_week, day.later, day.some_day, day.done)
    assert [[str(each) for each in group] for group in groups] == [
        ["Late"],
        ["Soon"],
        ["Tomorrow"],
        ["In a month"],
        ["Whenever"],
        ["Done"],
    ]


def test_a_note_on_a_record_is_known_there_and_not_to_be_done_some_day(bob: User, now: datetime) -> None:
    harbour = make_customer("Harbour", owner=bob)
    known = plan(bob, "Closed in January", now=now, kind="note", about=harbour)
    dated = plan(bob, "Opens again", now=now, kind="note", about=harbour, due_at=now + timedelta(days=40))
    of_nothing = plan(bob, "Where the key is", now=now, kind="note")
    day = day_of(bob, now=now, zone=UTC_ZONE)
    assert (day.some_day, day.later) == ([of_nothing], [dated])
    assert known in activities_of(harbour, reader=bob)


def test_a_reminder_is_given_once_when_its_time_has_come(bob: User, now: datetime) -> None:
    activity = plan(bob, now=now, due_at=now + timedelta(hours=2), remind_at=now + timedelta(hours=1))
    assert (remind(now=now), remind(now=now + timedelta(hours=1)), remind(now=now + timedelta(hours=2))) == (0, 1, 0)
    assert (unread_count(bob), Notice.objects.get().activity) == (1, activity)
    assert (mark_read(user=bob, now=now), unread_count(bob)) == (1, 0)


def test_a_reminder_that_is_put_off_comes_again_and_what_is_done_reminds_nobody(bob: User, now: datetime) -> None:
    activity = plan(bob, now=now, due_at=now, remind_at=now)
    remind(now=now)
    later = now + timedelta(days=1)
    change_activity(activity=activity, data=replace(data_of(activity), due_at=later, remind_at=later), by=actor(bob), now=now)
    done = plan(bob, now=now, due_at=now, remind_at=now)
    finish_activity(activity=done, by=actor(bob), now=now)
    assert (remind(now=now), remind(now=later)) == (0, 1)


def test_a_lost_permission_is_behind_the_bell_once_until_somebody_signed_in(bob: User, alice: User, now: datetime) -> None:
    provider = make_provider()
    grant = make_grant(make_account(bob), provider, tokens())
    assert tell_of_lost_sign_ins(now=now) == 0
    Grant.objects.filter(pk=grant.pk).update(gone_at=now)
    assert [tell_of_lost_sign_ins(now=now + timedelta(minutes=later)) for later in (0, 1)] == [1, 0]
    (notice,) = notices_of(bob)
    assert (notice.kind, notice.account, unread_count(bob), unread_count(alice)) == (NoticeKind.SIGN_IN, grant.account, 1, 0)
    Grant.objects.filter(pk=grant.pk).update(gone_at=None)
    tell_of_lost_sign_ins(now=now + timedelta(minutes=2))
    assert unread_count(bob) == 0
    Grant.objects.filter(pk=grant.pk).update(gone_at=now + timedelta(days=1))
    assert tell_of_lost_sign_ins(now=now + timedelta(days=1)) == 1, "lost once more"


def test_of_a_team_mailbox_whoever_signed_in_is_told_and_administrators_where_that_one_left(
    alice: User, dave: User, now: datetime
) -> None:
    grant = make_grant(make_team_account(), make_provider(), tokens(), user=dave)
    Grant.objects.filter(pk=grant.pk).update(gone_at=now)
    assert tell_of_lost_sign_ins(now=now) == 1
    assert [notice.account for notice in notices_of(alice)] == [grant.account]


def test_administrators_are_told_where_whoever_signed_in_may_not_open_the_team_mailbox_any_more(
    alice: User, bob: User, now: datetime
) -> None:
    grant = make_grant(make_team_account(), make_provider(), tokens(), user=bob)
    Grant.objects.filter(pk=grant.pk).update(gone_at=now)
    tell_of_lost_sign_ins(now=now)
    assert [len(notices_of(each)) for each in (alice, bob)] == [1, 0]
