"""A person's way through the desk: sign in, add and find customers, correct them in place, look after staff."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import making
from mooring.customers.record_data import PostalAddressData
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]
FLEET = ("Acme Shipping", "Bałtyk Logistics", "Cedar & Sons", "Elbe Werft GmbH", "Fjord Foods AS", "Gdańsk Terminal")


@pytest.fixture
def fleet(bob: User) -> None:
    """Half a dozen customers, some of them Bob's; one with everything that a card shows."""
    for number, name in enumerate(FLEET):
        owner = bob if number % 2 else None
        customer = making.make_customer(name, emails=(f"office@fleet{number}.example",), owner=owner, number=f"C-{number}")
        if number == 0:
            making.make_contact("Anna Nowak", at=(customer,), emails=("anna@fleet0.example",), job_title="Finance Manager")
            making.make_project("New terminal", customer=customer)


def test_signing_in_and_out(open_page: Open, looks_right: Looks, bob: User) -> None:
    page = open_page("/customers/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    looks_right(page, "sign-in")
    page.get_by_label("Email address").fill(bob.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    page.get_by_label("Password").fill(making.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Customers", exact=True)).to_be_visible()
    page.locator("summary", has=page.locator(".face")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_home_begins_with_the_first_steps(open_page: Open, looks_right: Looks, bob: User, fleet: None) -> None:
    page = open_page("/", user=bob)
    expect(page.get_by_text("Add your mailbox")).to_be_visible()
    looks_right(page, "home")
    page.get_by_role("button", name="Put aside").click()
    expect(page.get_by_text("Add your mailbox")).to_have_count(0)


def test_a_customer_is_added_and_a_duplicate_pointed_out_while_typing(
    open_page: Open, looks_right: Looks, bob: User, fleet: None
) -> None:
    page = open_page("/customers/new/", user=bob)
    page.get_by_label("Name", exact=True).fill("Acme Ltd")
    page.get_by_label("Email address").fill("office@fleet0.example")
    page.get_by_label("Phone", exact=True).click()
    expect(page.get_by_text("Same email address")).to_be_visible()
    page.get_by_role("button", name="Another email address").click()
    expect(page.get_by_label("Email address")).to_have_count(2)
    expect(page.get_by_label("Email address").first).to_have_value("office@fleet0.example")
    looks_right(page, "customer-new")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("This may be known already")).to_be_visible()
    page.get_by_role("button", name="save anyway").click()
    expect(page.get_by_role("heading", name="Acme Ltd")).to_be_visible()
    expect(page.get_by_text("Acme Ltd was added.")).to_be_visible()


def test_a_list_is_filtered_and_kept_as_a_view(open_page: Open, looks_right: Looks, bob: User, fleet: None) -> None:
    page = open_page("/customers/", user=bob)
    looks_right(page, "customers")
    page.locator("summary", has_text="Filter").click()
    page.get_by_role("combobox", name="Looked after by").select_option(label="Bob")
    page.get_by_role("button", name="Show").first.click()
    expect(page.get_by_role("link", name="Bałtyk Logistics", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Acme Shipping", exact=True)).to_have_count(0)
    page.locator("summary", has_text="Save view").click()
    page.get_by_label("Keep filters, order and columns as").fill("Mine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("nav a[aria-current=page]", has_text="Mine")).to_be_visible()
    looks_right(page, "customers-view")
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_role("link", name="Acme Shipping", exact=True)).to_be_visible()


def test_ticked_customers_get_an_owner(open_page: Open, bob: User, fleet: None) -> None:
    page = open_page("/customers/", user=bob)
    page.get_by_label("Tick Acme Shipping").check()
    page.get_by_label("Tick Cedar & Sons").check()
    expect(page.get_by_text("2 ticked")).to_be_visible()
    page.get_by_label("What shall be changed").select_option(label="Looked after by")
    page.get_by_role("button", name="Change", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Looked after by").select_option(label="Bob")
    dialog.get_by_role("button", name="Change 2 records").click()
    expect(page.get_by_text("2 records were changed.")).to_be_visible()


def test_a_list_is_walked_by_keys(open_page: Open, bob: User, fleet: None) -> None:
    page = open_page("/customers/", user=bob)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Tick Bałtyk Logistics")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Bałtyk Logistics")).to_be_visible()


def test_a_card_is_corrected_in_place(open_page: Open, looks_right: Looks, bob: User) -> None:
    harbour = making.make_customer(
        "Harbour Ltd",
        emails=("office@harbour.example", "sales@harbour.example"),
        domains=("harbour.example",),
        website="https://harbour.example",
        note="Calls back on Tuesdays.\nWants invoices by post.",
        addresses=(PostalAddressData(street="Nabrzeże 7", postcode="80-001", city="Gdańsk", country="Poland"),),
        owner=bob,
    )
    page = open_page(f"/customers/{harbour.pk}/", user=bob)
    looks_right(page, "card")
    page.get_by_role("link", name="Change: Phone").click()
    page.get_by_label("Phone", exact=True).fill("+48 58 600 100")
    looks_right(page, "card-edited-in-place")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("link", name="+48 58 600 100")).to_be_visible()
    expect(page.get_by_text("Changed: Phones")).to_be_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Change: Phone"
    page.get_by_role("link", name="Change: Website").click()
    page.get_by_role("textbox", name="Website").fill("not an address at all")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Enter a web address, like https://example.com.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Website")).to_have_value("not an address at all")


@pytest.mark.parametrize("tab", ["contacts", "projects"])
def test_the_tabs_of_a_card(open_page: Open, looks_right: Looks, bob: User, fleet: None, tab: str) -> None:
    page = open_page("/customers/?text=acme", user=bob)
    page.get_by_role("link", name="Acme Shipping", exact=True).click()
    tabs = page.get_by_role("navigation", name="Parts of this record")
    expect(tabs.get_by_role("link", name="Timeline")).to_be_in_viewport(ratio=1)
    tabs.get_by_role("link", name=tab.capitalize()).click()
    expect(page.get_by_role("link", name="Anna Nowak" if tab == "contacts" else "New terminal").first).to_be_visible()
    looks_right(page, f"card-{tab}")


def test_a_contact_is_added_at_a_customer_by_typing_its_name(open_page: Open, looks_right: Looks, bob: User, fleet: None) -> None:
    page = open_page("/contacts/new/", user=bob)
    page.get_by_label("Name", exact=True).fill("Piotr Zieliński")
    with page.expect_response(lambda answer: "/places/" in answer.url):
        page.get_by_label("Customer or lead").press_sequentially("elbe")
    suggested = page.locator("#places option").first.get_attribute("value")
    assert suggested
    assert suggested.startswith("Elbe Werft GmbH – C")
    page.get_by_label("Customer or lead").fill(suggested)
    looks_right(page, "contact-new")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name="Piotr Zieliński")).to_be_visible()
    looks_right(page, "contact")


def test_leads_and_projects_have_cards_too(open_page: Open, looks_right: Looks, bob: User, fleet: None) -> None:
    lead = making.make_lead("Ole Olsen", emails=("ole@olsen.example",), company_name="Olsen Rederi", owner=bob)
    page = open_page(f"/leads/{lead.pk}/", user=bob)
    looks_right(page, "lead")
    for name in ("leads", "contacts", "projects"):
        page.goto(f"/{name}/")
        looks_right(page, name)
    page.get_by_role("link", name="New terminal").click()
    looks_right(page, "project")


def test_search_goes_anywhere(open_page: Open, looks_right: Looks, bob: User, fleet: None) -> None:
    page = open_page("/", user=bob)
    page.keyboard.press("Control+k")
    page.keyboard.type("gda")
    expect(page.get_by_role("option", name="Gdańsk Terminal")).to_be_visible()
    looks_right(page, "palette")
    page.get_by_label("Search or go to").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Gdańsk Terminal")).to_be_visible()
    page.goto("/search/?q=fleet")
    looks_right(page, "search")


def test_staff_is_looked_after(open_page: Open, looks_right: Looks, alice: User, bob: User) -> None:
    page = open_page("/setup/staff/", user=alice)
    looks_right(page, "staff")
    page.get_by_role("link", name="Add somebody").click()
    page.get_by_label("Name").fill("Eve")
    page.get_by_label("Email address").fill("eve@mooring.example")
    page.get_by_label("First password").fill("seven unlikely lighthouses")
    looks_right(page, "staff-new")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="Eve").click()
    looks_right(page, "staff-person")
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Eve may not sign in any more.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Eve may sign in again.")).to_be_visible()
    page.goto("/setup/journal/")
    looks_right(page, "journal")


