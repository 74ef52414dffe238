"""Setup > Groups: the tree is drawn, groups are made, moved and removed, members are searched and added with a position."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from desk.world import client_of
from letters.making_letters import make_team_account
from making import make_group, make_user
from mooring.users.groups import group_lines, members_of
from mooring.users.models import Group, PastMembership, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice: User) -> Client:
    return client_of(alice)


def test_a_group_is_made_below_another_one(browser: Client) -> None:
    assert "No groups yet" in browser.get("/setup/groups/").content.decode()
    sales = make_group("Sales", kind="sales")
    page = browser.get(f"/setup/groups/new/?under={sales.pk}").content.decode()
    assert f'<option value="{sales.pk}" selected>' in page
    data = {"name": "North", "kind": "sales", "parent": str(sales.pk), "description": "All of it"}
    assert browser.post("/setup/groups/new/", data).status_code == 303
    north = Group.objects.get(name="North")
    assert (north.parent, north.kind, north.description) == (sales, "sales", "All of it")
    assert browser.post("/setup/groups/new/", data).status_code == 422
    tree = browser.get("/setup/groups/").content.decode()
    assert tree.index("Sales") < tree.index("North")


def test_a_group_is_changed_and_moved(browser: Client) -> None:
    sales, north = make_group("Sales"), make_group("North")
    url = reverse("group", args=[north.pk])
    assert browser.post(url, {"name": "North West", "kind": "sales", "parent": str(sales.pk)}).status_code == 303
    north.refresh_from_db()
    assert (north.name, north.kind, north.parent) == ("North West", "sales", sales)
    below = make_group("Below", parent=north)
    answer = browser.post(url, {"name": "North West", "kind": "sales", "parent": str(below.pk)})
    assert answer.status_code == 422
    assert "cannot be moved below itself" in answer.content.decode()


def test_groups_change_places_with_those_beside_them(browser: Client) -> None:
    first, _second, third = (make_group(name) for name in ("First", "Second", "Third"))
    browser.post(reverse("move_group", args=[third.pk]), {"direction": "up"})
    browser.post(reverse("move_group", args=[first.pk]), {"direction": "down"})
    browser.post(reverse("move_group", args=[third.pk]), {"direction": "up"})
    assert [line.group.name for line in group_lines()] == ["Third", "First", "Second"]


def test_a_group_is_dropped_below_another_one_at_its_place(browser: Client) -> None:
    top, first, second = (make_group(name) for name in ("Top", "First", "Second"))
    browser.post(reverse("move_group", args=[second.pk]), {"parent": top.pk, "before": ""})
    browser.post(reverse("move_group", args=[first.pk]), {"parent": top.pk, "before": second.pk})
    assert [(line.group.name, line.level) for line in group_lines()] == [("Top", 0), ("First", 1), ("Second", 1)]
    refused = browser.post(reverse("move_group", args=[top.pk]), {"parent": first.pk, "before": ""}, follow=True)
    assert "cannot be moved below itself" in refused.content.decode()
    browser.post(reverse("move_group", args=[first.pk]), {"parent": "", "before": top.pk})
    assert [(line.group.name, line.level) for line in group_lines()] == [("First", 0), ("Top", 0), ("Second", 1)]


def test_members_are_searched_and_added_with_their_position(browser: Client, bob: User, dave: User) -> None:
    group = make_group("Sales")
    url = reverse("group_members", args=[group.pk])
    found = browser.get(url, {"person": "bob moor"}, headers={"HX-Request": "true"}).content.decode()
    assert bob.email in found
    assert dave.email not in browser.get(url, {"person": "dave"}).content.decode(), "who left is not found"
    browser.post(reverse("group_members", args=[group.pk]), {"user": bob.pk, "position": "Head"})
    assert [(each.user, each.position) for each in members_of(group)] == [(bob, "Head")]
    assert "Nobody was found" in browser.get(url, {"person": "bob"}).content.decode()
    browser.post(reverse("group_members", args=[group.pk]), {"user": bob.pk, "position": "Seller"})
    browser.post(reverse("group_members", args=[group.pk]), {"user": bob.pk, "position": "x" * 101})
    assert members_of(group).get().position == "Seller"
    browser.post(reverse("remove_member", args=[group.pk, bob.pk]))
    assert not members_of(group)


def test_days_of_members_and_past_members_are_shown_and_changed(browser: Client, bob: User) -> None:
    group = make_group("Sales", members=[bob])
    url = reverse("group_members", args=[group.pk])
    browser.post(url, {"user": bob.pk, "position": "Seller", "since": "2025-01-31"})
    assert 'value="2025-01-31"' in browser.get(url).content.decode()
    assert "This is not a date." in browser.post(url, {"user": bob.pk, "since": "x"}, follow=True).content.decode()
    left = browser.post(reverse("remove_member", args=[group.pk, bob.pk]), follow=True).content.decode()
    past = group.past_memberships.get()
    assert "Past members" in left
    assert reverse("bring_back_member", args=[group.pk, past.pk]) in left
    dates = reverse("date_past_member", args=[group.pk, past.pk])
    assert "The last day is missing" in browser.post(dates, {"until": ""}, follow=True).content.decode()
    assert (
        "after the last one" in browser.post(dates, {"since": "2025-03-01", "until": "2025-02-01"}, follow=True).content.decode()
    )
    browser.post(dates, {"since": "", "until": "2025-02-28"})
    assert 'value="2025-02-28"' in browser.get(url).content.decode()
    browser.post(reverse("bring_back_member", args=[group.pk, past.pk]))
    assert [(each.user, each.position) for each in members_of(group)] == [(bob, "Seller")]


def test_a_group_in_use_is_not_removed(browser: Client, bob: User) -> None:
    group = make_group("Sales", members=[bob])
    account = make_team_account(group=group)
    url = reverse("remove_group", args=[group.pk])
    browser.post(url)
    assert Group.objects.filter(pk=group.pk).exists()
    account.team_accesses.all().delete()
    assert "The days of" not in browser.get(reverse("group", args=[group.pk])).content.decode()
    PastMembership.objects.create(group=group, user=make_user("Ann"), until_on=date(2025, 1, 31))
    question = browser.get(reverse("group", args=[group.pk])).content.decode()
    assert "It has 1 member, who stays a member of staff. The days of 1 past member, by which" in question
    assert browser.post(url).headers["Location"] == "/setup/groups/"
    assert not Group.objects.exists()
    assert "1 member · 1 past member" in " ".join(browser.get("/setup/groups/").content.decode().split())
    back = reverse("bring_back_group", args=[group.pk])
    browser.post(back)
    assert [each.user for each in members_of(Group.objects.get())] == [bob]
    assert browser.post(back).status_code == 404


def test_the_tree_takes_the_same_number_of_queries_however_many(browser: Client, django_assert_max_num_queries: object) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_group("One")
    browser.get("/setup/groups/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/setup/groups/")
    top = make_group("Top")
    for number in range(10):
        make_group(f"Below {number}", parent=top)
    with CaptureQueriesContext(connection) as many:
        browser.get("/setup/groups/")
    assert len(few) == len(many)
