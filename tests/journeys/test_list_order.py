"""Lists of Setup > CRM put into another order by dragging, and by the buttons beside."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

import making
from mooring.customers.lists import retire_entry
from mooring.customers.models import InfoField, Source
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]


def begin_with(*names: str) -> list[re.Pattern[str]]:
    """The texts of entries, of which each begins with its name."""
    return [re.compile(rf"^\s*{name}") for name in names]


def test_sources_and_fields_of_additional_information_are_dragged_to_their_places(
    open_page: Open, looks_right: Looks, alice: User
) -> None:
    for name in ("Web", "Gone", "Trade fair", "Friends"):
        making.make_entry(Source, name)
    retire_entry(entry=Source.objects.get(name="Gone"), by=making.BY_COMMAND, now=making.NOW)
    for name in ("Berths", "Nickname"):
        making.make_info_field(name)
    page = open_page("/setup/crm/sources/?all=yes", user=alice)
    entries = page.locator(".entries > li")
    entries.filter(has_text="Friends").drag_to(entries.filter(has_text="Web"))
    expect(entries).to_have_text(begin_with("Friends", "Web", "Trade fair"))
    looks_right(page, "sources-ordered")
    page.get_by_role("button", name="Move Friends down").click()
    expect(entries).to_have_text(begin_with("Web", "Friends", "Trade fair"))
    page.goto("/setup/crm/additional_information/")
    entries.filter(has_text="Berths").drag_to(entries.filter(has_text="Nickname"))
    expect(entries).to_have_text(begin_with("Nickname", "Berths"))
    assert [field.name for field in InfoField.objects.all()] == ["Nickname", "Berths"]