def test_the_profile(open_page: Open, looks_right: Looks, bob: User) -> None:
    page = open_page("/profile/", user=bob)
    looks_right(page, "profile")
    page.get_by_label("Language").select_option("pl")
    page.get_by_role("main").get_by_role("button").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    page.goto("/profile/sign-in/password/")
    looks_right(page, "password")


def test_without_a_script_a_customer_is_found_added_and_corrected(open_page: Open, bob: User, fleet: None) -> None:
    page = open_page("/customers/?text=elbe", user=bob, has_script=False)
    page.get_by_role("link", name="Elbe Werft GmbH", exact=True).click()
    page.get_by_role("link", name="Change: Phone").click()
    page.get_by_label("Phone", exact=True).fill("+49 40 1")
    page.get_by_role("button", name="Another phone").click()
    page.get_by_label("Phone", exact=True).last.fill("+49 40 2")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("link", name="+49 40 1")).to_be_visible()
    expect(page.get_by_role("link", name="+49 40 2")).to_be_visible()
    page.goto("/customers/new/")
    page.get_by_label("Name", exact=True).fill("Kiel Canal Tours")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kiel Canal Tours")).to_be_visible()


def test_two_people_editing_one_customer_see_it_and_lose_nothing(
    open_page: Open, looks_right: Looks, alice: User, bob: User
) -> None:
    harbour = making.make_customer("Harbour Ltd", owner=bob, phones=("+48 1",))
    first, second = (open_page(f"/customers/{harbour.pk}/edit/", user=user) for user in (alice, bob))
    first.get_by_label("Name", exact=True).fill("Harbour SA")
    first.get_by_role("button", name="Save", exact=True).last.click()
    expect(first.get_by_role("heading", name="Harbour SA")).to_be_visible()
    second.get_by_label("Note").fill("Typed by Bob")
    second.get_by_role("button", name="Save", exact=True).last.click()
    expect(second.get_by_text("Somebody else saved meanwhile")).to_be_visible()
    expect(second.get_by_label("Note")).to_have_value("Typed by Bob")
    looks_right(second, "customer-saved-meanwhile")
