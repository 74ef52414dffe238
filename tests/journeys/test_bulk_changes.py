"""Many records changed from a list, and given back what they had after the toast is gone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

import making
from mooring.customers.models import Customer, CustomerStatus
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]


def test_ticked_customers_are_changed_from_a_dialog_and_undone_from_the_list_of_bulk_changes(
    open_page: Open, looks_right: Looks, bob: User
) -> None:
    active, _dormant = (making.make_entry(CustomerStatus, name) for name in ("Active", "Dormant"))
    for name in ("Amber Lights", "Birch Boats", "Cedar Masts"):
        making.make_customer(name, owner=bob, status=active if name.startswith("A") else None)
    page = open_page("/customers/?kind=company", user=bob)
    page.get_by_role("checkbox", name="Amber Lights").check()
    page.get_by_role("checkbox", name="Birch Boats").check()
    page.get_by_label("What shall be changed").select_option("Status")
    looks_right(page, "bulk-bar")
    page.get_by_role("button", name="Change", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("They have now:")).to_contain_text("Active (1)")
    looks_right(page, "bulk-dialog")
    dialog.get_by_label("Status").select_option("Dormant")
    dialog.get_by_role("button", name="Change 2 records").click()
    expect(page.get_by_text("2 records were changed.")).to_be_visible()
    page.get_by_role("button", name="Change all that are found").click()
    page.get_by_role("dialog").get_by_role("button", name="Looked after by").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This is for 3 records.")).to_be_visible()
    dialog.get_by_label("Looked after by").select_option("nobody yet")
    dialog.get_by_role("button", name="Change 3 records").click()
    expect(page.get_by_text("3 records were changed.")).to_be_visible()
    page.get_by_role("link", name="Recent bulk changes").click()
    expect(page.get_by_role("link", name="Looked after by: nobody")).to_be_visible()
    looks_right(page, "bulk-changes")
    page.get_by_role("link", name="Status: Dormant").click()
    Customer.objects.unscoped("changed since").filter(name="Birch Boats").update(status=active)
    page.reload()
    expect(page.get_by_text("Left alone: it was changed again since")).to_be_visible()
    looks_right(page, "bulk-change")
    page.get_by_role("button", name="Undo Status: Dormant").click()
    expect(page.get_by_text("1 record is as it was. 1 was left alone.")).to_be_visible()
    stored = Customer.objects.unscoped("what the journey did").get(name="Amber Lights")
    assert (stored.status, stored.owner) == (active, None)
