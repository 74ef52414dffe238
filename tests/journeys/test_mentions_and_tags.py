"""Mentions, tags and the calendar feed by keyboard, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

import making
from mooring.activities.models import CalendarFeed, Notice
from mooring.customers.models import Tag
from mooring.customers.tagging import typed
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]


def test_a_colleague_is_mentioned_a_tag_is_typed_and_a_calendar_feed_is_made(
    open_page: Open, looks_right: Looks, alice: User, bob: User
) -> None:
    customer = making.make_customer("Harbour", owner=bob)
    making.make_customer("Pier", tags=typed("Gdynia, Boat show"))
    page = open_page(f"/activities/new/?customer={customer.pk}", user=bob)
    page.get_by_label("What").fill("Ropes")
    note = page.locator("textarea[name=note]")
    note.press_sequentially("Please look, @a")
    page.locator(".suggestions").get_by_role("option", name="Alice").wait_for()
    note.press("Enter")
    expect(note).to_have_value(f"Please look, @{alice.name} ")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is planned.")).to_be_visible()
    assert Notice.objects.get().user == alice
    page.goto(f"/customers/{customer.pk}/")
    page.get_by_role("link", name="Change: Tags").click()
    tags = page.locator("input[name=tags]")
    tags.press_sequentially("new, gd")
    page.locator(".suggestions").get_by_role("option", name="Gdynia").wait_for()
    looks_right(page, "tags")
    tags.press("Tab")
    expect(tags).to_have_value("new, Gdynia, ")
    tags.press("Enter")
    expect(page.locator(".facts .label", has_text="Gdynia")).to_be_visible()
    assert sorted(tag.name for tag in Tag.objects.all()) == ["Boat show", "Gdynia", "new"]
    page.goto("/profile/calendar/")
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_label("Address of the calendar feed")).to_have_value(re.compile(r"^http.+/calendar/[\w-]{43}\.ics$"))
    page.get_by_role("button", name="Revoke the address").click()
    expect(page.get_by_text("There is no address yet.")).to_be_visible()
    assert not CalendarFeed.objects.exists()
