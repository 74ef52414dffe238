"""Administration > Settings > CRM: one journey for each thing that is promised of it; groups have theirs in test_groups.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

import making
from mooring.customers.lists import retire_entry
from mooring.customers.models import Category, ContactRole, Customer, CustomerStatus, Industry, InfoType
from mooring.users.models import User

Open = Callable[..., Page]
Looks = Callable[..., None]
PARTS = (
    "Additional information",
    "Sources",
    "Categories",
    "Groups",
    "Industries",
    "Restore customers",
    "Contact roles",
    "Customer statuses",
)
INFORMATION = (
    ("Origin of contact", "Choice", "Web\nTrade fair", "in the card"),
    ("Nickname", "Text", "", "in the card"),
    ("Berths", "Number", "", "in the card"),
    ("Buys again", "Yes or no", "", "in the card"),
    ("Products of interest", "Several choices", "Rope\nSails\nAnchors", "on a separate tab"),
    ("History", "Long text", "", "on a separate tab"),
    ("Founded on", "Date", "", "on a separate tab"),
)
"""A field of each type: its name, the type, what can be chosen, and where it is shown."""


def stored(customer: Customer) -> Customer:
    return Customer.objects.unscoped("a test").get(pk=customer.pk)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()


@pytest.fixture
def harbour(alice: User) -> Customer:
    return making.make_customer("Harbour", owner=alice)


def test_the_setup_leads_to_the_settings_for_crm_and_each_of_their_parts(open_page: Open, alice: User) -> None:
    page = open_page("/setup/", user=alice)
    page.get_by_role("link", name="CRM", exact=True).click()
    parts = page.get_by_role("navigation", name="Parts of the settings for CRM")
    for name in PARTS:
        expect(parts.get_by_role("link", name=name, exact=True)).to_be_visible()


def test_additional_information_of_every_type_is_added_for_the_card_or_for_a_separate_tab(
    open_page: Open, looks_right: Looks, alice: User
) -> None:
    page = open_page("/setup/crm/additional_information/", user=alice)
    for name, kind, choices, shown in INFORMATION:
        page.get_by_role("textbox", name="Name").fill(name)
        page.get_by_label("Type").select_option(label=kind)
        page.get_by_label("Choices").fill(choices)
        page.get_by_label(shown).check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text(f"{name} was added.")).to_be_visible()
    looks_right(page, "crm-additional-information")


def test_additional_information_is_filled_in_and_stands_in_the_card_or_on_its_tab_as_was_chosen(
    open_page: Open, looks_right: Looks, alice: User, harbour: Customer
) -> None:
    kinds = {label: value for value, label in InfoType.choices}
    for name, kind, choices, shown in INFORMATION:
        is_on_tab = shown == "on a separate tab"
        making.make_info_field(name, kinds[kind], choices=choices.splitlines(), is_on_tab=is_on_tab)
    page = open_page(f"/customers/{harbour.pk}/edit/", user=alice)
    page.get_by_label("Origin of contact").select_option(label="Trade fair")
    page.get_by_label("Buys again").select_option(label="Yes")
    page.get_by_label("Sails").check()
    page.get_by_label("Anchors").check()
    for name, value in (
        ("Nickname", "The old port"),
        ("Berths", "1200.5"),
        ("History", "Two piers"),
        ("Founded on", "1904-05-03"),
    ):
        page.get_by_label(name).fill(value)
    save(page)
    facts = page.locator(".facts-side")
    for words in ("Trade fair", "The old port", "1,200.5", "Yes"):
        expect(facts.get_by_text(words, exact=True)).to_be_visible()
    expect(facts.get_by_text("Two piers")).to_have_count(0)
    page.get_by_role("link", name="Additional information").click()
    tab = page.locator(".facts.wide")
    for words in ("Sails", "Anchors", "Two piers"):
        expect(tab.get_by_text(words, exact=True)).to_be_visible()
    expect(tab).to_contain_text("1904")
    looks_right(page, "customer-information")
    page.get_by_role("link", name="Change: Products of interest").click()
    page.get_by_label("Anchors").uncheck()
    save(page)
    expect(page.get_by_label("Anchors")).to_have_count(0)
    page.get_by_role("link", name="Additional information").click()
    expect(tab.get_by_text("Sails", exact=True)).to_be_visible()
    expect(tab.get_by_text("Anchors", exact=True)).to_have_count(0)


def test_a_source_for_contact_made_here_is_there_for_customers_and_as_the_source_of_a_sales_opportunity(
    open_page: Open, alice: User, harbour: Customer
) -> None:
    making.make_pipeline("Ropes", mailbox=making.make_sales_mailbox("Coast", number=7, owner=alice))
    page = open_page("/setup/crm/", user=alice)
    page.get_by_role("link", name="Sources").click()
    page.get_by_label("Name").fill("Boat show")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Boat show was added.")).to_be_visible()
    for place in (f"/customers/{harbour.pk}/facts/source/", "/sales/opportunities/new/"):
        page.goto(place)
        page.get_by_label("Source").select_option(label="Boat show")


def test_categories_are_made_for_companies_for_contacts_or_for_both(open_page: Open, looks_right: Looks, alice: User) -> None:
    page = open_page("/setup/crm/categories/", user=alice)
    for name, display in (
        ("Key customer", "Companies"),
        ("Signs orders", "Contacts"),
        ("Newsletter", "Both companies and contacts"),
    ):
        page.get_by_label("Name").fill(name)
        page.get_by_label(display, exact=True).check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text(f"{name} was added.")).to_be_visible()
    looks_right(page, "crm-categories")


def test_a_category_is_offered_where_it_is_displayed_and_a_customer_has_as_many_as_are_ticked(
    open_page: Open, alice: User, harbour: Customer
) -> None:
    contact = making.make_contact("Carol", at=(harbour,))
    for name, display in (("Key customer", "companies"), ("Signs orders", "contacts"), ("Newsletter", "both")):
        made = making.make_entry(Category, name)
        Category.objects.filter(pk=made.pk).update(is_of_customers=display != "contacts", is_of_contacts=display != "companies")
    page = open_page(f"/customers/{harbour.pk}/", user=alice)
    page.get_by_role("link", name="Select categories").click()
    expect(page.get_by_label("Signs orders")).to_have_count(0)
    page.get_by_label("Key customer").check()
    page.get_by_label("Newsletter").check()
    save(page)
    for name in ("Key customer", "Newsletter"):
        expect(page.locator(".facts .label", has_text=name)).to_be_visible()
    assert {category.name for category in stored(harbour).categories.all()} == {"Key customer", "Newsletter"}
    page.goto(f"/contacts/{contact.pk}/edit/")
    expect(page.get_by_label("Signs orders")).to_be_visible()
    expect(page.get_by_label("Newsletter")).to_be_visible()
    expect(page.get_by_label("Key customer")).to_have_count(0)


def test_a_new_category_is_made_on_the_card_where_categories_are_selected(
    open_page: Open, looks_right: Looks, alice: User, harbour: Customer
) -> None:
    making.make_entry(Category, "Newsletter")
    page = open_page(f"/customers/{harbour.pk}/", user=alice)
    page.get_by_role("link", name="Select categories").click()
    page.get_by_label("Name of the new category").fill("Partner")
    page.get_by_role("button", name="New category").click()
    expect(page.get_by_label("Partner")).to_be_checked()
    looks_right(page, "customer-categories")
    save(page)
    expect(page.locator(".facts .label", has_text="Partner")).to_be_visible()
    assert [category.name for category in stored(harbour).categories.all()] == ["Partner"]


def test_a_new_industry_is_listed_by_show_all_like_those_no_longer_used_and_chosen_on_the_card(
    open_page: Open, alice: User, harbour: Customer
) -> None:
    retire_entry(entry=making.make_entry(Industry, "Whaling"), by=making.BY_COMMAND, now=making.NOW)
    page = open_page("/setup/crm/industries/", user=alice)
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("Name").fill("Ferries")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Whaling")).to_have_count(0)
    page.get_by_role("link", name="Show all").click()
    for name in ("Ferries", "Whaling"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    page.goto(f"/customers/{harbour.pk}/")
    page.get_by_role("link", name="Change: Industry").click()
    page.get_by_role("combobox", name="Industry").select_option(label="Ferries")
    save(page)
    expect(page.locator(".facts .label", has_text="Ferries")).to_be_visible()


def test_all_customers_of_an_industry_move_to_another_after_a_question_a_message_says_so_and_undo_brings_them_back(
    open_page: Open, looks_right: Looks, alice: User
) -> None:
    ships, _boats = (making.make_entry(Industry, name) for name in ("Ships", "Boats"))
    customers = [making.make_customer(name, industry=ships) for name in ("Harbour", "Yard")]
    page = open_page("/setup/crm/industries/", user=alice)
    expect(page.get_by_role("link", name="Show all")).to_be_visible()
    page.get_by_role("link", name="Ships").click()
    expect(page.get_by_label("Industry name")).to_have_value("Ships")
    page.get_by_label("Select industry").select_option(label="Boats")
    page.get_by_role("button", name="Move customers").click()
    dialog = page.get_by_role("dialog", name="Are you sure?")
    assert stored(customers[0]).industry == ships
    expect(dialog.get_by_text("2 customers, all there are in Ships, are to be moved to Boats.")).to_be_visible()
    dialog.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("2 customers were moved from Ships to Boats.")).to_be_visible()
    looks_right(page, "crm-industries")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("2 customers are in Ships again.")).to_be_visible()
    assert {stored(customer).industry for customer in customers} == {ships}


def test_a_contact_role_made_here_is_assigned_to_a_contact(open_page: Open, alice: User, harbour: Customer) -> None:
    contact = making.make_contact("Carol", at=(harbour,))
    page = open_page("/setup/crm/contact_roles/", user=alice)
    for name in ("General Manager", "Finance Manager"):
        page.get_by_label("Name").fill(name)
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"{name} was added.")).to_be_visible()
    page.goto(f"/contacts/{contact.pk}/edit/")
    page.get_by_label("Role", exact=True).first.select_option(label="Finance Manager")
    save(page)
    expect(page.get_by_text("Finance Manager").first).to_be_visible()
    assert ContactRole.objects.count() == 2


def test_a_status_made_here_is_given_to_a_customer(open_page: Open, alice: User, harbour: Customer) -> None:
    page = open_page("/setup/crm/customer_statuses/", user=alice)
    page.get_by_label("Name").fill("Bankrupt")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Bankrupt was added.")).to_be_visible()
    page.goto(f"/customers/{harbour.pk}/facts/status/")
    page.get_by_label("Status").select_option(label="Bankrupt")
    save(page)
    expect(page.locator(".record-head .label", has_text="Bankrupt")).to_be_visible()
    assert stored(harbour).status == CustomerStatus.objects.get()
